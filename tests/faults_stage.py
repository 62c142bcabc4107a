"""What every scenario of script/faults stands on: a herd in namespaces, very many clients, a watch."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from herd_process import FIVE, FIVE_LINKS, Herd
from namespaces import Network
from reporters import Reporters
from waiting import DEADLINE, wait_until
from watching import Watch


@dataclass(frozen=True)
class Options:
    """What a run of scenarios is told."""

    clients: int
    rate: float  # reports a second while faults last
    seed: int
    within: float  # seconds from healing to equal digests
    tolerance: float  # seconds by which a live report may be later than it was without a fault
    seconds: float | None = None  # of faults; None: as long as the scenario likes
    link: Mapping[str, int] = field(default_factory=dict)  # settings of the links other than the default

    @property
    def silence(self) -> float:
        """Seconds until a silent neighbour is lost."""
        return self.link.get("silence_ms", 3500) / 1000

    @property
    def heartbeat(self) -> float:
        return self.link.get("heartbeat_ms", 1000) / 1000


@dataclass(frozen=True)
class Check:
    """A number that must not be greater than its bound; without a bound it is only told."""

    what: str
    value: float
    unit: str
    bound: float | None = None

    @property
    def good(self) -> bool:
        return self.bound is None or self.value <= self.bound

    def __str__(self) -> str:
        bound = "" if self.bound is None else f" (at most {self.bound:.6g})"
        mark = "    " if self.bound is None else "ok  " if self.good else "FAIL"
        return f"{mark} {self.what}: {self.value:.4g} {self.unit}{bound}"


@dataclass
class Result:
    """What came of one scenario."""

    checks: list[Check]
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return all(check.good for check in self.checks)


class NamespacedHerd(Herd):
    """The five, each in a namespace of its own, with the settings of links that Herd comes with."""

    def __init__(self, network: Network, options: Options, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self.network = network
        super().__init__(network.names, network.links, settings)
        self.settings["link"] = dict(options.link)
        for name, server in self.servers.items():
            server.prefix = network.namespaces[name].prefix
            server.patience = 6 * DEADLINE + options.clients / 10_000

    def choose_ports(self) -> None:
        # Nobody else is there.
        self.client_ports = dict.fromkeys(self.names, 12000)
        self.peer_ports = dict.fromkeys(self.names, 12100)
        self.admin_ports = dict.fromkeys(self.names, 12200)
        self.config.write_text(self.config_text(), encoding="utf-8")

    def addresses(self, name: str) -> dict[str, str]:
        hub = self.network.hub_address(name)
        return {"clients": f"{hub}:12000", "peers": f"{self.network.peer_address(name)}:12100", "admin": f"{hub}:12200"}


class Stage(contextlib.ExitStack):
    """The five servers with their network and their clients. A context manager: all are up on entry."""

    def __init__(self, scenario: str, options: Options, *, journals: bool, **settings: Mapping[str, Any]) -> None:
        super().__init__()
        self.options = options
        self.scenario = scenario
        self.random = random.Random(f"{scenario} {options.seed}")
        self._journals = journals
        self._settings = settings
        self._start = time.monotonic()

    def __enter__(self) -> Stage:
        super().__enter__()
        try:
            self.network = self.enter_context(Network(FIVE, FIVE_LINKS))
            self.herd = NamespacedHerd(self.network, self.options, self._settings)
            if self._journals:
                self.herd.settings["journal"] = {"directory": str(self.journals)}
            self.enter_context(self.herd)
            hubs = {name: self.network.hub_address(name) for name in FIVE}
            self.watch = self.enter_context(Watch({name: (host, 12200) for name, host in hubs.items()}))
            addresses = {name: (host, 12000) for name, host in hubs.items()}
            self.reporters = Reporters(addresses, self.options.clients)
            self.callback(self.reporters.close)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: Any, failure: BaseException | None, trace: Any) -> bool | None:
        if isinstance(failure, Exception):  # not when it was told to end
            print(self.herd.tails(), file=sys.stderr)
        return super().__exit__(kind, failure, trace)

    @property
    def journals(self) -> os.PathLike[str]:
        return self.herd.folder / "journals"

    def say(self, text: str) -> None:
        """A line of progress."""
        took = time.monotonic() - self._start
        print(f"{self.scenario} {took:6.1f} s: {text}", file=sys.stderr, flush=True)

    def fill(self) -> None:
        """Every client reports, and all servers know all of them."""
        took = self.reporters.report_each_once()
        equal = self.watch.wait_until_equal(time.monotonic(), self.options.clients).equal
        self.say(f"{self.options.clients:,} clients reported in {took:.1f} s, {equal:.1f} s later all servers are alike")
        self.wait_for_journals()

    def wait_for_journals(self) -> None:
        """Waits until all that the servers know is on their disks: what follows finds them at rest."""

        def written() -> bool:
            statuses = self.watch.statuses().values()
            return all(status and status.get("journal", {}).get("lag_rows", 0) == 0 for status in statuses)

        wait_until(written, "the journals have all rows", 6 * DEADLINE + self.options.clients / 5000)

    def wait_until_ready(self, names: tuple[str, ...], since: float) -> float:
        """Waits for servers that were launched; seconds since `since` until all of them were ready."""
        for name in names:
            self.herd[name].wait_until_ready()
        return time.monotonic() - since


def computed_by_all() -> float:
    """Seconds that all processors have computed since the machine started, whoever for."""
    user, nice, system, _, _, *interrupts = map(int, Path("/proc/stat").read_text(encoding="ascii").split()[1:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def load_average() -> str:
    return " ".join(f"{load:.2f}" for load in os.getloadavg())

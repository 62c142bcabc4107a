"""A herd of five under all attacks at once, with honest clients, and what they notice of it.

Attackers compute on one processor, the herd and its honest clients on another. Each server's memory has a limit that
ends it when it is passed. Besides those five there is a neighbour in the configuration whose part an attacker plays.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import attacks_of_askers
import attacks_of_clients
import attacks_of_peers
from admin import status
from attacks import Attack, Running
from attacks_of_clients import FROM_A_WEB_PAGE, VICTIM
from attacks_of_peers import AT_WHOM, MALLORY
from exchange import exchange, iamat, position
from herd_process import BINARY, FIVE, FIVE_LINKS, Herd, Server
from waiting import DEADLINE, wait_until

ATTACKS: tuple[Attack, ...] = (
    *attacks_of_clients.ATTACKS,
    *attacks_of_peers.ATTACKS,
    *attacks_of_askers.ATTACKS,
)

_MIB = 1 << 20
_HONEST_CONNECTIONS = 20


@dataclass(frozen=True)
class Options:
    """What a run is told."""

    seconds: float = 600
    scale: float = 1  # of the attacks
    memory_mib: int = 512  # of each server; 0: no limit
    rate: float = 500  # honest commands a second
    p99_ms: float = 20  # that honest clients may wait
    names: tuple[str, ...] = ()  # of attacks; none: all

    @property
    def attacks(self) -> tuple[Attack, ...]:
        return tuple(attack for attack in ATTACKS if not self.names or attack.name in self.names)


@dataclass
class Result:
    """What came of a run."""

    faults: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def say(text: str) -> None:
    print(f"attack: {text}", file=sys.stderr, flush=True)


class AttackedHerd(Herd):
    """The five, with a neighbour in their configuration that is not started."""

    def __init__(self, options: Options, folder: Path, cpu: str) -> None:
        links = (*FIVE_LINKS, *((MALLORY, name) for name in AT_WHOM))
        settings: Mapping[str, Mapping[str, Any]] = {
            # Those that Herd comes with: the tests' are quicker to give a neighbour up.
            "link": {"heartbeat_ms": 1000, "silence_ms": 3500, "dial_timeout_ms": 2000, "retry_delay_ms_max": 1000},
            "journal": {"directory": str(folder)},
        }
        super().__init__((*FIVE, MALLORY), links, settings)
        del self.servers[MALLORY]
        for server in self.servers.values():
            limit = ("prlimit", f"--data={options.memory_mib * _MIB}") if options.memory_mib else ()
            server.prefix = (*limit, *_pinned(cpu))


def _pinned(cpu: str) -> tuple[str, ...]:
    return ("taskset", "--cpu-list", cpu) if cpu else ()


class _Watcher(threading.Thread):
    """Looks every `pause` seconds. A context manager."""

    pause = 0.2

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._over = threading.Event()

    def look(self) -> None:
        raise NotImplementedError

    def run(self) -> None:
        while not self._over.wait(self.pause):
            self.look()

    def __enter__(self) -> _Watcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


class Memory(_Watcher):
    """The most memory that each server had."""

    def __init__(self, servers: Iterable[Server]) -> None:
        super().__init__()
        self.servers = tuple(servers)
        self.peak_bytes = {server.name: 0 for server in self.servers}

    def look(self) -> None:
        for server in self.servers:
            with contextlib.suppress(OSError, AssertionError):
                self.peak_bytes[server.name] = max(self.peak_bytes[server.name], server.resident_bytes())


class Newcomers(_Watcher):
    """Honest clients that connect anew all the time: what they wait for their first answer."""

    def __init__(self, herd: Herd) -> None:
        super().__init__()
        self.herd = herd
        self.waits: list[float] = []
        self.failures: list[str] = []

    def look(self) -> None:
        name = FIVE[len(self.waits) % len(FIVE)]
        began = time.monotonic()
        try:
            answer = exchange((self.herd.host, self.herd.client_ports[name]), iamat(VICTIM))
            if not answer.startswith(b"AT "):
                self.failures.append(f"{name} answered {answer!r}")
        except OSError as error:
            self.failures.append(f"{name}: {error}")
        self.waits.append(time.monotonic() - began)


class HonestLoad:
    """Commands at a steady rate over connections that stay open, to all servers (`herd bench`)."""

    def __init__(self, herd: Herd, options: Options, seconds: float, cpu: str, known: bool) -> None:
        command = [*_pinned(cpu), str(BINARY), "bench", "--json", "--clients", "1000", "--whatsat", "10"]
        command += ["--connections", str(_HONEST_CONNECTIONS), "--rate", str(options.rate)]
        command += ["--seconds", str(seconds), "--timeout", "60", *(["--known"] if known else [])]
        for name in FIVE:
            command += ["--server", f"{herd.host}:{herd.client_ports[name]}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self) -> dict[str, Any]:
        out, err = self.process.communicate()
        try:
            return json.loads(out)
        except json.JSONDecodeError:
            raise AssertionError(f"the honest load failed: {err or out}") from None


def _p99_ms(load: Mapping[str, Any]) -> float:
    return max(figures["p99"] for figures in load["latency_us"].values() if figures["count"]) / 1000


def _well_behaved(herd: Herd, options: Options, attacks: Iterable[Attack], seconds: float, cpu: str) -> float:
    """What honest clients wait, in ms, beside as many well-behaved clients as the attacks had connections."""
    connections = sum(max(1, int(attack.connections * options.scale)) for attack in attacks)
    command = [*_pinned(cpu), str(BINARY), "bench", "--json", "--clients", "1000", "--known", "--in-flight", "1"]
    command += ["--connections", str(connections), "--seconds", str(seconds + 2), "--timeout", "60"]
    for name in FIVE:
        command += ["--server", f"{herd.host}:{herd.client_ports[name]}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        return _p99_ms(HonestLoad(herd, options, seconds, _cpus()[0], known=True).result())


def _cpus() -> tuple[str, str]:
    """The herd's processor and the attackers', as taskset takes them; empty when there is only one."""
    cpus = sorted(os.sched_getaffinity(0))
    return (str(cpus[0]), str(cpus[1])) if len(cpus) > 1 else ("", "")


def _digests(herd: Herd) -> set[str]:
    with contextlib.suppress(OSError, AssertionError):
        return {status(herd, name)["digest"] for name in FIVE}
    return set()


def run(options: Options) -> Result:
    result = Result()
    herd_cpu, attack_cpu = _cpus()
    with tempfile.TemporaryDirectory(prefix="herd-attack-") as journals:
        with AttackedHerd(options, Path(journals), herd_cpu) as herd:
            _attack(herd, options, herd_cpu, attack_cpu, result)
    return result


def _attack(herd: Herd, options: Options, herd_cpu: str, attack_cpu: str, result: Result) -> None:
    exchange((herd.host, herd.client_ports["Welsh"]), iamat(VICTIM))
    # The honest clients are known before the first stranger comes.
    HonestLoad(herd, options, 1, herd_cpu, known=False).result()
    quiet = HonestLoad(herd, options, min(10.0, options.seconds / 4), herd_cpu, known=True).result()
    say(f"without attackers honest clients wait {_p99_ms(quiet):.1f} ms (p99)")

    servers = herd.servers.values()
    cpus = {int(attack_cpu)} if attack_cpu else set()
    # Before there are threads: it forks.
    running = Running(herd, options.attacks, cpus, options.seconds, options.scale)
    memory = Memory(servers)
    newcomers = Newcomers(herd)
    with memory, newcomers:
        load = HonestLoad(herd, options, options.seconds, herd_cpu, known=True)
        end = time.monotonic() + options.seconds
        while time.monotonic() < end and all(server.is_running() for server in servers):
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))
            peak = max(memory.peak_bytes.values()) / _MIB
            say(f"{max(0.0, end - time.monotonic()):4.0f} s to go; largest server so far {peak:.0f} MiB")
        ended = [server.name for server in servers if not server.is_running()]
        running.stop()
        under_attack = load.result()
    if ended:
        result.faults += [f"{name} ended during the attack\n{herd[name].tail()}" for name in ended]
        return

    p99 = _p99_ms(under_attack)
    result.figures = {
        "seconds": options.seconds,
        "attacks": running.counts(),
        "p99_ms_quiet": _p99_ms(quiet),
        "p99_ms": p99,
        "honest": under_attack["latency_us"],
        "honest_errors": under_attack["errors"],
        "newcomers": len(newcomers.waits),
        "newcomers_slowest_ms": max(newcomers.waits, default=0) * 1000,
        "peak_mib": {name: round(peak / _MIB) for name, peak in memory.peak_bytes.items()},
    }
    _judge(herd, options, attack_cpu, p99, newcomers, result)


def _judge(
    herd: Herd, options: Options, attack_cpu: str, p99: float, newcomers: Newcomers, result: Result
) -> None:
    faults, figures = result.faults, result.figures
    faults += [f"the attack «{name}» never got anywhere" for name, count in figures["attacks"].items() if not count]
    faults += [f"a newcomer failed: {failure}" for failure in newcomers.failures[:5]]
    faults += [f"honest clients: {count} {kind}" for kind, count in figures["honest_errors"].items() if count]
    if options.memory_mib:
        faults += [f"{n} took {mib} MiB" for n, mib in figures["peak_mib"].items() if mib > options.memory_mib]

    began = time.monotonic()
    try:
        wait_until(lambda: len(_digests(herd)) == 1, "equal digests", 4 * DEADLINE)
        figures["equal_after_s"] = time.monotonic() - began
    except AssertionError as error:
        faults.append(str(error))
    if position((herd.host, herd.client_ports["Hands"]), FROM_A_WEB_PAGE) is not None:
        faults.append("a web page could report")
    if position((herd.host, herd.client_ports["Hands"]), VICTIM) is None:
        faults.append("a stranger could have a client forgotten")

    if p99 > options.p99_ms:
        seconds = min(60.0, options.seconds)
        beside = _well_behaved(herd, options, options.attacks, seconds, attack_cpu)
        figures["p99_ms_beside_well_behaved"] = beside
        if p99 > 2 * beside:
            faults.append(
                f"honest clients waited {p99:.1f} ms (p99): more than {options.p99_ms:g} ms, and more than twice the "
                f"{beside:.1f} ms beside as many well-behaved clients"
            )

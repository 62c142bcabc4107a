"""What the parts of script/bench share: servers of all kinds, started and pinned, and the load on them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from admin import status
from herd_process import FIVE, FIVE_LINKS, Herd, Links
from ports import free_port
from waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
# As docs/configuration.md has them; the tests' herds are quicker to notice things.
DEFAULT_LINKS = {
    "heartbeat_ms": 1000,
    "silence_ms": 3500,
    "dial_timeout_ms": 2000,
    "retry_delay_ms_min": 100,
    "retry_delay_ms_max": 1000,
}
Run = dict[str, Any]
Value = TypeVar("Value")


class Failed(Exception):
    """A part cannot go on; what it says is why."""


@dataclasses.dataclass(frozen=True)
class Running:
    """A server, or several, that can be loaded."""

    name: str
    addresses: list[str]
    pids: list[int]
    protocol: str = "herd"
    herd: Herd | None = None

    def cpu_seconds(self) -> float:
        """What they have computed so far, in user and system mode."""
        return sum(_cpu_seconds(pid) for pid in self.pids)

    def memory(self) -> dict[str, int]:
        """Bytes in RAM: "rss" counts what is shared with others in full, "pss" in part."""
        sums = {"rss": 0, "pss": 0, "anonymous": 0}
        for pid in self.pids:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            for line in rollup.splitlines():
                key, _, rest = line.partition(":")
                if key.lower() in sums:
                    sums[key.lower()] += int(rest.split()[0]) * 1024
        return sums


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Stage:
    """How to measure."""

    binaries: Path
    rounds: int
    seconds: float
    server_cpus: str  # as taskset takes them; empty: any
    loader_cpus: str
    smoke: bool  # everything tiny: to see that it works

    def pick(self, real: Value, tiny: Value) -> Value:
        return tiny if self.smoke else real

    def say(self, text: str) -> None:
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def say_rate(self, round_number: int, what: str, result: Run) -> None:
        self.say(f"round {round_number + 1} of {self.rounds}, {what}: {result['per_second']:,.0f} a second")

    @property
    def warm_up(self) -> tuple[str, float]:
        """As an option of the loader."""
        return "--warm-up", self.pick(0.5, 0.1)

    def unpinned(self) -> Stage:
        return dataclasses.replace(self, server_cpus="", loader_cpus="")

    def program(self, name: str) -> str:
        return str(self.binaries / name)

    # Servers. ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def floor(self) -> Iterator[Running]:
        port = free_port()
        command = [*pinned(self.server_cpus), self.program("herd_floor"), str(port)]
        with listening(command, port) as pid:
            yield Running("floor", [f"127.0.0.1:{port}"], [pid])

    @contextlib.contextmanager
    def redis(self) -> Iterator[Running]:
        port = free_port()
        with tempfile.TemporaryDirectory() as folder:
            command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
            with listening([*pinned(self.server_cpus), *command], port) as pid:
                yield Running("Redis", [f"127.0.0.1:{port}"], [pid], "redis")

    @contextlib.contextmanager
    def herd(
        self,
        names: Sequence[str] = ("Alone",),
        links: Links = (),
        *,
        title: str = "Herd",
        journal: bool = False,
        index: Path | None = None,
        threads: int = 1,
        make: Callable[..., Herd] = Herd,
    ) -> Iterator[Running]:
        settings: dict[str, Mapping[str, Any]] = {
            "link": DEFAULT_LINKS,
            "places": {"provider": "offline", "index": str(index)} if index else {"provider": "none"},
            "logging": {"level": "warn"},
            # The loader is one address.
            "limits": {"connections_per_address": 10_000_000},
        }
        servers = make(names, links, settings, threads=threads)
        if journal:
            servers.settings["journal"] = {"directory": str(servers.folder / "journals")}
        for server in servers.servers.values():
            server.prefix = tuple(pinned(self.server_cpus))
            server.patience = 300
        with servers:
            addresses = [f"127.0.0.1:{servers.client_ports[name]}" for name in names]
            pids = [server.pid for server in servers.servers.values()]
            yield Running(title, addresses, pids, herd=servers)

    def five(self, **options: Any) -> contextlib.AbstractContextManager[Running]:
        return self.herd(FIVE, FIVE_LINKS, title="Herd, five servers", **options)

    # Load. ---------------------------------------------------------------------------------------

    def load_command(
        self, running: Running, *options: object, protocol: str = "", seconds: float | None = None
    ) -> list[str]:
        command = [*pinned(self.loader_cpus), self.program("herd"), "bench", "--json"]
        command += ["--protocol", protocol or running.protocol]
        command += ["--seconds", str(self.seconds if seconds is None else seconds)]
        for address in running.addresses:
            command += ["--server", address]
        for pid in running.pids:
            command += ["--pid", str(pid)]
        return [*command, *map(str, options)]

    def load(self, running: Running, *options: object, **how: Any) -> Run:
        """Loads it; what the loader tells."""
        return result_of(self.load_command(running, *options, **how))

    def fill(self, running: Running, clients: int, *options: object) -> None:
        """Lets every client report once."""
        self.load(running, "--clients", clients, "--warm-up", 0, *options, seconds=0.01)
        self.settle(running)

    def settle(self, running: Running) -> float:
        """Waits until it has no work left from before; the CPU seconds that it took for that."""
        before = running.cpu_seconds()
        if running.herd is not None:
            herd = running.herd

            def written() -> bool:
                return all(status(herd, name).get("journal", {}).get("lag_rows", 0) == 0 for name in herd.names)

            wait_until(written, "the journal has all rows", 300)
        last = running.cpu_seconds()
        for _ in range(self.pick(100, 0)):
            time.sleep(0.2)
            now = running.cpu_seconds()
            if now - last < 0.02:
                break
            last = now
        return running.cpu_seconds() - before


def pinned(cpus: str) -> list[str]:
    return ["taskset", "-c", cpus] if cpus else []


@contextlib.contextmanager
def listening(command: list[str], port: int) -> Iterator[int]:
    """A server of another kind, from when it listens on `port`; its process ID."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def listens() -> bool:
        if server.poll() is not None:
            raise Failed(f"{' '.join(command)} ended with exit code {server.returncode}")
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5).close()
            return True
        return False

    try:
        wait_until(listens, f"port {port} is listened on")
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def result_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Runs a program that prints one object of JSON."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return json_of(command, done.stdout, done.returncode)


def json_of(command: Sequence[str], text: bytes, code: int) -> Run:
    """What a program printed that ended with that exit code."""
    # 1: errors, which are in the result, such as what an overloaded server never answered.
    if code not in (0, 1) or not text:
        raise Failed(f"{' '.join(command)}\nended with exit code {code}")
    result: Run = json.loads(text)
    if result.get("errors", {}).get("refused"):
        raise Failed(f"{' '.join(command)}\n{result['errors']['refused']} of its commands were refused")
    return result


@contextlib.contextmanager
def in_background(command: Sequence[str]) -> Iterator[Callable[[], Run]]:
    """Runs a program that prints one object of JSON beside what follows; what is yielded waits for that."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def result() -> Run:
        text, _ = process.communicate()
        return json_of(command, text, process.returncode)

    try:
        yield result
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate()


def has_redis(stage: Stage) -> bool:
    found = shutil.which("redis-server") is not None
    if not found:
        stage.say("Redis is left out: redis-server is not installed")
    return found


def in_turn(things: Sequence[Value], round_number: int) -> Iterable[Value]:
    """All of them, each round beginning with another."""
    turn = round_number % len(things)
    return [*things[turn:], *things[:turn]]


def median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def ratio(of: float | None, to: float | None) -> float | None:
    return of / to if of is not None and to else None

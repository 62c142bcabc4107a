"""One server is stopped for a while (SIGSTOP) while clients report: the others do not notice.

A stopped process is worse than a dead one: its system still takes connections and bytes for it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from exchange import LineReader, connect, iamat, parse_at, whatsat
from faults_stage import Check, Options, Result, Stage, load_average
from herd_process import Address
from waiting import SANITIZED

# The others stay linked without it, and the ways of some of their reports led through it.
STOPPED = "Goloman"

# More than the others' buffers for it take, and far less than what it misses.
GROWTH_MAX = 16 << 20


class Latency(NamedTuple):
    """Of one report: from sending it at one server until another one answered with it."""

    linked: bool  # the two are neighbours
    seconds: float


class Probes:
    """Clients who report at one server and ask another one until it knows, over and over."""

    def __init__(self, addresses: Mapping[str, Address], links: Iterable[tuple[str, str]]) -> None:
        self.readers = {name: LineReader(connect(address)) for name, address in addresses.items()}
        self.links = {frozenset(link) for link in links}

    def close(self) -> None:
        for reader in self.readers.values():
            reader.connection.close()

    def measure(self, over: threading.Event) -> list[Latency]:
        """All ordered pairs in turn until `over`."""
        latencies = []
        for source, target in itertools.cycle(itertools.permutations(self.readers, 2)):
            if over.is_set():
                return latencies
            latencies.append(Latency(frozenset((source, target)) in self.links, self._once(source, target)))
            time.sleep(0.003)
        raise AssertionError

    def _once(self, source: str, target: str) -> float:
        client = f"probe-{source}-{target}"
        start = time.monotonic()
        self.readers[source].connection.sendall(iamat(client))
        line = self.readers[source].line()
        parse_at(line)
        while self._position(target, client) != line:
            time.sleep(0.0005)
        return time.monotonic() - start

    def _position(self, target: str, client: str) -> bytes | None:
        reader = self.readers[target]
        reader.connection.sendall(whatsat(client))
        line = reader.line()
        if line.startswith(b"? "):
            return None
        reader.until(b"\n\n")
        return line


def percentile(latencies: Iterable[Latency], linked: bool, percent: float) -> float:
    seconds = sorted(latency.seconds for latency in latencies if latency.linked == linked)
    return seconds[min(len(seconds) - 1, int(len(seconds) * percent / 100))]


def run(options: Options) -> Result:
    seconds = options.seconds or 60.0
    with Stage("stopped", options, journals=False) as stage:
        herd, reporters = stage.herd, stage.reporters
        others = [name for name in herd.names if name != STOPPED]
        probes = Probes({name: herd[name].clients for name in others}, herd.links)
        stage.callback(probes.close)
        # Twice, so that all tables have grown to what they need.
        stage.fill()
        stage.fill()
        reporters.resume(options.rate)
        before, _ = _measure(stage, probes, others, max(3.0, seconds / 3))
        stage.say(f"stopping {STOPPED}; " + _in_words(before))
        at_stop = {name: herd[name].resident_bytes() for name in others}
        herd[STOPPED].pause()
        try:
            during, highest = _measure(stage, probes, others, seconds)
            reporters.pause()
        finally:
            herd[STOPPED].resume()
        start = time.monotonic()
        equal = stage.watch.wait_until_equal(start, options.clients)
        stage.say(f"stopped for {seconds:.0f} s; " + _in_words(during))
        stage.say(f"links up {equal.linked:.2f} s, alike {equal.equal:.2f} s after SIGCONT (load average {load_average()})")
        growth = {name: highest[name] - at_stop[name] for name in others}
    return Result(
        [
            Check(
                "growth of the others' memory, largest",
                max(growth.values()) / 2**20,
                "MiB",
                None if SANITIZED else GROWTH_MAX / 2**20,
            ),
            Check(
                "from a report to its neighbours, 99th percentile, while stopped",
                1000 * percentile(during, True, 99),
                "ms",
                1000 * (percentile(before, True, 99) + options.tolerance),
            ),
            Check("the same before", 1000 * percentile(before, True, 99), "ms"),
            Check(
                "from a report to servers behind others, longest, while stopped",
                1000 * percentile(during, False, 100),
                "ms",
                # Until silence is noticed, those behind the stopped one ask others.
                1000 * (percentile(before, False, 100) + options.heartbeat + options.tolerance),
            ),
            Check("the same before", 1000 * percentile(before, False, 100), "ms"),
            Check("from SIGCONT to equal digests", equal.equal, "s", options.within),
        ],
        {"growth_bytes": growth, "resident_bytes": at_stop},
    )


def _measure(stage: Stage, probes: Probes, names: list[str], seconds: float) -> tuple[list[Latency], dict[str, int]]:
    """Latencies, and the highest memory of each of the servers, over some seconds."""
    over = threading.Event()
    latencies: list[Latency] = []
    failures: list[BaseException] = []

    def measure() -> None:
        try:
            latencies.extend(probes.measure(over))
        except (AssertionError, OSError) as failure:
            failures.append(failure)

    thread = threading.Thread(target=measure)
    highest = dict.fromkeys(names, 0)
    thread.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in names:
            highest[name] = max(highest[name], stage.herd[name].resident_bytes())
        time.sleep(0.1)
    over.set()
    thread.join()
    if failures:
        raise failures[0]
    return latencies, highest


def _in_words(latencies: list[Latency]) -> str:
    def of(linked: bool) -> str:
        return " / ".join(f"{1000 * percentile(latencies, linked, percent):.1f}" for percent in (50, 99, 100))

    return f"{len(latencies)} reports: to neighbours {of(True)} ms, to others {of(False)} ms (median / p99 / longest)"

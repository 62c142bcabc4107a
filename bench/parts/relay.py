"""Relay: how long a report takes from Hands to Welsh, three links, beside a bare relay of three links.

What is timed is from handing a report to the socket of a client of Hands to having read its row from the socket of
a neighbour of Welsh (herd_arrival, both ends in one thread): five connections, of which three are links of the
herd, Hands - Goloman - Holiday - Welsh. The bare relay is a chain of four herd_relay, each of which hands whole
lines on and does nothing else, timed in the same way by the same program. A report is due every millisecond, and
one at a time is on its way: one that waits for the one before counts from when it was due. Herd and relay take
turns. Under load all five servers get half of what they take at most, at a steady rate, from a loader on the same
cores, while a report that is timed is due every 5 milliseconds.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from admin import status
from herd_process import Herd, toml_value
from ports import free_port
from sections import Section, about, at_most, columns
from stage import Failed, Run, Running, Stage, in_background, json_of, median, ratio, result_of
from waiting import wait_until

P50_TIMES_MAX = 2.5
P99_TIMES_MAX = 4
LOADED_P99_US_MAX = 5_000
LOADED_EVERY_US = 5_000
RELAYS = 4
PROBE = "Probe"


class WatchedHerd(Herd):
    """The configuration names one more server, a neighbour of Welsh, which is played by herd_arrival."""

    def config_text(self) -> str:
        nobody = f"127.0.0.1:{free_port()}"
        entry = {"name": PROBE, "clients": nobody, "peers": f"127.0.0.1:{free_port()}"}
        lines = [f"{key} = {toml_value(value)}" for key, value in entry.items()]
        links = (*self.links, ("Welsh", PROBE))
        text = super().config_text().replace(f"links = {toml_value(self.links)}", f"links = {toml_value(links)}")
        return text + "\n[[server]]\n" + "\n".join(lines) + "\n"


def measure(stage: Stage) -> Section:
    count = stage.pick(3_000, 50)
    clients = stage.pick(100_000, 500)
    free = stage.unpinned()
    runs: list[Run] = []
    for round_number in range(stage.rounds):
        runs.append({"what": "bare relay", "round": round_number} | _time_relays(free, count))
        with free.five(make=WatchedHerd) as five:
            assert five.herd is not None
            _wait_for_links(five.herd)
            runs.append({"what": "herd, idle", "round": round_number} | _time(free, five, count))
            peak = free.load(five, "--clients", clients, "--connections", 50, "--in-flight", 16)["per_second"]
            loaded = _loaded(free, five, clients, peak / 2)
            runs.append({"what": "herd, half of its peak", "round": round_number, "peak": peak} | loaded)
        for run in runs[-3:]:
            times_text = f"p50 {run['p50']:.0f} us, p99 {run['p99']:.0f} us"
            stage.say(f"round {round_number + 1} of {stage.rounds}, {run['what']}: {times_text}")

    def some(what: str, key: str) -> float | None:
        return median(run[key] for run in runs if run["what"] == what)

    def times(key: str) -> float | None:
        idle = {run["round"]: run[key] for run in runs if run["what"] == "herd, idle"}
        return median(ratio(idle[run["round"]], run[key]) for run in runs if run["what"] == "bare relay")

    kinds = list(dict.fromkeys(run["what"] for run in runs))
    loaded_p99 = some("herd, half of its peak", "p99")
    half = (some("herd, half of its peak", "peak") or 0) / 2
    keys = ("p50", "p90", "p99", "p99_9", "max")
    values = {what: [some(what, key) or 0.0 for key in keys] for what in kinds}
    return {
        "title": "Over three links",
        "about": f"{about(__doc__)} Half of the peak was {half:,.0f} reports a second.",
        "tables": [
            {
                "columns": columns("reports over | p50, µs | p90, µs | p99, µs | p99.9, µs | longest, µs"),
                "rows": [[what, *(f"{value:,.0f}" for value in values[what])] for what in kinds],
            }
        ],
        "reach": [
            at_most("from Hands to Welsh, idle herd: p50, times a bare relay", P50_TIMES_MAX, times("p50")),
            at_most("the same: p99", P99_TIMES_MAX, times("p99")),
            at_most("the same at half of the herd's peak load: p99, µs", LOADED_P99_US_MAX, loaded_p99, "{:,.0f}"),
        ],
        "charts": [
            {
                "file": "relay.svg",
                "kind": "lines",
                "title": "From Hands to Welsh: part of all reports that took at most …",
                "names": kinds,
                "steps": ["50 %", "90 %", "99 %", "99.9 %", "all"],
                "values": [[value / 1000 for value in values[what]] for what in kinds],
                "unit": "ms",
            }
        ],
        "runs": runs,
    }


def _time(stage: Stage, five: Running, count: int, every_us: int = 1_000) -> Run:
    assert five.herd is not None
    herd = five.herd
    command: list[Any] = [stage.program("herd_arrival"), "--to", herd.client_ports["Hands"]]
    command += ["--peer", herd.peer_ports["Welsh"], "--herd", herd.herd, "--name", PROBE, "--neighbour", "Welsh"]
    command += ["--count", count, "--every-us", every_us]
    return result_of(list(map(str, command)), {"HERD_SECRET": herd.secret})


def _loaded(stage: Stage, five: Running, clients: int, rate: float) -> Run:
    load = ("--known", "--clients", clients, "--rate", rate, "--connections", 50, "--warm-up", 0)
    length = stage.seconds + 2
    with in_background(stage.load_command(five, *load, seconds=length)) as loaded:
        time.sleep(0.5)  # until it is under way
        timed = _time(stage, five, max(20, int(stage.seconds * 1e6 / LOADED_EVERY_US)), LOADED_EVERY_US)
        load_result = loaded()
    return timed | {"load": load_result}


def _time_relays(stage: Stage, count: int) -> Run:
    ports = [free_port() for _ in range(RELAYS + 1)]
    command = [stage.program("herd_arrival"), "--to", str(ports[0]), "--relay", str(ports[-1]), "--count", str(count)]
    with contextlib.ExitStack() as up:
        probe = up.enter_context(_ready(command))
        # From the last, since each calls the next.
        for own, following in reversed(list(zip(ports, ports[1:]))):
            up.enter_context(_ready([stage.program("herd_relay"), str(own), str(following)]))
        assert probe.stdout is not None
        text = probe.stdout.read()
        return json_of(command, text, probe.wait())


@contextlib.contextmanager
def _ready(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program, from when it says "ready" to its end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            if process.stdout.readline() != b"ready\n":
                raise Failed(f"{' '.join(command)} did not become ready")
            yield process
        finally:
            process.terminate()


def _wait_for_links(herd: Herd) -> None:
    def linked() -> bool:
        return all(
            link["state"] == "up"
            for name in herd.names
            for link in status(herd, name)["links"]
            if link["neighbour"] != PROBE
        )

    wait_until(linked, "all links are up")

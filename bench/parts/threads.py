"""Threads: a server with two threads against one with one.

Reports of 100,000 clients over 50 connections. Where there are four cores or more, the server has two of them and
the loader, with two threads, the others: then the rates by the wall clock count. With fewer the loader competes
with the server for them, and a rate by the wall clock says little: what a second thread costs shows in the reports
for a CPU second of the server, which stay the same if threads do not wait for each other or share cache lines.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os

from sections import Section, about, at_least, columns, latencies, number, share
from stage import Run, Stage, in_turn, median, ratio

WALL_TIMES_MIN = 1.8
IN_FLIGHT = (1, 16)
COLUMNS = columns(
    "load, threads | reports a second | per server CPU second | "
    "of one thread | of it, per CPU second | p99, ms | loader busy"
)


def measure(stage: Stage) -> Section:
    cores = os.cpu_count() or 1
    apart = cores >= 4
    place = stage.unpinned()
    if apart:
        place = dataclasses.replace(stage, server_cpus="0-1", loader_cpus=f"2-{cores - 1}")
    clients = stage.pick(100_000, 1_000)
    runs: list[Run] = []
    with contextlib.ExitStack() as up:
        servers = [up.enter_context(place.herd(title=str(threads), threads=threads)) for threads in (1, 2)]
        for server in servers:
            place.fill(server, clients)
        for round_number in range(stage.rounds):
            for in_flight in IN_FLIGHT:
                for server in in_turn(servers, round_number):
                    load = ("--connections", 50, "--in-flight", in_flight, "--threads", 2 if apart else 1)
                    result = place.load(server, "--known", "--clients", clients, *load, *stage.warm_up)
                    runs.append(result | {"threads": server.name, "round": round_number})
                    stage.say_rate(round_number, f"50 × {in_flight}, {server.name} threads", result)

    def some(threads: str, in_flight: int, key: str) -> float | None:
        return median(run.get(key) for run in runs if run["threads"] == threads and run["in_flight"] == in_flight)

    rows = []
    for in_flight in IN_FLIGHT:
        for threads in ("1", "2"):
            chosen = [run for run in runs if run["threads"] == threads and run["in_flight"] == in_flight]
            rows.append(
                [
                    f"50 × {in_flight}, {threads}",
                    number(some(threads, in_flight, "per_second")),
                    number(some(threads, in_flight, "per_server_cpu_second")),
                    *(
                        share(ratio(some(threads, in_flight, key), some("1", in_flight, key)))
                        for key in ("per_second", "per_server_cpu_second")
                    ),
                    *latencies(chosen, "iamat", ("p99",)),
                    f"{some(threads, in_flight, 'loader_busy'):.0%}",
                ]
            )
    what = "two threads against one, 50 × 16: "
    if apart:
        times = ratio(some("2", 16, "per_second"), some("1", 16, "per_second"))
        reach = at_least(what + "reports a second", WALL_TIMES_MIN, times)
    else:
        times = ratio(some("2", 16, "per_server_cpu_second"), some("1", 16, "per_server_cpu_second"))
        what += f"for a CPU second each (with {cores} cores the loader is not apart)"
        reach = at_least(what, WALL_TIMES_MIN / 2, times)
    return {
        "title": "Threads",
        "about": about(__doc__),
        "tables": [
            {
                "columns": COLUMNS,
                "rows": rows,
            }
        ],
        "reach": [reach],
        "runs": runs,
    }

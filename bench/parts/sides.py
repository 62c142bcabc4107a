"""Sides: several kinds of work side by side: the floor, Herd with one server, Herd as five, and Redis.

Every server is started afresh in every round. No journals; all servers of a kind share the server's core. Redis is told
positions by GEOADD, asked for them by GEOPOS, and by GEOSEARCH for what is near among the clients, which is not
the same work as Herd's places: Redis looks through the fleet, Herd through the world's towns. In the open loop
reports are due at a steady rate, and latency counts from then.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from sections import Section, about, columns, latencies, number
from stage import ROOT, Run, Stage, has_redis, in_turn, median

PERCENTILES = {"p50": "50 %", "p90": "90 %", "p99": "99 %", "p99_9": "99.9 %", "max": "all"}


@dataclasses.dataclass(frozen=True)
class Work:
    title: str
    options: tuple[object, ...]
    latency: str  # which of the loader's latencies
    only_reports: bool = False  # the floor can do it


def works(rate: int) -> list[Work]:
    asks = ("--in-flight", 16, "--whatsat", 100)
    return [
        Work("reports, 50 × 16", ("--in-flight", 16), "iamat", True),
        Work("reports, 50 × 1", ("--in-flight", 1), "iamat", True),
        Work("positions, 50 × 16", (*asks, "--radius", 0, "--max", 0), "whatsat"),
        Work("what is near, 50 × 16", (*asks, "--radius", 10, "--max", 5), "whatsat"),
        Work(f"reports, {rate:,} a second", ("--rate", rate), "iamat", True),
    ]


def measure(stage: Stage) -> Section:
    clients = stage.pick(100_000, 1_000)
    chosen = works(stage.pick(50_000, 500))
    towns = ROOT / "build" / "places.index"
    index = towns if towns.exists() and not stage.smoke else None
    starts: dict[str, Any] = {
        "floor": stage.floor,
        "Herd": lambda: stage.herd(index=index),
        "Herd, five servers": lambda: stage.five(index=index),
    }
    if has_redis(stage):
        starts["Redis"] = stage.redis
    runs: list[Run] = []
    for round_number in range(stage.rounds):
        for name in in_turn(list(starts), round_number):
            with starts[name]() as server:
                stage.fill(server, clients)
                for work in chosen:
                    if name == "floor" and not work.only_reports:
                        continue
                    fleet = ("--known", "--clients", clients, "--connections", 50)
                    result = stage.load(server, *fleet, *work.options, *stage.warm_up)
                    runs.append(result | {"server": name, "work": work.title, "round": round_number})
                    stage.say_rate(round_number, f"{name}, {work.title}", result)
    names = list(starts)
    tables = [
        {"title": work.title[0].upper() + work.title[1:], "columns": _COLUMNS, "rows": _rows(runs, names, work)}
        for work in chosen
    ]
    last = chosen[-1]
    charts: list[dict[str, Any]] = [
        {
            "file": "rates.svg",
            "kind": "bars",
            "title": "Replies a second",
            "names": names,
            "groups": [work.title for work in chosen[:-1]],
            "values": [
                [median(run["per_second"] for run in _of(runs, name, work)) for name in names] for work in chosen[:-1]
            ],
        },
        {
            "file": "latency.svg",
            "kind": "lines",
            "title": f"Latency, {last.title}, from when they were due: part of all that took at most …",
            "names": names,
            "steps": list(PERCENTILES.values()),
            "values": [
                [float(text) for text in latencies(_of(runs, name, last), "iamat", PERCENTILES)] for name in names
            ],
            "unit": "ms",
        },
    ]
    how = f"{about(__doc__)} {clients:,} clients."
    return {"title": "Side by side", "about": how, "tables": tables, "charts": charts, "runs": runs}


_COLUMNS = columns(
    "server | a second | per server CPU second | p50, ms | p99, ms | p99.9, ms | memory, MiB | errors | loader busy"
)


def _of(runs: list[Run], name: str, work: Work) -> list[Run]:
    return [run for run in runs if run["server"] == name and run["work"] == work.title]


def _rows(runs: list[Run], names: list[str], work: Work) -> list[list[str]]:
    rows = []
    for name in names:
        if not (some := _of(runs, name, work)):
            continue
        rss = median(run.get("server_rss_bytes") for run in some)
        rows.append(
            [
                name,
                number(median(run["per_second"] for run in some)),
                number(median(run.get("per_server_cpu_second") for run in some)),
                *latencies(some, work.latency, ("p50", "p99", "p99_9")),
                number(rss / 2**20 if rss else None),
                str(sum(sum(run["errors"].values()) for run in some)),
                f"{median(run['loader_busy'] for run in some):.0%}",
            ]
        )
    return rows

"""Reports: what one server takes in for a CPU second, beside the floor and Redis.

The floor, Herd with one server and its journal on, and Redis (GEOADD) are all up and know all clients before
anything is measured; then rounds go through shapes of load and servers in turn, so that a moment in which the
machine is busy with other things meets all alike. Ratios are those of one round; what is told are medians of
rounds. Before each turn the server before has ended its work, such as what RocksDB does behind the journal's
back: that is counted as CPU time while reports come in, as it is in a server that always has reports.
"""

from __future__ import annotations

import contextlib
from typing import Any

from sections import Section, about, at_least, columns, milliseconds, number, share
from stage import Run, Running, Stage, has_redis, in_turn, median, ratio

# Connections times reports in flight on each.
SHAPES = ((50, 1), (50, 16), (1, 64))
# Of the floor, for each shape.
REACH = {100_000: (0.85, 0.60, 0.60), 1_000_000: (0.80, 0.45, 0.45)}
COLUMNS = columns("server | load | a second | per server CPU second | of the floor | p50, ms | p99, ms | loader busy")


def measure(stage: Stage) -> Section:
    tables, reach, charts, runs = [], [], [], []
    for clients, tiny in zip(REACH, (1_000, 2_000)):
        some = _runs(stage, stage.pick(clients, tiny))
        runs += some
        medians = _medians(some)
        names = list(dict.fromkeys(run["server"] for run in some))
        tables.append(
            {
                "title": f"{clients:,} clients",
                "columns": COLUMNS,
                "rows": [_row(medians[name, shape]) for shape in SHAPES for name in names],
            }
        )
        for shape, wanted in zip(SHAPES, REACH[clients]):
            what = f"reports, one server with its journal, {clients:,} clients, {_title(shape)}: of the floor"
            reach.append(at_least(what, wanted, medians["Herd", shape]["of_floor"]))
        charts.append(
            {
                "file": f"reports-{clients}.svg",
                "kind": "bars",
                "title": f"Reports for a CPU second of the server, {clients:,} clients",
                "names": names,
                "groups": [_title(shape) for shape in SHAPES],
                "values": [[medians[name, shape]["per_cpu_second"] for name in names] for shape in SHAPES],
            }
        )
    return {
        "title": "Reports",
        "about": about(__doc__),
        "tables": tables,
        "reach": reach,
        "charts": charts,
        "runs": runs,
    }


def _title(shape: tuple[int, int]) -> str:
    return f"{shape[0]} × {shape[1]}"


def _runs(stage: Stage, clients: int) -> list[Run]:
    runs: list[Run] = []
    with contextlib.ExitStack() as up:
        servers: list[Running] = [up.enter_context(stage.floor()), up.enter_context(stage.herd(journal=True))]
        if has_redis(stage):
            servers.append(up.enter_context(stage.redis()))
        for server in servers:
            stage.fill(server, clients)
        for round_number in range(stage.rounds):
            for connections, in_flight in SHAPES:
                for server in in_turn(servers, round_number):
                    shape = ("--connections", connections, "--in-flight", in_flight)
                    result = stage.load(server, "--known", "--clients", clients, *stage.warm_up, *shape)
                    settled = stage.settle(server)
                    result |= {"round": round_number, "server": server.name, "settled_cpu_seconds": settled}
                    runs.append(result)
                    what = f"{clients:,} clients, {_title((connections, in_flight))}, {server.name}"
                    stage.say_rate(round_number, what, result)
    return runs


def _medians(runs: list[Run]) -> dict[tuple[str, tuple[int, int]], dict[str, Any]]:
    by_key: dict[tuple[str, tuple[int, int]], list[Run]] = {}
    for run in runs:
        by_key.setdefault((run["server"], (run["connections"], run["in_flight"])), []).append(run)

    def of_floor(run: Run, shape: tuple[int, int]) -> float | None:
        (floor,) = [one for one in by_key["floor", shape] if one["round"] == run["round"]]
        return ratio(run.get("per_server_cpu_second"), floor.get("per_server_cpu_second"))

    return {
        (name, shape): {
            "server": name,
            "shape": shape,
            "per_second": median(run["per_second"] for run in some),
            "per_cpu_second": median(run.get("per_server_cpu_second") for run in some),
            "of_floor": median(of_floor(run, shape) for run in some),
            "p50": median(run["latency_us"]["iamat"]["p50"] for run in some),
            "p99": median(run["latency_us"]["iamat"]["p99"] for run in some),
            "busy": median(run["loader_busy"] for run in some),
        }
        for (name, shape), some in by_key.items()
    }


def _row(line: dict[str, Any]) -> list[str]:
    return [
        line["server"],
        _title(line["shape"]),
        number(line["per_second"]),
        number(line["per_cpu_second"]),
        share(line["of_floor"]),
        milliseconds(line["p50"]),
        milliseconds(line["p99"]),
        f"{line['busy']:.0%}",
    ]

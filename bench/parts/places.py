"""Places: WHATSAT from the offline index of all GeoNames towns, and from one of 10,000,000 made places.

One server per index; clients live at the towns of GeoNames, each town as likely as any other, and every command is
a WHATSAT for 5 places within 10 km of one of them, 50 connections with 16 in flight on each. The made places lie
about the great towns of the world, more about greater ones, and about those of GeoNames (herd_made_places); their
index is made once and kept in build/. Servers take turns.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from sections import Section, about, at_least, columns, latencies, number
from stage import ROOT, Failed, Run, Running, Stage, in_turn, median

TOWNS_RATE_MIN = 100_000
MADE_RATE_MIN = 60_000
MADE = 10_000_000
REACH = (
    "WHATSAT, all GeoNames towns, 10 km, 5 results, 50 × 16: per server CPU second",
    "the same from 10,000,000 made places",
)
COLUMNS = columns("index | WHATSATs a second | per server CPU second | p50, ms | p99, ms | loader busy")


def measure(stage: Stage) -> Section:
    clients = stage.pick(100_000, 500)
    runs: list[Run] = []
    with contextlib.ExitStack() as up:
        towns, made = _indexes(stage, up)
        servers: list[Running] = [up.enter_context(stage.herd(title="towns of GeoNames", index=towns))]
        servers.append(up.enter_context(stage.herd(title=f"{stage.pick(MADE, 2_000):,} made places", index=made)))
        for server in servers:
            stage.fill(server, clients, "--towns", towns)
        for round_number in range(stage.rounds):
            for server in in_turn(servers, round_number):
                asking = ("--whatsat", 100, "--radius", 10, "--max", 5, "--connections", 50, "--in-flight", 16)
                fleet = ("--known", "--clients", clients, "--towns", towns)
                result = stage.load(server, *fleet, *asking, *stage.warm_up)
                runs.append(result | {"index": server.name, "round": round_number})
                stage.say_rate(round_number, server.name, result)

    def some(server: Running, key: str) -> float | None:
        return median(run.get(key) for run in runs if run["index"] == server.name)

    rows = [
        [
            server.name,
            number(some(server, "per_second")),
            number(some(server, "per_server_cpu_second")),
            *latencies((run for run in runs if run["index"] == server.name), "whatsat"),
            f"{some(server, 'loader_busy'):.0%}",
        ]
        for server in servers
    ]
    return {
        "title": "Places",
        "about": about(__doc__),
        "tables": [
            {
                "columns": COLUMNS,
                "rows": rows,
            }
        ],
        "reach": [
            at_least(what, wanted, some(server, "per_server_cpu_second"), "{:,.0f}")
            for server, wanted, what in zip(servers, (TOWNS_RATE_MIN, MADE_RATE_MIN), REACH)
        ],
        "runs": runs,
    }


def _indexes(stage: Stage, up: contextlib.ExitStack) -> tuple[Path, Path]:
    if stage.smoke:
        folder = Path(up.enter_context(tempfile.TemporaryDirectory()))
        return _made(stage, 1_000, folder / "towns.index"), _made(stage, 2_000, folder / "made.index")
    subprocess.run([str(ROOT / "script" / "places"), stage.program("herd")], stdout=sys.stderr, check=True)
    towns = ROOT / "build" / "places.index"
    if not towns.exists():
        raise Failed("there is no index of towns: script/places says why")
    made = ROOT / "build" / "made-places.index"
    # One of an older format is made anew as well.
    info = [stage.program("herd"), "places", "info", "--index", str(made)]
    if subprocess.run(info, capture_output=True, check=False).returncode != 0:
        stage.say(f"making {MADE:,} places; this takes a while, once")
        _made(stage, MADE, made, towns)
    return towns, made


def _made(stage: Stage, count: int, index: Path, *towns: Path) -> Path:
    command = [stage.program("herd_made_places"), str(count), str(index), *map(str, towns)]
    subprocess.run(command, stdout=sys.stderr, check=True)
    return index

"""Nearest: the nearest 10 of a million clients within 10 km, while they move, beside Redis.

Herd is asked by GET /v1/near on its admin address, Redis by GEOSEARCH FROMLONLAT BYRADIUS 10 km ASC COUNT 10, both
over 16 connections with 4 questions in flight on each, about places where clients are. Meanwhile another loader
lets clients report at a steady rate. What the reports cost is measured in a moment without questions; what is told
is once with all of the server's CPU time and once without that for the reports.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time

from sections import Section, about, at_least, columns, latencies, number
from stage import Run, Running, Stage, has_redis, in_background, in_turn, median, ratio

TIMES_MIN = 3
COLUMNS = columns("server | questions a second | per server CPU second | without that for reports | p50, ms | p99, ms")


def measure(stage: Stage) -> Section:
    clients = stage.pick(1_000_000, 2_000)
    rate = stage.pick(20_000, 500)
    runs: list[Run] = []
    with contextlib.ExitStack() as up:
        servers = [up.enter_context(stage.herd())]
        if has_redis(stage):
            servers.append(up.enter_context(stage.redis()))
        for server in servers:
            stage.fill(server, clients)
        for round_number in range(stage.rounds):
            for server in in_turn(servers, round_number):
                runs.append(_run(stage, server, clients, rate) | {"round": round_number})
                stage.say_rate(round_number, server.name, runs[-1])

    def some(name: str, key: str) -> float | None:
        return median(run[key] for run in runs if run["server"] == name)

    names = [server.name for server in servers]
    rows = [
        [
            name,
            number(some(name, "per_second")),
            number(some(name, "per_server_cpu_second")),
            number(some(name, "per_cpu_second_of_questions")),
            *latencies((run for run in runs if run["server"] == name), "whatsat"),
        ]
        for name in names
    ]
    reach = []
    if "Redis" in names:
        times = [
            ratio(some("Herd", key), some("Redis", key)) or 0.0
            for key in ("per_server_cpu_second", "per_cpu_second_of_questions")
        ]
        what = "nearest 10 of 1,000,000 moving clients within 10 km: times Redis GEOSEARCH"
        reach.append(at_least(f"{what}, the lesser of both ways to count", TIMES_MIN, min(times)))
    return {
        "title": "Nearest clients",
        "about": f"{about(__doc__)} {clients:,} clients, {rate:,} reports a second.",
        "tables": [
            {
                "columns": COLUMNS,
                "rows": rows,
            }
        ],
        "reach": reach,
        "runs": runs,
    }


def _asked(server: Running) -> tuple[Running, str]:
    """Where it is asked, and how."""
    if server.herd is None:
        return server, "redis-near"
    (port,) = server.herd.admin_ports.values()
    return dataclasses.replace(server, addresses=[f"127.0.0.1:{port}"]), "herd-near"


def _run(stage: Stage, server: Running, clients: int, rate: int) -> Run:
    alone = stage.pick(2.0, 0.3)
    length = 2 * alone + stage.seconds + 5
    reports = ("--known", "--clients", clients, "--rate", rate, "--warm-up", 0, "--connections", 4)
    with in_background(stage.load_command(server, *reports, seconds=length)):
        time.sleep(alone / 2)  # until it has begun
        before = server.cpu_seconds()
        time.sleep(alone)
        for_reports = (server.cpu_seconds() - before) / alone
        asked, protocol = _asked(server)
        questions = ("--clients", clients, "--radius", 10, "--max", 10, "--connections", 16, "--in-flight", 4)
        result = stage.load(asked, *questions, *stage.warm_up, protocol=protocol)
    for_questions = result.get("server_cpu_seconds", 0.0) - for_reports * result["seconds"]
    return result | {
        "server": server.name,
        "report_cpu_seconds_a_second": for_reports,
        "per_cpu_second_of_questions": ratio(result["replies"], for_questions) if for_questions > 0 else None,
    }

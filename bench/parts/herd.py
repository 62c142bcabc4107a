"""Herd: reports into all five servers at once, on all of the machine's cores, and how soon all are alike.

The loader spreads its connections and clients over the five servers. Nothing is pinned: servers and loader share
the cores. What is told is the rate at which reports were acknowledged, by the wall clock, and how long after the
loader had its last reply all five had the same digest. Journals are off; links are those of the configuration's
defaults.
"""

from __future__ import annotations

import time

from herd_process import FIVE
from sections import Section, about, at_least, at_most, columns, latencies, number
from stage import Run, Stage, median
from watching import Watch

RATE_MIN = 200_000
EQUAL_SECONDS_MAX = 1
COLUMNS = columns(
    "load | reports a second | per CPU second of all five | p50, ms | "
    "p99, ms | alike after, s | at most, s | loader busy"
)


def measure(stage: Stage) -> Section:
    clients = stage.pick(100_000, 1_000)
    runs: list[Run] = []
    free = stage.unpinned()
    for _ in range(stage.rounds):
        with free.five() as five:
            assert five.herd is not None
            with Watch({name: ("127.0.0.1", five.herd.admin_ports[name]) for name in FIVE}) as watch:
                watch.wait_until_equal(time.monotonic())
                result = free.load(five, "--clients", clients, "--connections", 50, "--in-flight", 16)
                equal = watch.wait_until_equal(time.monotonic(), clients).equal
        runs.append(result | {"equal_s": equal})
        stage.say(f"{result['per_second']:,.0f} reports a second, all alike {equal:.2f} s later")

    rate = median(run["per_second"] for run in runs)
    equal = max(run["equal_s"] for run in runs)
    row = [
        "50 × 16",
        number(rate),
        number(median(run.get("per_server_cpu_second") for run in runs)),
        *latencies(runs, "iamat"),
        f"{median(run['equal_s'] for run in runs):.2f}",
        f"{equal:.2f}",
        f"{median(run['loader_busy'] for run in runs):.0%}",
    ]
    return {
        "title": "The herd of five",
        "about": f"{about(__doc__)} {clients:,} clients.",
        "tables": [
            {
                "columns": COLUMNS,
                "rows": [row],
            }
        ],
        "reach": [
            at_least("reports into the herd of five: accepted a second", RATE_MIN, rate, "{:,.0f}"),
            at_most("the same: seconds until all digests are equal, longest", EQUAL_SECONDS_MAX, equal),
        ],
        "runs": runs,
    }

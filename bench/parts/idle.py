"""Idle: what a client costs a server that is connected and says nothing.

Each connection sends one report, all of the same client, and is silent then. The heap is what is the process's
own in RAM (anonymous memory), the memory all that is in RAM; the system's own buffers are in neither.
"""

from __future__ import annotations

from sections import Section, about, at_most, columns, number
from stage import Run, Stage, median

BYTES_MAX = 600
COLUMNS = columns("idle clients | bytes of heap for each | of memory for each | memory of the server, MiB")


def measure(stage: Stage) -> Section:
    runs: list[Run] = []
    for connections in stage.pick((1_000, 10_000, 18_000), (100, 200, 400)):
        for _ in range(stage.rounds):
            with stage.herd() as server:
                runs.append(stage.load(server, "--idle", "--connections", connections))
            stage.say(f"{connections:,} connections: {runs[-1]['heap_bytes_per_connection']:.0f} bytes of heap each")

    def some(connections: int, key: str) -> float | None:
        return median(run[key] for run in runs if run["connections"] == connections)

    rows = [
        [
            number(connections),
            number(some(connections, "heap_bytes_per_connection")),
            number(some(connections, "bytes_per_connection")),
            f"{(some(connections, 'rss_bytes') or 0) / 2**20:.1f}",
        ]
        for connections in sorted({run["connections"] for run in runs})
    ]
    most = max(run["connections"] for run in runs)
    each = some(most, "heap_bytes_per_connection") or 0
    base = median(run["heap_bytes_before"] for run in runs) or 0
    rows.append(["1,000,000 (computed)", number(each), "", f"{(base + 1e6 * each) / 2**20:.1f}"])
    return {
        "title": "Idle connections",
        "about": about(__doc__),
        "tables": [
            {
                "columns": COLUMNS,
                "rows": rows,
            }
        ],
        "reach": [at_most(f"memory, an idle connection of {most:,}: bytes of heap", BYTES_MAX, each, "{:.0f}")],
        "runs": runs,
    }

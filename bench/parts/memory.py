"""Memory: what a client costs a server that knows a million of them, beside Redis.

One server without neighbours and without its journal (RocksDB has memory of its own that does not grow with the
clients), and Redis, are each started afresh, filled with clients whose IDs have 14 bytes, and loaded with more
reports of them, so that what moving costs is in it. What is told is how much more memory each has in RAM than
when it was empty; of the proportional size (PSS) what is shared with other processes counts in part.
"""

from __future__ import annotations

from sections import Section, about, at_least, at_most, number
from stage import Run, Stage, has_redis, median, ratio

BYTES_MAX = 100


def measure(stage: Stage) -> Section:
    clients = stage.pick(1_000_000, 2_000)
    starts = [stage.herd, stage.redis] if has_redis(stage) else [stage.herd]
    runs: list[Run] = []
    for _ in range(stage.rounds):
        for start in starts:
            with start() as server:
                empty = server.memory()
                stage.load(server, "--clients", clients, "--warm-up", 0)
                loaded = server.memory()
            runs.append({"server": server.name, "clients": clients, "empty": empty, "loaded": loaded})
            stage.say(f"{server.name}: {(loaded['rss'] - empty['rss']) / clients:.1f} bytes a client")

    def each(server: str, kind: str) -> float | None:
        some = [run for run in runs if run["server"] == server]
        return median((run["loaded"][kind] - run["empty"][kind]) / clients for run in some)

    names = list(dict.fromkeys(run["server"] for run in runs))
    rows = []
    for name in names:
        some = [run for run in runs if run["server"] == name]
        sizes = [median(run[when]["rss"] for run in some) or 0 for when in ("empty", "loaded")]
        grown = [number(each(name, kind)) for kind in ("rss", "pss")]
        rows.append([name, *(f"{size / 2**20:.1f}" for size in sizes), *grown])
    reach = [at_most("memory, 1,000,000 clients: bytes a client", BYTES_MAX, each("Herd", "rss"), "{:.0f}")]
    if "Redis" in names:
        less = ratio(each("Redis", "rss"), each("Herd", "rss"))
        reach.append(at_least("the same: Redis needs so many times as much", 1, less))
    return {
        "title": "Memory of a million clients",
        "about": about(__doc__),
        "tables": [
            {
                "columns": ["server", "empty, MiB", f"with {clients:,} clients, MiB", "bytes a client", "of PSS"],
                "rows": rows,
            }
        ],
        "reach": reach,
        "runs": runs,
    }

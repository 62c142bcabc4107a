"""Restart: how long a server with a million clients in its journal takes until it serves again.

The server is started, filled, and then, round by round, ended and started again: by SIGTERM, which writes all that
is in memory, and by SIGKILL, after which the newest rows are read from RocksDB's log. What is timed is from
starting the process to its being ready for clients; `load` is what the server tells of that for its journal. Which
part is RocksDB's tells herd_journal_bench, which opens a journal of as many clients, reads all its rows with one
thread and does nothing with them, and then loads it as a server does.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from admin import status
from sections import Section, about, at_most, columns, number
from stage import Run, Stage, median, result_of

SECONDS_MAX = 2
ROCKSDB = ("open_s", "read_one_thread_s", "open_and_load_s")


def measure(stage: Stage) -> Section:
    clients = stage.pick(1_000_000, 2_000)
    free = stage.unpinned()
    runs: list[Run] = []
    with free.herd(journal=True) as running:
        assert running.herd is not None
        herd = running.herd
        (name,) = herd.names
        free.fill(running, clients)
        for round_number in range(stage.rounds):
            for how, end in (("SIGTERM", herd[name].stop), ("SIGKILL", herd[name].kill)):
                end()
                begin = time.monotonic()
                herd[name].start()
                took = time.monotonic() - begin
                journal = status(herd, name)["journal"]
                runs.append({"how": how, "round": round_number, "ready_s": took, "journal": journal})
                load = f"{journal['load_s']:.2f} s to load {journal['rows_loaded']:,} rows"
                stage.say(f"after {how}: ready in {took:.2f} s, of that {load}")
    parts = _rocksdb(stage, clients)

    def some(how: str, key: str) -> float | None:
        values = [run["ready_s"] if key == "ready_s" else run["journal"][key] for run in runs if run["how"] == how]
        return median(values)

    return {
        "title": "Restart",
        "about": f"{about(__doc__)} {clients:,} clients.",
        "tables": [
            {
                "columns": columns("ended by | ready after, s | load, s | rows"),
                "rows": [
                    [how, *(f"{some(how, key):.2f}" for key in ("ready_s", "load_s")), number(some(how, "rows_loaded"))]
                    for how in ("SIGTERM", "SIGKILL")
                ],
            },
            {
                "title": "Of that RocksDB",
                "columns": columns("opening, s | reading all with one thread, s | opening and loading with two, s"),
                "rows": [[f"{median(part[key] for part in parts):.2f}" for key in ROCKSDB]],
            },
        ],
        "reach": [
            at_most(f"a restart after {how}, 1,000,000 clients: seconds", SECONDS_MAX, some(how, "ready_s"))
            for how in ("SIGTERM", "SIGKILL")
        ],
        "runs": [*runs, *parts],
    }


def _rocksdb(stage: Stage, clients: int) -> list[Run]:
    with tempfile.TemporaryDirectory() as folder:
        journal = [stage.program("herd_journal_bench"), str(Path(folder) / "journal"), "--clients", str(clients)]
        # One that was just filled is not what a server finds; so it is only read from the second run on.
        result_of([*journal, "--fill", "--kill"])
        return [result_of(journal) for _ in range(stage.rounds)]

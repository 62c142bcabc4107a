"""What script/bench has found, in bench/results: results.json, and made from that results.md and charts.

Each part has a section of its own, which a new run of it replaces:

    title, about        in words: what it is, and how it was measured
    date, commit, ...   when and on what (`machine`)
    tables              [{title, columns, rows}]; cells are texts
    reach               [{what, wanted, got, good}]; texts, and whether it is reached
    charts              [{file, kind: "bars" or "lines", ...}]: the arguments of svg.py
    runs                all that was measured
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from svg import bars, lines_on_log

Section = dict[str, Any]


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def milliseconds(microseconds: float | None) -> str:
    return "" if microseconds is None else f"{microseconds / 1000:.3g}"


def latencies(runs: Iterable[dict[str, Any]], command: str, keys: Iterable[str] = ("p50", "p99")) -> list[str]:
    """Of "iamat" or "whatsat": the medians of these percentiles, in milliseconds."""
    some = [run["latency_us"][command] for run in runs]
    return [milliseconds(statistics.median(one[key] for one in some)) if some else "" for key in keys]


def columns(text: str) -> list[str]:
    return text.split(" | ")


def about(doc: str | None) -> str:
    """How a part measures, from its docstring: what stands behind the first line."""
    return (doc or "").partition("\n\n")[2].strip()


def at_least(what: str, wanted: float, got: float | None, text: str = "{:,.2f}") -> dict[str, Any]:
    return _reach(what, f"at least {text.format(wanted)}", got, text, got is not None and got >= wanted)


def at_most(what: str, wanted: float, got: float | None, text: str = "{:,.2f}") -> dict[str, Any]:
    return _reach(what, f"at most {text.format(wanted)}", got, text, got is not None and got <= wanted)


def _reach(what: str, wanted: str, got: float | None, text: str, good: bool) -> dict[str, Any]:
    return {"what": what, "wanted": wanted, "got": "" if got is None else text.format(got), "good": good}


def _output_of(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def machine() -> dict[str, Any]:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_before": round(os.getloadavg()[0], 2),
        "redis": _output_of("redis-server", "--version").partition("sha")[0].strip(),
    }


def provenance(command: str) -> Section:
    """When, with what and where a part is about to be measured."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": _output_of("git", "describe", "--always", "--dirty", "--exclude=*"),
        "command": command,
        "machine": machine(),
    }


def read(folder: Path) -> dict[str, Section]:
    file = folder / "results.json"
    if not file.exists():
        return {}
    sections: dict[str, Section] = json.loads(file.read_text(encoding="utf-8"))
    return sections


def write(folder: Path, sections: dict[str, Section]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(sections, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(markdown(sections), encoding="utf-8")
    for section in sections.values():
        for chart in section.get("charts", []):
            how = {key: value for key, value in chart.items() if key not in ("file", "kind")}
            draw = bars if chart["kind"] == "bars" else lines_on_log
            (folder / chart["file"]).write_text(draw(**how), encoding="utf-8")


def markdown(sections: dict[str, Section]) -> str:
    out = ["# What script/bench has found", ""]
    wanted = [row for section in sections.values() for row in section.get("reach", [])]
    if wanted:
        out += ["| what | to reach | reached | |", "| --- | --- | --- | --- |"]
        for row in wanted:
            out.append(f"| {row['what']} | {row['wanted']} | {row['got']} | {'yes' if row['good'] else '**no**'} |")
    for section in sections.values():
        out += ["", *_section(section)]
    return "\n".join(out) + "\n"


def _section(section: Section) -> list[str]:
    where = section["machine"]
    out = [
        f"## {section['title']}",
        "",
        section["about"],
        "",
        f"`{section['command']}`, {section['date']}, commit {section['commit']}; {where['processor']}, "
        f"{where['cores']} cores, Linux {where['kernel']}, load {where['load_before']} before.",
    ]
    for table in section["tables"]:
        if table.get("title"):
            out += ["", f"### {table['title']}"]
        columns = table["columns"]
        # The first column is words, the others are numbers.
        out += ["", "| " + " | ".join(columns) + " |", "| --- |" + " ---: |" * (len(columns) - 1)]
        out += ["| " + " | ".join(row) + " |" for row in table["rows"]]
    for chart in section.get("charts", []):
        out += ["", f"![{chart['title']}]({chart['file']})"]
    return out

"""Charts as SVG text, with the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

COLOURS = ("#9aa0a6", "#1a73e8", "#12805c", "#d93025", "#9334e6", "#e37400")
WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 80, 20, 60, 50


def human(number: float) -> str:
    """1234567 -> "1.23 M"."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def _text(x: float, y: float, text: str, anchor: str = "middle", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def _frame(title: str, names: Sequence[str], body: list[str]) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" fill="#202124">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(WIDTH / 2, 22, title, size=15),
    ]
    step = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    for i, name in enumerate(names):
        x = LEFT + i * step
        parts.append(f'<rect x="{x:.1f}" y="34" width="12" height="12" fill="{COLOURS[i % len(COLOURS)]}"/>')
        parts.append(_text(x + 17, 44, name, "start"))
    return "\n".join([*parts, *body, "</svg>"]) + "\n"


def _line(y: float, label: str) -> list[str]:
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dadce0"/>',
        _text(LEFT - 6, y + 4, label, "end"),
    ]


def bars(
    title: str, names: Sequence[str], groups: Sequence[str], values: Sequence[Sequence[float | None]]
) -> str:
    """Groups of bars from 0 up: `values[group][name]`; None where there is none."""
    top = max((value for group in values for value in group if value), default=1.0) * 1.1
    height = HEIGHT - TOP - BOTTOM
    body = []
    for i in range(6):
        body += _line(HEIGHT - BOTTOM - height * i / 5, human(top * i / 5))
    group_width = (WIDTH - LEFT - RIGHT) / max(1, len(groups))
    bar = group_width * 0.8 / max(1, len(names))
    for g, group in enumerate(groups):
        left = LEFT + g * group_width + group_width * 0.1
        body.append(_text(left + group_width * 0.4, HEIGHT - BOTTOM + 20, group))
        for n, value in enumerate(values[g]):
            if value is None:
                continue
            tall = height * value / top
            y = HEIGHT - BOTTOM - tall
            colour = COLOURS[n % len(COLOURS)]
            body.append(
                f'<rect x="{left + n * bar:.1f}" y="{y:.1f}" width="{bar * 0.92:.1f}" '
                f'height="{tall:.1f}" fill="{colour}"/>'
            )
            body.append(_text(left + (n + 0.46) * bar, y - 4, human(value), size=10))
    return _frame(title, names, body)


def lines_on_log(
    title: str, names: Sequence[str], steps: Sequence[str], values: Sequence[Sequence[float]], unit: str
) -> str:
    """A line for each name over `steps`, upwards by powers of ten: `values[name][step]`, over 0."""
    every = [value for series in values for value in series if value > 0] or [1.0]
    low = math.floor(math.log10(min(every)))
    high = max(low + 1, math.ceil(math.log10(max(every))))
    height = HEIGHT - TOP - BOTTOM

    def up(value: float) -> float:
        part = (math.log10(max(value, 10.0**low)) - low) / (high - low)
        return HEIGHT - BOTTOM - height * part

    body = []
    for power in range(low, high + 1):
        body += _line(up(10.0**power), f"{human(10.0**power)} {unit}")
    gap = (WIDTH - LEFT - RIGHT) / max(1, len(steps))
    across = [LEFT + gap * (i + 0.5) for i in range(len(steps))]
    for x, step in zip(across, steps):
        body.append(_text(x, HEIGHT - BOTTOM + 20, step))
    for n, series in enumerate(values):
        colour = COLOURS[n % len(COLOURS)]
        points = " ".join(f"{x:.1f},{up(value):.1f}" for x, value in zip(across, series))
        body.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, value in zip(across, series):
            body.append(f'<circle cx="{x:.1f}" cy="{up(value):.1f}" r="3" fill="{colour}"/>')
    return _frame(title, names, body)

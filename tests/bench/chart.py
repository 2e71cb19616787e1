"""The results as a picture: how much of what is allowed each goal uses. Plain SVG, drawn here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from bench.results import verdicts
from bench.rows import OURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.results import Results
    from bench.rows import Row

WIDTH = 930
LINE = 20
LEFT = 400
SPAN = 400
MOST = 2.0
"""The share of a limit at which the bars end."""
TONES = {True: "#2e7d5b", False: "#b3402a"}
STYLE = (
    "<style>text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#333}.t{font-weight:bold}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>"
)


def draw(rows: Sequence[Row], results: Results) -> str:
    """The whole picture."""
    parts: list[str] = []
    y = _costs(parts, rows, results, LINE)
    y = _goals(parts, rows, results, y + LINE)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + LINE}" role="img">'
    return "\n".join([head, "<title>pipeline-tui, measured</title>", STYLE, *parts, "</svg>"]) + "\n"


def _costs(parts: list[str], rows: Sequence[Row], results: Results, y: int) -> int:
    """CPU per delta of everybody, on a logarithmic scale."""
    parts.append(_text(8, y, "CPU per delta (µs, logarithmic; raw: the floor, nothing kept)", "t"))
    for row in rows:
        result = results.rows.get(row.name)
        if result is None or not row.name.startswith(("runtime", "streams")):
            continue
        for name, figures in result.medians().items():
            y += LINE
            tone = TONES[True] if name == OURS else "#8a8f98"
            length = SPAN * math.log10(max(1.01, figures["cpu"])) / 3
            parts += [_text(8, y, f"{row.name} {name}"), _bar(y, length, tone)]
            parts.append(_text(LEFT + round(length) + 6, y, f"{figures['cpu']:.3g}"))
    return y + LINE


def _goals(parts: list[str], rows: Sequence[Row], results: Results, y: int) -> int:
    """Each goal as the share of its limit that is used; for `at least` goals the other way round."""
    parts.append(_text(8, y, "What is used of what each goal allows (the line is the goal)", "t"))
    begin = y
    for row in rows:
        result = results.rows.get(row.name)
        for verdict in verdicts(row, result) if result else ():
            bound = verdict.goal.bound(result.medians()) if result else None
            if verdict.ours is None or bound is None:
                continue
            y += LINE
            share = _share(verdict.ours, bound, at_least=verdict.goal.at_least)
            length = SPAN / MOST * min(MOST, share)
            label = f"{row.name} {row.measure(verdict.goal.measure).label} {verdict.text}"
            parts += [_text(8, y, label[:54]), _bar(y, length, TONES[bool(verdict.reached)])]
            parts.append(_text(LEFT + round(length) + 6, y, f"{share * 100:.0f} %"))
    x = LEFT + SPAN / MOST
    parts.append(f'<path d="M{x:g} {begin + 8}V{y + 6}" stroke="#888" stroke-dasharray="3 3"/>')
    return y


def _share(ours: float, bound: float, *, at_least: bool) -> float:
    above, below = (bound, ours) if at_least else (ours, bound)
    if not below:
        return 0.0 if not above else MOST
    return above / below


def _bar(y: int, length: float, tone: str) -> str:
    return f'<rect x="{LEFT}" y="{y - 11}" width="{max(1.0, length):.1f}" height="13" fill="{tone}"/>'


def _text(x: int, y: int, text: str, style: str = "") -> str:
    return (
        f'<text x="{x}" y="{y}"{f" class={chr(34)}{style}{chr(34)}" if style else ""}>{escape(text)}</text>'
    )

"""The results as a table: for a terminal, and for the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.results import RowResult, verdicts
from bench.rows import OURS, Figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.results import Results
    from bench.rows import Row

HEAD = ("row", "ours", "peers in the same run", "ours is less by", "to reach", "reached")
WORDS = {True: "yes", False: "**no**", None: "not measured"}


def number(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cells(row: Row, result: RowResult) -> tuple[str, ...]:
    """One row's cells."""
    medians = result.medians()
    ours = medians.get(OURS, {})
    found = verdicts(row, result)
    return (
        row.title,
        _figures(row, ours) or result.unmeasured.get(OURS, "not measured"),
        _peers(row, result, medians) or "-",
        _ratios(row, ours, medians) or "-",
        ", ".join(f"{row.measure(one.goal.measure).label} {one.text}" for one in found) or "-",
        ", ".join(WORDS[one.reached] for one in found) or "-",
    )


def as_markdown(rows: Sequence[Row], results: Results) -> str:
    """The table as Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD)]
    lines += [cells(row, results.rows[row.name]) for row in rows if row.name in results.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def as_text(rows: Sequence[Row], results: Results) -> str:
    """The same for a terminal: a block for each row."""
    blocks = []
    for row in rows:
        if row.name in results.rows:
            _, *values = cells(row, results.rows[row.name])
            lines = [f"{row.name}: {row.title}"]
            lines += [
                f"  {head:22} {value.replace('**', '')}"
                for head, value in zip(HEAD[1:], values, strict=True)
                if value != "-"
            ]
            blocks.append("\n".join(lines))
    return "\n".join(blocks) + "\n"


def about(results: Results) -> str:
    """On what it was measured, and with what."""
    machine = ", ".join(f"{key} {value}" for key, value in results.machine.items())
    versions = ", ".join(f"{name} {version}" for name, version in sorted(results.versions.items()))
    return f"Machine: {machine}. Versions: {versions}."


def _figures(row: Row, figures: Figures, only: set[str] | None = None) -> str:
    return ", ".join(
        f"{measure.label} {number(figures[measure.key])} {measure.unit}".rstrip()
        for measure in row.measures
        if measure.key in figures and (only is None or measure.key in only)
    )


def _peers(row: Row, result: RowResult, medians: dict[str, Figures]) -> str:
    parts = [
        f"{name}: {_figures(row, medians[name], _compared(row)) if name in medians else _why(result, name)}"
        for name in row.contestants
        if name != OURS
    ]
    told = [f"not in this run: {row.told}"] if row.told else []
    return "; ".join(parts + told)


def _compared(row: Row) -> set[str]:
    """The measures that are shown of peers: the row's own, and those that there is a goal for."""
    return {row.measures[0].key} | {goal.measure for goal in row.goals}


def _why(result: RowResult, name: str) -> str:
    return result.unmeasured.get(name, "not measured")


def _ratios(row: Row, ours: Figures, medians: dict[str, Figures]) -> str:
    key = row.measures[0].key
    if not ours.get(key):
        return ""
    return ", ".join(
        f"{name} {number(medians[name][key] / ours[key])} x"
        for name in row.contestants
        if name != OURS and name in medians
    )

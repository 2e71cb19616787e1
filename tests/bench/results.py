"""What was measured: kept as JSON, judged against the goals, compared with the last time. Pure but for the file."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bench.rows import OURS, Figures, Goal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bench.rows import Row

WORSE = 1.15
"""A figure that is worse by more than this factor is told."""
LEAST = {
    "ms": 1.0,
    "s": 0.02,
    "s wall": 0.02,
    "%": 1.0,
    "MB": 5.0,
    "µs": 0.3,
    "": 0.1,
    "/s": 1.0,
    "bytes": 10.0,
}
"""Differences below which a figure counts as unchanged, by unit."""


@dataclass
class RowResult:
    """All that was measured of one row."""

    rounds: dict[str, list[Figures]] = field(default_factory=dict)
    """By contestant."""
    unmeasured: dict[str, str] = field(default_factory=dict)
    """Contestants without a number, and why."""

    def medians(self) -> dict[str, Figures]:
        """Of each figure of each contestant."""
        return {name: _medians(figures) for name, figures in self.rounds.items() if figures}


@dataclass
class Results:
    """One call of the bench."""

    machine: dict[str, str]
    versions: dict[str, str]
    rows: dict[str, RowResult] = field(default_factory=dict)
    curves: dict[str, list[list[float]]] = field(default_factory=dict)
    """By curve: pairs of amount and cost per unit."""


@dataclass(frozen=True)
class Verdict:
    """A goal, and how it stands."""

    goal: Goal
    text: str
    ours: float | None
    reached: bool | None


def verdicts(row: Row, result: RowResult) -> list[Verdict]:
    """How each goal of a row stands."""
    medians = result.medians()
    ours = medians.get(OURS, {})
    return [
        Verdict(
            goal,
            goal.text(row.measure(goal.measure).unit, row.measure(goal.of).label if goal.of else ""),
            ours.get(goal.measure),
            goal.reached(medians),
        )
        for goal in row.goals
    ]


def worsened(row: Row, now: RowResult, before: RowResult | None) -> list[str]:
    """Our figures that got worse by more than 15 % since the last stored result."""
    new, old = now.medians().get(OURS, {}), before.medians().get(OURS, {}) if before else {}
    lines = []
    for measure in row.measures:
        a, b = old.get(measure.key), new.get(measure.key)
        if a is None or b is None or abs(a - b) < LEAST[measure.unit]:
            continue
        factor = _times(a, b) if measure.more_is_better else _times(b, a)
        if factor > WORSE:
            unit = f" {measure.unit}" if measure.unit else ""
            lines.append(f"{row.name}: {measure.label} was {a:.4g}, is {b:.4g}{unit}")
    return lines


def save(results: Results, path: Path) -> None:
    """Write them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(asdict(results)), indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Results | None:
    """The stored results; `None` where there are none."""
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    data["rows"] = {name: RowResult(**row) for name, row in data["rows"].items()}
    return Results(**data)


def merged(old: Results | None, new: Results) -> Results:
    """The new results, and the old ones of rows and curves that were not measured now."""
    if old is None:
        return new
    return Results(new.machine, old.versions | new.versions, old.rows | new.rows, old.curves | new.curves)


def _medians(rounds: Iterable[Figures]) -> Figures:
    figures: dict[str, list[float]] = {}
    for one in rounds:
        for key, value in one.items():
            figures.setdefault(key, []).append(value)
    return {key: statistics.median(values) for key, values in figures.items()}


def _times(a: float, b: float) -> float:
    return a / b if b > 0 else float("inf") if a > 0 else 1.0


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value

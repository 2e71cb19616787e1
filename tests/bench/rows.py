"""What a row of the table is: who is measured, how, and what is to be reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.lab import Lab

Figures = dict[str, float]
"""What one measurement of one contestant gave, by the keys of the row's measures."""
OURS = "ours"


@dataclass(frozen=True)
class Scale:
    """How much is measured; the same code runs at every scale."""

    deltas: int = 20_000
    streams: int = 500
    few_streams: int = 10
    stream_deltas: int = 200
    pace_seconds: float = 6.0
    pane_seconds: float = 10.0
    panes: int = 16
    many_panes: int = 64
    pane_rate: int = 2_000
    keys: int = 200
    events: int = 1_000_000
    live_rate: int = 1_000
    text: int = 1_000_000
    chunks: int = 50_000
    log_mb: int = 100
    soak_steps: int = 48
    soak_deltas: int = 30_000
    """A step's, at 50 a second: ten minutes."""
    workflows: int = 50


SMOKE = Scale(
    deltas=300, streams=8, few_streams=2, stream_deltas=20, pace_seconds=0.5, pane_seconds=1.0, panes=3,
    many_panes=5, pane_rate=300, keys=2, events=2_000, live_rate=300, text=20_000, chunks=200, log_mb=1,
    workflows=12, soak_steps=5, soak_deltas=40,
)  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """One figure of a row."""

    key: str
    label: str
    unit: str
    more_is_better: bool = False


@dataclass(frozen=True)
class Goal:
    """What is to be reached: a limit for one of our figures, fixed or relative to somebody's of the same run."""

    measure: str
    limit: float
    peer: str | None = None
    """`limit` is a factor of this contestant's figure; ours, when `of` names another measure."""
    of: str | None = None
    at_least: bool = False

    def bound(self, medians: dict[str, Figures]) -> float | None:
        """The limit as a number; `None` when what it is relative to was not measured."""
        if self.peer is None and self.of is None:
            return self.limit
        base = medians.get(self.peer or OURS, {}).get(self.of or self.measure)
        return None if base is None else base * self.limit

    def reached(self, medians: dict[str, Figures]) -> bool | None:
        """Whether our figure keeps to it; `None`: cannot be said."""
        ours, bound = medians.get(OURS, {}).get(self.measure), self.bound(medians)
        if ours is None or bound is None:
            return None
        return ours >= bound if self.at_least else ours <= bound

    def text(self, unit: str, base: str = "") -> str:
        """In words; `base` is what the measure `of` is called."""
        if self.peer is not None and self.limit < 1:
            return f"≥ {1 / self.limit:.3g} x less than {self.peer}"
        sign = "≥" if self.at_least else "≤"
        if self.peer is not None or self.of is not None:
            return f"{sign} {self.limit:g} x {self.peer or base}"
        return f"{sign} {self.limit:g} {unit}".rstrip()


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    name: str
    """How it is asked for: `--rows runtime-openai`."""
    title: str
    measures: tuple[Measure, ...]
    run: Callable[[Lab, Scale, str], Figures]
    """Measures a contestant once."""
    contestants: tuple[str, ...] = (OURS,)
    goals: tuple[Goal, ...] = ()
    told: str = ""
    """What peers are known to take that are not measured here (reference measurements)."""
    floor: str = ""
    """The physical limit of the row."""
    most_rounds: dict[str, int] = field(default_factory=dict)
    """Contestants that are too slow for every round."""

    def measure(self, key: str) -> Measure:
        """A measure by its key."""
        return next(one for one in self.measures if one.key == key)


def less_than(measure: str, peer: str, factor: float) -> Goal:
    """Ours is at least `factor` times less than the peer's."""
    return Goal(measure, 1 / factor, peer)


__all__ = ["OURS", "SMOKE", "Figures", "Goal", "Measure", "Row", "Scale", "less_than", "replace"]

"""The row of a long run: as many events as eight hours bring, as fast as they come."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean
from typing import TYPE_CHECKING

from bench.rows import OURS, Figures, Goal, Measure, Row, Scale
from bench.server import Plan

if TYPE_CHECKING:
    from bench.lab import Lab

MICRO = 1_000_000
PARTS = 20
"""Stretches of equal length that are measured."""
FIFTH = PARTS // 5
WARM = 2
"""Stretches before those that count: caches fill, the allocator finds its size."""


def _soak(lab: Lab, scale: Scale, name: str) -> Figures:
    every = scale.soak_steps * scale.soak_deltas // PARTS
    told = lab.read(name, Plan(scale.soak_deltas), steps=scale.soak_steps, chained=True, every=every)
    marks: list[tuple[float, float]] = told["notes"]
    costs = [(after[0] - before[0]) / every * MICRO for before, after in pairwise(marks)]
    memory = [resident for _, resident in marks]
    first, last = mean(costs[WARM : WARM + FIFTH]), mean(costs[-FIFTH:])
    return {
        "growth": last / first,
        "first": first,
        "last": last,
        "more": max(max(memory[-FIFTH:]) - max(memory[WARM : WARM + FIFTH]), 0),
        "rss": told["rss"],
    }


ROWS = (
    Row(
        "soak",
        "The events of an 8 h run: 48 steps of 30,000 deltas, one after the other",
        (
            Measure("growth", "CPU per delta, last fifth / first", ""),
            Measure("first", "first fifth", "µs"),
            Measure("last", "last fifth", "µs"),
            Measure("more", "memory, last fifth beyond the first", "MB"),
            Measure("rss", "peak memory", "MB"),
        ),
        _soak,
        (OURS,),
        (Goal("growth", 1.2), Goal("more", 16)),
        floor="flat; the answers stay, for the steps that may use them: 7 MB",
        most_rounds={OURS: 2},
    ),
)

"""Scaling curves: the cost per unit over some powers of ten, and how it grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.lab import Unmeasured
from bench.rows import OURS, Figures, Scale, replace
from bench.rows_debug import ROWS as LARGE
from bench.rows_panes import WIDE, plan_for
from bench.server import Plan
from bench.sitting import watch_panes

if TYPE_CHECKING:
    from bench.lab import Lab

Curve = list[list[float]]
MICRO = 1_000_000


def _streams(lab: Lab, scale: Scale, count: int) -> float:
    told = lab.read(OURS, Plan(scale.stream_deltas, streams=count))
    return told["cpu"] / told["deltas"] * MICRO


def _deltas(lab: Lab, scale: Scale, count: int) -> float:
    del scale
    told = lab.read(OURS, Plan(count))
    return told["cpu"] / told["deltas"] * MICRO


def _panes(lab: Lab, scale: Scale, count: int) -> float:
    """CPU of the whole app per delta, at the same rate over so many panes."""
    plan = plan_for(count, scale.pane_rate, scale.pane_seconds, marks=8)
    user = watch_panes(lab, plan, scale.pane_seconds, size=WIDE)
    return user.cpu_percent() / 100 / scale.pane_rate * MICRO


def _events(lab: Lab, scale: Scale, count: int) -> float:
    """Milliseconds from a key to the first row of a debug panel with so many rows."""
    row = next(row for row in LARGE if row.name == "debug-panel")
    figures: Figures = row.run(
        lab, replace(scale, events=count, pane_seconds=min(2.0, scale.pane_seconds)), OURS
    )
    return figures["jump"] * 1000


CURVES: dict[str, tuple[str, Callable[[Lab, Scale, int], float], tuple[int, ...]]] = {
    "streams": ("µs of CPU per delta, streams at once", _streams, (1, 10, 100, 500, 1000)),
    "deltas": ("µs of CPU per delta, deltas in one stream", _deltas, (10**3, 10**4, 10**5, 10**6)),
    "panes": ("µs of CPU per delta, whole app, panes", _panes, (1, 4, 16, 64)),
    "events": ("ms for a jump in the debug panel, events", _events, (10**3, 10**4, 10**5, 10**6)),
}


def measure(lab: Lab, scale: Scale, name: str, say: Callable[[str], None], most: int | None = None) -> Curve:
    """The points of one curve, up to `most` units; what cannot be measured is told and left out."""
    _, run, amounts = CURVES[name]
    points: Curve = []
    for amount in amounts:
        if most is None or amount <= most:
            try:
                points.append([float(amount), run(lab, scale, amount)])
            except Unmeasured as why:
                say(f"curve {name} at {amount}: {why}")
    return points


def as_text(curves: dict[str, Curve]) -> str:
    """A line for each curve: cost per unit, and the last against the cheapest before it."""
    lines = []
    for name, points in curves.items():
        shown = ", ".join(f"{amount:,.0f}: {cost:.3g}" for amount, cost in points)
        growth = points[-1][1] / min(cost for _, cost in points) if points else float("nan")
        lines.append(f"- {CURVES[name][0]}: {shown or 'not measured'} (last / cheapest: {growth:.2g})")
    return "".join(f"{line}\n" for line in lines)


__all__ = ["CURVES", "as_text", "measure"]

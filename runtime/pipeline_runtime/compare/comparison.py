"""Compares two runs by their events: step by step, what they said, in which order, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from pipeline_runtime.compare.order import Order
from pipeline_runtime.compare.texts import Difference, first_difference
from pipeline_runtime.compare.timing import MetricRow, metric_rows
from pipeline_runtime.debugging.state import RunState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline_runtime.debugging.state import StepState
    from pipeline_runtime.events import AnyEvent, Lane

Aspect: TypeAlias = Literal["status", "text", "order", "timing"]
ASPECTS: tuple[Aspect, ...] = ("status", "text", "order")
"""What is compared when nothing is said: two runs are never equally fast."""
LANES: tuple[Lane, ...] = ("text", "thinking", "refusal", "tool_input")


class StepComparison(Struct, frozen=True):
    """One step in both runs."""

    step: str
    differs: tuple[Aspect, ...]
    """In what of the compared aspects."""
    reasons: tuple[str, ...]
    """A sentence for each, with the values of both."""
    texts: dict[str, Difference]
    """By lane (`text`, or `text of choice 1`): where it first parts."""
    metrics: tuple[MetricRow, ...]
    """Both runs' figures, whether compared or not."""


class Comparison(Struct, frozen=True):
    """Two runs."""

    steps: tuple[StepComparison, ...]
    only_a: tuple[str, ...]
    """Steps that only the first run has."""
    only_b: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    """In what the runs themselves differ, steps apart."""

    @property
    def equal(self) -> bool:
        """In every aspect that was compared."""
        return not (self.only_a or self.only_b or self.reasons or any(step.differs for step in self.steps))


def compare_runs(
    a: Iterable[AnyEvent],
    b: Iterable[AnyEvent],
    *,
    aspects: Collection[Aspect] = ASPECTS,
    tolerance: float = 0.2,
) -> Comparison:
    """Compare two runs.

    Args:
        a: All events of one.
        b: All events of the other.
        aspects: In what.
        tolerance: How far a time may be from the other run's, as a part of it: 0.2 is 20 %. Differences under
            10 ms never count.
    """
    first, second = _Reading(a), _Reading(b)
    statuses = (first.state.status, second.state.status)
    unlike = "status" in aspects and statuses[0] != statuses[1]
    both = [step for step in first.state.steps if step in second.state.steps]
    return Comparison(
        tuple(_compare_step(step, first, second, aspects, tolerance) for step in both),
        only_a=tuple(step for step in first.state.steps if step not in second.state.steps),
        only_b=tuple(step for step in second.state.steps if step not in first.state.steps),
        reasons=(f"the run: {_told(statuses[0])} against {_told(statuses[1])}",) if unlike else (),
    )


class _Reading:
    def __init__(self, events: Iterable[AnyEvent]) -> None:
        self.state = RunState()
        self.order = Order()
        for event in events:
            self.state.feed(event)
            self.order.feed(event)


def _compare_step(
    name: str, a: _Reading, b: _Reading, aspects: Collection[Aspect], tolerance: float
) -> StepComparison:
    one, other = a.state.steps[name], b.state.steps[name]
    texts = _texts(one, other)
    rows = metric_rows(one, other, tolerance)
    reasons: dict[Aspect, str] = {}
    if one.status != other.status:
        reasons["status"] = f"{_told(one.status)} against {_told(other.status)}"
    if texts:
        reasons["text"] = "; ".join(f"{lane} parts at character {found.at}" for lane, found in texts.items())
    order = first_unequal(a.order.of(name), b.order.of(name))
    if order is not None:
        reasons["order"] = order
    late = [row for row in rows if row.differs]
    if late:
        reasons["timing"] = "; ".join(f"{row.name} {row.a} against {row.b}" for row in late)
    told: dict[Aspect, str] = {aspect: reason for aspect, reason in reasons.items() if aspect in aspects}
    return StepComparison(name, tuple(told), tuple(told.values()), texts, rows)


def _texts(one: StepState, other: StepState) -> dict[str, Difference]:
    choices = sorted({0, *(key[1] for step in (one, other) for key in step.lanes)})
    found = {
        f"{lane} of choice {choice}" if choice else lane: first_difference(
            one.text(lane, choice=choice), other.text(lane, choice=choice)
        )
        for choice in choices
        for lane in LANES
    }
    return {lane: difference for lane, difference in found.items() if difference is not None}


def _told(status: str) -> str:
    return "without an end" if status == "running" else status


def first_unequal(a: list[str], b: list[str]) -> str | None:
    """Where two orders part, in words; `None` when they are the same."""
    if a == b:
        return None
    for number, (left, right) in enumerate(zip(a, b, strict=False), start=1):
        if left != right:
            return f"number {number} is {left} against {right}"
    longer, rest = ("the first", a[len(b)]) if len(a) > len(b) else ("the second", b[len(a)])
    return f"{longer} goes on with {rest}"

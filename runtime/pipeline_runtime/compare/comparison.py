"""Compares two runs: step by step, what they said, in which order, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from pipeline_runtime.compare.reading import RunReading
from pipeline_runtime.compare.texts import Difference, first_difference
from pipeline_runtime.compare.timing import MetricRow, metric_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

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
    """Compare two runs that are over.

    Args:
        a: All events of one.
        b: All events of the other.
        aspects: In what.
        tolerance: How far a time may be from the other run's, as a part of it: 0.2 is 20 %. Differences under
            10 ms never count.
    """
    return compare_readings(RunReading.of(a), RunReading.of(b), aspects=aspects, tolerance=tolerance)


def compare_readings(
    a: RunReading,
    b: RunReading,
    *,
    aspects: Collection[Aspect] = ASPECTS,
    tolerance: float = 0.2,
    pair: tuple[str, str] | None = None,
) -> Comparison:
    """Compare two runs as far as they have been read: what may still come is no difference.

    Args:
        a: One.
        b: The other; it may be the same.
        aspects: As for `compare_runs`.
        tolerance: As for `compare_runs`.
        pair: A step of each, to be compared with each other; by default all steps of the same name are.
    """
    if pair is not None:
        there = pair[0] in a.state.steps and pair[1] in b.state.steps
        steps = (_compare_step(pair, a, b, aspects, tolerance),) if there else ()
        return Comparison(steps, only_a=(), only_b=())
    statuses = (a.state.status, b.state.status)
    unlike = "status" in aspects and a.over and b.over and statuses[0] != statuses[1]
    both = [step for step in a.state.steps if step in b.state.steps]
    return Comparison(
        tuple(_compare_step((step, step), a, b, aspects, tolerance) for step in both),
        only_a=tuple(step for step in a.state.steps if step not in b.state.steps),
        only_b=tuple(step for step in b.state.steps if step not in a.state.steps),
        reasons=(f"the run: {_told(statuses[0])} against {_told(statuses[1])}",) if unlike else (),
    )


def _compare_step(
    names: tuple[str, str], a: RunReading, b: RunReading, aspects: Collection[Aspect], tolerance: float
) -> StepComparison:
    one, other = a.state.steps[names[0]], b.state.steps[names[1]]
    going = a.is_going(one), b.is_going(other)
    texts = _texts(one, other, going)
    rows = metric_rows(one, other, tolerance, going=any(going))
    reasons: dict[Aspect, str] = {}
    if one.status != other.status and not any(going):
        reasons["status"] = f"{_told(one.status)} against {_told(other.status)}"
    if texts:
        reasons["text"] = "; ".join(f"{lane} parts at character {found.at}" for lane, found in texts.items())
    order = first_unequal(a.order.of(names[0]), b.order.of(names[1]), going)
    if order is not None:
        reasons["order"] = order
    late = [row for row in rows if row.differs]
    if late:
        reasons["timing"] = "; ".join(f"{row.name} {row.a} against {row.b}" for row in late)
    told: dict[Aspect, str] = {aspect: reason for aspect, reason in reasons.items() if aspect in aspects}
    return StepComparison(step_name(names), tuple(told), tuple(told.values()), texts, rows)


def step_name(names: tuple[str, str]) -> str:
    """What a pair of steps is called."""
    return names[0] if names[0] == names[1] else " against ".join(names)


def _texts(one: StepState, other: StepState, going: tuple[bool, bool]) -> dict[str, Difference]:
    choices = sorted({0, *(key[1] for step in (one, other) for key in step.lanes)})
    found = {
        f"{lane} of choice {choice}" if choice else lane: _difference(
            one.text(lane, choice=choice), other.text(lane, choice=choice), going
        )
        for choice in choices
        for lane in LANES
    }
    return {lane: difference for lane, difference in found.items() if difference is not None}


def _difference(a: str, b: str, going: tuple[bool, bool]) -> Difference | None:
    if _goes_on(a, b, going):
        return None
    return first_difference(a, b)


def _goes_on(a: Sequence[object], b: Sequence[object], going: tuple[bool, bool]) -> bool:
    """Whether one is the beginning of the other, and may go on as the other does."""
    shorter = a if len(a) < len(b) else b
    return going[0 if shorter is a else 1] and a[: len(shorter)] == b[: len(shorter)]


def _told(status: str) -> str:
    return "without an end" if status == "running" else status


def first_unequal(a: list[str], b: list[str], going: tuple[bool, bool] = (False, False)) -> str | None:
    """Where two orders part, in words; `None` when they do not, or not yet."""
    if a == b or _goes_on(a, b, going):
        return None
    for number, (left, right) in enumerate(zip(a, b, strict=False), start=1):
        if left != right:
            return f"number {number} is {left} against {right}"
    longer, rest = ("the first", a[len(b)]) if len(a) > len(b) else ("the second", b[len(a)])
    return f"{longer} goes on with {rest}"

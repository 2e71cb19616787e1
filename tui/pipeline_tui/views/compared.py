"""Two recorded runs, read and compared: what the Compare screen shows of each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_runtime import RunLog
from pipeline_runtime.compare import compare_runs
from pipeline_runtime.compare.order import Order
from pipeline_runtime.debugging import RunState
from pipeline_tui.views.compare_rows import aligned_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pipeline_runtime.compare import Aspect, Comparison, StepComparison
    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.compare_rows import Piece

ALL: tuple[Aspect, ...] = ("status", "text", "order", "timing")


@dataclass(frozen=True, slots=True)
class LaneTexts:
    """One lane of a step in both runs."""

    title: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class StepTexts:
    """One step of either run."""

    name: str
    comparison: StepComparison | None
    """`None`: only one of the runs has it."""
    lanes: Sequence[LaneTexts]
    order: tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs."""

    letter: str
    run: str
    workflow: str
    mode: str
    started_at: str
    status: str
    elapsed: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs."""

    a: Side
    b: Side
    comparison: Comparison
    steps: Sequence[StepTexts]


@dataclass(slots=True)
class _Reading:
    log: RunLog
    state: RunState = field(default_factory=RunState)
    order: Order = field(default_factory=Order)

    def events(self) -> Iterator[AnyEvent]:
        for event in self.log.events():
            self.state.feed(event)
            self.order.feed(event)
            yield event

    def side(self, letter: str) -> Side:
        header = self.log.header
        status = "without an end" if self.state.status == "running" else self.state.status
        return Side(
            letter, header.run, header.workflow, header.mode, header.started_at, status, self.state.at
        )

    def lanes(self, step: str) -> dict[str, str]:
        """The texts of a step, by what they are called."""
        state = self.state.steps.get(step)
        texts: dict[str, str] = {}
        for (lane, choice, index), so_far in (state.lanes if state is not None else {}).items():
            parts = [
                lane,
                so_far.tool if lane == "tool_input" else None,
                f"choice {choice}" if choice else None,
            ]
            title = " · ".join(part for part in parts if part)
            if lane == "tool_input":
                title += f" #{index}"
            texts[title] = texts.get(title, "") + so_far.text
        return texts


def compare_logs(a: Path, b: Path) -> Compared:
    """Read two logs and compare them. Blocks; call it in a thread.

    Raises:
        RunLogError: One cannot be read, or was written by a newer version.
        OSError: One cannot be read any more.
    """
    first, second = _Reading(RunLog(a)), _Reading(RunLog(b))
    comparison = compare_runs(first.events(), second.events(), aspects=ALL)
    by_name = {step.step: step for step in comparison.steps}
    names = dict.fromkeys((*first.state.steps, *second.state.steps))
    steps = [
        StepTexts(
            name,
            by_name.get(name),
            _lanes(name, first, second),
            (first.order.of(name), second.order.of(name)),
        )
        for name in names
    ]
    return Compared(first.side("A"), second.side("B"), comparison, steps)


def _lanes(step: str, first: _Reading, second: _Reading) -> list[LaneTexts]:
    left, right = first.lanes(step), second.lanes(step)
    return [
        LaneTexts(title, aligned_pieces(left.get(title, ""), right.get(title, "")))
        for title in dict.fromkeys((*left, *right))
    ]

"""Compares two run logs, also while they grow: what the Compare screen shows of each step."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from pipeline_runtime.compare import RunReading, compare_readings, step_name
from pipeline_runtime.events import StepStarted
from pipeline_runtime.runlog.following import LogFollower
from pipeline_tui.views.alignment import GrowingAlignment
from pipeline_tui.views.compare_rows import heading_row, order_rows
from pipeline_tui.views.compared import RUNNING, Compared, Side, StepPair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.compare import Aspect
    from pipeline_tui.views.compare_rows import PairRow

ALL: tuple[Aspect, ...] = ("status", "text", "order", "timing")
BUDGET = 0.1
"""Seconds of reading after which is told how far it is."""


class _Log:
    """One log, read as far as it has been written."""

    def __init__(self, path: Path) -> None:
        self.follower = LogFollower(path)
        self.reading = RunReading()
        self.who: dict[str, str] = {}

    def follow(self, until: float) -> bool:
        """Read on; true when there was something new."""
        before = self.reading.state.seq, self.reading.over
        while events := self.follower.follow():
            self.reading.feed(events)
            for event in events:
                if isinstance(event, StepStarted) and event.step is not None:
                    self.who[event.step] = f"{event.provider}/{event.model}"
            if monotonic() > until:
                break
        self.reading.over = self.follower.ended
        return before != (self.reading.state.seq, self.reading.over)

    def side(self, letter: str) -> Side:
        """What it is told as."""
        header, state = self.follower.header, self.reading.state
        unended = "without an end" if self.reading.over else RUNNING
        status = unended if state.status == RUNNING else state.status
        return Side(letter, header.run, header.workflow, header.mode, header.started_at, status, state.at)

    def lanes(self, step: str) -> dict[str, str]:
        """The texts of a step, by what they are called."""
        state = self.reading.state.steps.get(step)
        texts: dict[str, str] = {}
        for (lane, choice, index), so_far in (state.lanes if state is not None else {}).items():
            tool = lane == "tool_input"
            parts = [lane, so_far.tool if tool else None, f"choice {choice}" if choice else None]
            title = " · ".join(part for part in parts if part) + (f" #{index}" if tool else "")
            texts[title] = texts.get(title, "") + so_far.text
        return texts

    def is_going(self, step: str) -> bool:
        """Whether there may be more of a step; of one that has not begun, too."""
        state = self.reading.state.steps.get(step)
        return not self.reading.over if state is None else self.reading.is_going(state)

    def attempt(self, step: str) -> int:
        """Which attempt the texts of a step are of."""
        state = self.reading.state.steps.get(step)
        return state.attempt if state is not None else 0


class Comparing:
    """Two logs. All of it blocks: call it in a thread, one call at a time."""

    def __init__(self, a: Path, b: Path, pair: tuple[str, str] | None = None) -> None:
        """Open them.

        Args:
            a: One log.
            b: The other; it may be the same.
            pair: A step of each, to be compared with each other; by default all steps are, by their names.

        Raises:
            RunLogError: One cannot be read, or was written by a newer version.
        """
        first = _Log(a)
        self._logs = first, first if a == b else _Log(b)
        self._pair = pair
        self._aligned: dict[tuple[object, ...], GrowingAlignment] = {}

    @property
    def over(self) -> bool:
        """Neither log will grow any more."""
        return all(log.reading.over for log in self._logs)

    @property
    def share(self) -> float:
        """How much of what has been written is read, from 0 to 1."""
        sizes = sum(log.follower.path.stat().st_size for log in self._logs)
        return min(1.0, sum(log.follower.offset for log in self._logs) / sizes) if sizes else 1.0

    @property
    def newest(self) -> tuple[int, int]:
        """When the newest event of each happened, in ns since its run began."""
        a, b = self._logs
        return a.reading.state.at, b.reading.state.at

    def read(self, budget: float = BUDGET) -> tuple[bool, bool]:
        """Read what has been written since, for so many seconds at most.

        Returns:
            Whether there was something new, and whether that was all there is.

        Raises:
            RunLogError: A step speaks a protocol that this version does not know.
            OSError: A log cannot be read any more.
        """
        until = monotonic() + budget
        news = [log.follow(until) for log in dict.fromkeys(self._logs)]
        return any(news), monotonic() <= until

    def compared(self) -> Compared:
        """Both runs as far as they have been read."""
        a, b = self._logs
        comparison = compare_readings(a.reading, b.reading, aspects=ALL, pair=self._pair)
        by_name = {step.step: step for step in comparison.steps}
        steps = [
            StepPair(
                names,
                by_name.get(step_name(names)),
                (a.who.get(names[0], ""), b.who.get(names[1], "")),
            )
            for names in self._names()
        ]
        return Compared(a.side("A"), b.side("B"), comparison, steps, going=not self.over)

    def text_rows(self, names: tuple[str, str], width: int) -> list[PairRow]:
        """What both said in a step, lane by lane, aligned by its words."""
        (a, b), going = self._logs, self._going(names)
        left, right = a.lanes(names[0]), b.lanes(names[1])
        titles = list(dict.fromkeys((*left, *right)))
        rows: list[PairRow] = []
        for title in titles:
            key = (names, title, a.attempt(names[0]), b.attempt(names[1]))
            aligned = self._aligned.setdefault(key, GrowingAlignment())
            aligned.update(left.get(title, ""), right.get(title, ""), going)
            if len(titles) > 1 or title != "text":
                rows.append(heading_row(title))
            rows += aligned.rows(width)
        return rows

    def order_rows(self, names: tuple[str, str], width: int) -> list[PairRow]:
        """What happened in both, a happening a row."""
        orders = [log.reading.order.of(name) for log, name in zip(self._logs, names, strict=True)]
        return order_rows(orders[0], orders[1], width, going=self._going(names))

    def _going(self, names: tuple[str, str]) -> tuple[bool, bool]:
        return self._logs[0].is_going(names[0]), self._logs[1].is_going(names[1])

    def _names(self) -> Sequence[tuple[str, str]]:
        if self._pair is not None:
            return [self._pair]
        steps = dict.fromkeys(name for log in self._logs for name in log.reading.state.steps)
        return [(name, name) for name in steps]

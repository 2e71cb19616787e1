"""The metrics of one step as they change: a few lines, a rate over time, a histogram of gaps."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Container

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import duration, join
from pipeline_tui.views.metrics_text import Lag, StepMetrics, metrics_lines
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.app import ComposeResult

    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.source import RunSource

NOTHING = "nothing was sent yet"
_SLICE = 1_000
_TITLE = "metrics-lines--title"


class MetricsLines(StatusLines):
    """What is told, under a title."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {_TITLE}


class MetricsPanel(Container):
    """Made when it is opened and gone when it is closed: closed, it costs nothing."""

    def __init__(self, source: RunSource, *, seen: int, changed: Callable[[], None]) -> None:
        """Make it.

        Args:
            source: The run.
            seen: The highest `seq` that was handed on; -1: the run has not begun.
            changed: Called when there is more to show, or more room.
        """
        super().__init__(id="metrics")
        self.source = source
        self.steps: dict[str, StepMetrics] = {}
        self.lines = MetricsLines()
        self.lag = Lag()
        self._seen = seen
        self._changed = changed
        self._held = False
        self._early: list[AnyEvent] | None = [] if seen >= 0 else None

    @property
    def caught_up(self) -> bool:
        """Whether all that happened before it was opened has been measured."""
        return self._early is None

    def compose(self) -> ComposeResult:
        """The lines."""
        yield self.lines

    def on_mount(self) -> None:
        """Catch up with what happened while it was closed."""
        if self._early is not None:
            self._catch_up()

    def feed(self, batch: Sequence[AnyEvent], clock: int) -> None:
        """Take the run's events as they come, at this time of the clock (ns)."""
        if not self._held:
            self.lag.observe(clock, batch[-1].at)
        self._held = False
        if self._early is not None:
            self._early.extend(batch)
        else:
            self._apply(batch)

    def on_resize(self) -> None:
        """There is another width to fill."""
        self._changed()

    def show(self, step: str | None, now: int, *, over: bool, held: bool) -> None:
        """Show a step.

        Args:
            step: Which.
            now: Ns since the run began.
            over: Whether the run is over.
            held: Whether it is stopped: what comes next is late by the user's will.
        """
        self._held = held
        lines = self._measured(self.steps.get(step or ""), now, None if over else self.lag)
        self._put(step, None, lines or [NOTHING if self.caught_up else "reading the run log"])

    def show_past(self, step: str | None, metrics: StepMetrics | None, at: int) -> None:
        """Show a step as it was.

        Args:
            step: Which.
            metrics: What was measured of it until then.
            at: When that was, in ns since the run began.
        """
        self._put(step, f"at {duration(at)}", self._measured(metrics, at, None) or [NOTHING])

    def _measured(self, metrics: StepMetrics | None, now: int, lag: Lag | None) -> list[str]:
        width = self.size.width - 1
        return metrics_lines(metrics, now, width, self.size.height - 1, lag) if metrics and width > 0 else []

    def _put(self, step: str | None, when: str | None, lines: list[str]) -> None:
        title = join(sanitise_line(f"metrics · {step or 'no step'}"), when, "M closes")
        self.lines.show_lines([((f" {title}", _TITLE),), *(((f" {line}", ""),) for line in lines)])

    @work(group="metrics")
    async def _catch_up(self) -> None:
        history: Iterator[AnyEvent] | None = None

        def more() -> list[AnyEvent]:
            nonlocal history
            history = history or iter(self.source.history())
            return list(islice(history, _SLICE))

        while events := await asyncio.to_thread(more):
            self._apply([event for event in events if event.seq <= self._seen])
            if events[-1].seq >= self._seen:
                break
        early, self._early = self._early or [], None
        self._apply(early)
        self._changed()

    def _apply(self, events: Sequence[AnyEvent]) -> None:
        for event in events:
            if event.step is not None:
                self.steps.setdefault(event.step, StepMetrics()).apply(event)

"""The run screen: every step's stream as it lands, and what the user can do with it."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, Literal

from textual import work
from textual.message import Message
from textual.reactive import Reactive

from pipeline_runtime.events import Delta, Fallback, FrameReceived, RunFinished
from pipeline_tui.debugging import keep
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.screens.run_panels import RunPanels
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.behind import Behind
from pipeline_tui.views.phrases import sync_text
from pipeline_tui.views.run_view import RunClock, RunView
from pipeline_tui.widgets.key_bar import KeyBar
from pipeline_tui.widgets.pane_grid import PaneGrid
from pipeline_tui.widgets.run_lines import RunHeader, RunSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.widget import Widget

    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.source import RunSource

TICK = 0.25
"""Seconds between two looks at the clock: elapsed and silence are shown in tenths, a few times a second."""
SLICE = 2_000
"""Events taken in before keys get a turn: a run opened late brings all of its past at once."""

TOASTS = "textual-toastrack"
"""What Textual (8.2.8) calls the place of toasts on each screen; a query does not find it."""


class RunScreen(RunPanels):
    """Watches one run. Leaving the screen leaves the run going; the shell can show it again."""

    CSS_PATH = ["../styles/run.tcss", "../styles/debugger.tcss"]  # noqa: RUF012 - as Textual declares it
    AUTO_FOCUS = ""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, but what shows the focus draws itself: another pane is no reason to paint all of them."""

    class Rerun(Message):
        """The user wants the same workflow run again with the same inputs; `None`: and the same faults."""

        def __init__(self, source: RunSource, faults: tuple[str, ...] | None = None) -> None:
            super().__init__()
            self.source = source
            self.faults = faults

    class Closed(Message):
        """The user goes back to the list. The run is not cancelled by this."""

        def __init__(self, source: RunSource) -> None:
            super().__init__()
            self.source = source

    def __init__(
        self,
        source: RunSource,
        *,
        title: str,
        debug: bool,
        workflow: Path | str | None = None,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Make it.

        Args:
            source: The run.
            title: What the header says.
            debug: Begin with the debug panel open.
            workflow: The file whose breakpoints and watches the run has; `None`: they are not kept.
            clock: Nanoseconds.
        """
        super().__init__()
        self.source = source
        self.workflow = workflow
        self.run_title = title
        self.view = RunView(source.mode)
        self.grid = self.present = PaneGrid(id="panes")
        self._clock = clock
        self._run_clock = RunClock()
        self._behind = Behind()
        self._wanted: Literal["all", "share"] | None = None
        """Which heads the next frame was asked to show."""
        self._rows_below = 0
        self._debug_at_start = debug
        self.open_at: int | None = None
        """The event to go to when all has been played, by its `seq`."""

    def compose(self) -> ComposeResult:
        """Header, panes, summary; the debug panel comes when asked for."""
        yield RunHeader(sanitise_line(self.run_title))
        yield self.present
        yield self.bar
        yield RunSummary()
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin to watch."""
        if self._debug_at_start:
            self.open_panel()
        self.follow_gate()
        keep(self.app, self.debugging, self.renew)
        self._watch()
        self.ticker = self.set_interval(TICK, self._tick)
        self.flush()

    def on_unmount(self) -> None:
        """Leave the gates."""
        for one in (self, self.present, self.grid):
            gate_of(self.app).forget(one)
        self.leave_gate()
        self.close_recording()

    def now(self) -> int:
        """Ns since the run began; while all of it is stopped, when its newest event happened."""
        return self._run_clock.newest if self.frozen else self._run_clock.now(self._clock())

    @work(group="watch")
    async def _watch(self) -> None:
        gate = gate_of(self.app)
        async for batch in self.source.batches():
            start = 0
            while start < len(batch):
                end = _slice_end(batch, start)
                self._behind.waiting(len(batch) - end)
                self._take(batch[start:end])
                start = end
                if start < len(batch):
                    await asyncio.sleep(0)
            await gate.turn()
        if self.open_at is not None:
            self.go_to_seq(self.open_at)

    def _take(self, batch: Sequence[AnyEvent]) -> None:
        """Hand events to the view and to their panes. Runs for every delta: no call of Textual in here."""
        changed = False
        for event in batch:
            self.view.apply(event)
            if event.step is not None:
                self.present.pane(self.view.panes[event.step]).feed(event)
            if isinstance(event, FrameReceived):
                changed = changed or event.n == 0
            elif not isinstance(event, Delta):
                changed = True
                self._on_rare(event)
        clock = self._clock()
        self._run_clock.observe(clock, batch[-1].at)
        if self.metrics is not None:
            self.metrics.feed(batch, clock)
        if self.panel is not None:
            self.panel.feed(batch)
        if self.recording is not None:
            self.record(batch)
        if changed:
            self.renew()
        elif self.bar.display:
            self._go_on()

    def _on_rare(self, event: AnyEvent) -> None:
        if isinstance(event, Fallback):
            how = "fell back to sync" if event.source in {"server", "response"} else "asked without a stream"
            text = f"{sanitise_line(event.step or '')}: {how}: {sync_text(event)}"
            self.tell(text, title="SYNC", severity="warning")
        elif isinstance(event, RunFinished):
            self.ticker.stop()
            self.refresh_markdown()
        elif event.step is None:
            self.present.add(self.view.panes.values())

    def renew(self) -> None:
        """Have the state shown as it is now, with the next frame."""
        self._wanted = "all"
        gate_of(self.app).mark(self)

    def show_at_once(self) -> None:
        """Show the state as it is now, without waiting for the next frame."""
        self._wanted = "all"
        gate_of(self.app).at_once(self)

    def _go_on(self) -> None:
        """Have what time changes shown, a share of the panes' heads with each frame."""
        self._wanted = self._wanted or "share"
        gate_of(self.app).mark(self)

    def flush(self) -> None:
        """Show the state of the run and of every pane as it is now, or was at the place that is looked at."""
        header = self.query_one_optional(RunHeader)
        if header is None:
            return  # the screen goes away, its lines before it
        self.follow_ahead(self.gate if self.stop is not None else None)
        past = self.show_past()
        now = self.now() if past is None else past.state.at
        view = self.view if past is None else past.view
        self._behind.late(gate_of(self.app).late)
        wanted, self._wanted = self._wanted, None
        if not self.grid.refresh_heads(now, whole=wanted != "share"):
            self._go_on()
        behind = self._behind.text() if self.view.finished is None else ""
        header.show(view.header(now), behind, self.grid.page_text(), faults=view.faults)
        summary = self.query_one(RunSummary)
        if self.view.finished is not None:
            summary.show(self.view.summary(), self.view.finished.log)
        if past is not None:
            summary.display = False
        self.show_debugger()
        self.show_metrics(past)
        self._keep_toasts_above(self.bar.rows + summary.rows + self.query_one(KeyBar).rows)

    def _keep_toasts_above(self, rows: int) -> None:
        """A toast hides none of the lines at the bottom, which come and go."""
        if rows != self._rows_below:
            self._rows_below = rows
            for rack in self.children:
                if rack.id == TOASTS:
                    rack.styles.margin = (0, 0, rows, 0)

    def action_back(self) -> None:
        """Out of the filter, out of the zoom, or back to the list; the run goes on."""
        if self.panel is not None and self.panel.close_filter():
            return
        if self.scrubbing:
            self.to_present()
            self.show_at_once()
        elif self.grid.maximised:
            self.action_maximise()
        else:
            self.post_message(self.Closed(self.source))

    def action_rerun(self) -> None:
        """Ask for another run of the same."""
        self.post_message(self.Rerun(self.source))

    def run_with(self, faults: tuple[str, ...]) -> None:
        """Ask for another run of the same, with these faults."""
        self.post_message(self.Rerun(self.source, faults))

    def _tick(self) -> None:
        if not self.is_current or self.frozen:
            return
        self._go_on()
        self.refresh_markdown()

    def watch_focused(self) -> None:
        """The focus moved: keys act on another pane. Its head says so at once, all else in the next frame."""
        gate_of(self.app).at_once(self.grid)
        if self.metrics is not None or self.grid.page_text():
            self.renew()

    def on_screen_resume(self) -> None:
        """The screen is shown again: it may be behind."""
        if self.is_mounted and self.query(RunHeader):
            self.show_at_once()


def _slice_end(batch: Sequence[AnyEvent], start: int) -> int:
    """Where a slice ends that holds whole frames: a frame and the events made of it stay together."""
    end = start + SLICE
    while end < len(batch) and not isinstance(batch[end], FrameReceived):
        end += 1
    return min(end, len(batch))

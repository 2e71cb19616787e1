"""The panels beside the panes of a run: what is measured, and the frames on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.screens.run_debugging import RunDebugging
from pipeline_tui.widgets.debug_panel import DebugPanel
from pipeline_tui.widgets.metrics_panel import MetricsPanel

if TYPE_CHECKING:
    from pipeline_tui.views.scrub import Moment


class RunPanels(RunDebugging):
    """Opens and closes the panels, and has them go along into the past."""

    def __init__(self) -> None:
        super().__init__()
        self.panel: DebugPanel | None = None
        self.metrics: MetricsPanel | None = None
        self._frame_filter = ""
        """What the debug panel was filtered by when it was closed."""

    def now(self) -> int:
        """Ns since the run began."""
        raise NotImplementedError

    def show_metrics(self, past: Moment | None) -> None:
        """Show what is measured of the current pane, now or as it was."""
        if self.metrics is None or not self.metrics.is_mounted:
            return
        current, over = self.grid.current, self.view.finished is not None
        step = current.view.step if current is not None else None
        if past is None:
            self.metrics.show(step, self.now(), over=over, held=self.stop is not None)
        else:
            self.metrics.show_past(step, past.metrics(step or ""), past.state.at)

    def action_metrics(self) -> None:
        """Open the metrics of the current pane, or close them."""
        if self.metrics is not None:
            self.metrics.remove()
            self.metrics = None
            return
        self.metrics = MetricsPanel(self.source, seen=self.view.seen, changed=self.show_at_once)
        self.mount(self.metrics, after=self.present)

    def moved(self) -> None:
        """The place that is shown has changed: the debug panel goes along."""
        if self.panel is None:
            return
        if self.place is not None and self.recording is not None:
            self.panel.table.select_seq(self.recording.seq(self.place))
        else:
            self.panel.table.action_follow()

    def action_go_to_row(self) -> None:
        """Show the run as it was behind the row that is selected in the debug panel."""
        row = self.panel.table.selected if self.panel is not None else None
        if row is not None:
            self.go_to_seq(row.last_seq)

    def open_panel(self) -> None:
        """Open the debug panel."""
        panel = self.panel = DebugPanel(
            self.source,
            seen=self.view.seen,
            filter_text=self._frame_filter,
            provider=self._provider_of,
        )
        self.mount(panel, before=self.bar)

    def _provider_of(self, step: str) -> str:
        """Who is called in a step; empty when it is not known."""
        pane = self.view.panes.get(step)
        return pane.provider if pane is not None else ""

    def action_debug(self) -> None:
        """Open the debug panel, or close it."""
        if self.panel is None:
            self.open_panel()
            return
        self._frame_filter = self.panel.filter_input.value
        self.panel.remove()
        self.panel = None
        self.grid.focus_pane(self.grid.focused)

    def action_filter(self) -> None:
        """Filter the frames, when the debug panel is open."""
        if self.panel is not None:
            self.panel.open_filter()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The filter's key is off while there is nothing to filter."""
        if action == "filter":
            return self.panel is not None
        if action == "go_to_row":
            return self.panel is not None and self.panel.table.has_focus
        return super().check_action(action, parameters)

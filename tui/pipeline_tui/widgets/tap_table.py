"""The tapped requests, a line each, the newest last, under a heading."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from pipeline_tui.taps import TapEntry
from pipeline_tui.views.tap_line import tap_heading, tap_line
from pipeline_tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content

    from pipeline_runtime.debugging import Gate


class TapTable(RowList[TapEntry]):
    """Requests with a cursor, which goes along with the newest one while it is at the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="Open the request's run: panes, frames, debugger"),
        Binding("space", "pause", "Pause", key_display="␣", tooltip="Stop the request where it is"),
        Binding("space", "resume", "Continue", key_display="␣", tooltip="Go on, to the next breakpoint"),
        Binding("c", "cancel", "Cancel", tooltip="Close both sides of the request; what came is kept"),
    ]

    class Selected(Message):
        """Another request is selected."""

    class Chosen(Message):
        """The request shall be opened."""

        def __init__(self, entry: TapEntry) -> None:
            super().__init__()
            self.entry = entry

    def key_of(self, row: TapEntry) -> int:
        """Its number."""
        return row.number

    def line_of(self, row: TapEntry, width: int) -> Content:
        """Its line, as it stands now."""
        return tap_line(row.row(), width).truncate(width)

    def show(self, rows: Sequence[TapEntry]) -> None:
        """Show these requests."""
        was_last = self.cursor >= len(self.rows) - 1
        super().show(rows)
        if was_last:
            self.action_last()

    def selection_changed(self) -> None:
        """Tell."""
        self.post_message(self.Selected())

    def choose(self) -> None:
        """A second click opens it."""
        self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is open can be stopped or cancelled."""
        entry = self.selected
        if action == "open":
            return entry is not None
        if action in {"pause", "resume", "cancel"} and (entry is None or not entry.going):
            return False
        if action in {"pause", "resume"} and entry is not None:
            return (entry.stop is not None) is (action == "resume")
        return super().check_action(action, parameters)

    def action_open(self) -> None:
        """Ask for the selected request to be opened."""
        if self.selected is not None:
            self.post_message(self.Chosen(self.selected))

    def action_pause(self) -> None:
        """Stop the selected request."""
        if self._gate is not None:
            self._gate.pause()

    def action_resume(self) -> None:
        """Let the selected request go on."""
        if self._gate is not None:
            self._gate.resume()

    @property
    def _gate(self) -> Gate | None:
        return self.selected.run.gate if self.selected is not None else None

    def action_cancel(self) -> None:
        """Close both sides of the selected request."""
        if self.selected is not None and self.selected.going:
            self.selected.run.cancel()


class TapHeading(Static):
    """The names of the columns."""

    def on_resize(self) -> None:
        """Other columns may fit; the list has a scrollbar of one cell."""
        self.update(tap_heading(self.size.width - 1), layout=False)

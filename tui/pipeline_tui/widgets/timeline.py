"""The run in two rows: how dense, what happened, where one stands. The mouse drags the position."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from pipeline_tui.views.timeline import density_row, marks_row
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from textual import events

    from pipeline_tui.views.timeline import Timeline
    from pipeline_tui.widgets.status_lines import Line

_MARKS = "timeline-view--marks"
_HERE = "timeline-view--here"


class TimelineView(StatusLines):
    """Draws a `Timeline`; asks for another moment when it is clicked or dragged over."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {_MARKS, _HERE}

    class Picked(Message):
        """A moment of the run, in ns since it began."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    def __init__(self) -> None:
        super().__init__(id="timeline")
        self.timeline: Timeline | None = None
        self._at: int | None = None
        self._dragging = False

    def show(self, timeline: Timeline | None, at: int | None) -> None:
        """Draw the run as it is now, with the position at this moment."""
        self.timeline, self._at = timeline, at
        width = self.size.width
        if timeline is None or not width:
            self.show_lines([(), ()])
            return
        columns = timeline.columns(width)
        here = None if at is None else timeline.column_of(at, width)
        self.show_lines(
            [_split(density_row(columns), here, ""), _split(marks_row(columns, here), here, _MARKS)]
        )

    def on_resize(self) -> None:
        """There are more columns now, or fewer."""
        self.show(self.timeline, self._at)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go there, and follow the mouse while it is held."""
        event.stop()
        self.capture_mouse()
        self._dragging = True
        self._pick(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow it."""
        if self._dragging:
            self._pick(event.x)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stay there."""
        event.stop()
        self._dragging = False
        self.release_mouse()

    def _pick(self, x: int) -> None:
        width = self.size.width
        if self.timeline is None or not width:
            return
        column = max(0, min(x, width - 1))
        self.post_message(self.Picked(self.timeline.moment_of(column, width)))


def _split(row: str, here: int | None, component: str) -> Line:
    """A row with the position's column in its own style."""
    if here is None:
        return ((row, component),)
    return ((row[:here], component), (row[here], _HERE), (row[here + 1 :], component))

"""The run in two rows: how dense, what happened, where one stands. The mouse drags the position."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from pipeline_tui.views.timeline import density_row, marks_row
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from textual import events

    from pipeline_tui.views.timeline import Scene
    from pipeline_tui.widgets.status_lines import Line

_MARKS = "timeline-view--marks"
_HERE = "timeline-view--here"
_AHEAD = "timeline-view--ahead"


class TimelineView(StatusLines):
    """Draws a `Scene`; asks for another moment when it is clicked or dragged over."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {_MARKS, _HERE, _AHEAD}

    class Picked(Message):
        """A moment of the run, in ns since it began."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    def __init__(self) -> None:
        super().__init__(id="timeline")
        self._scene: Scene | None = None
        self._dragging = False

    def show(self, scene: Scene | None) -> None:
        """Draw the run as it is now, with the position; what is not yet handed on looks another way."""
        self._scene = scene
        width = self.size.width
        if scene is None or not width:
            self.show_lines([(), ()])
            return
        timeline = scene.timeline
        columns = timeline.columns(width)
        here = timeline.column_of(scene.at, width)
        now = None if scene.present is None else timeline.column_of(scene.present, width)
        ahead = width if now is None else now + 1
        self.show_lines(
            [
                _split(density_row(columns), here, ahead, ""),
                _split(marks_row(columns, here, now), here, ahead, _MARKS),
            ]
        )

    def on_resize(self) -> None:
        """There are more columns now, or fewer."""
        self.show(self._scene)

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
        if self._scene is None or not width:
            return
        column = max(0, min(x, width - 1))
        self.post_message(self.Picked(self._scene.timeline.moment_of(column, width)))


def _split(row: str, here: int, ahead: int, component: str) -> Line:
    """A row with the position's column in its own style, and the columns from `ahead` on."""
    styles = [component] * ahead + [_AHEAD] * (len(row) - ahead)
    styles[here] = _HERE
    parts = groupby(zip(row, styles, strict=True), key=lambda pair: pair[1])
    return tuple(("".join(sign for sign, _ in cells), style) for style, cells in parts)

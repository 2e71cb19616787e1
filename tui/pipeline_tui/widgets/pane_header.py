"""The head of a pane: how its step stands, in two lines, and one line for each attempt before."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import join
from pipeline_tui.views.pane_view import SIGNS
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from pipeline_tui.views.pane_view import PaneView
    from pipeline_tui.widgets.status_lines import Line, Part

EARLIER_SHOWN = 3
"""Lines for earlier attempts; more are counted in the first of them."""
_METRICS = "pane-header--metrics"
_NOTE = "pane-header--note"
_ERROR = "pane-header--error"
_STREAM = "pane-header--stream"
_SYNC = "pane-header--sync"
_EARLIER = "pane-header--earlier"


class PaneHeader(StatusLines):
    """Step, badge, state and target; below it what matters most, then the numbers."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {_METRICS, _NOTE, _ERROR, _STREAM, _SYNC, _EARLIER}

    def __init__(self, view: PaneView) -> None:
        super().__init__()
        self.view = view

    def update_at(self, now: int, *, focused: bool) -> None:
        """Show how things stand at `now`, ns since the run began."""
        self.set_class(focused, "-focused")
        self.show_lines([*_earlier(self.view), _title(self.view, focused=focused), _numbers(self.view, now)])


def _title(view: PaneView, *, focused: bool) -> Line:
    sign = f"{'▶' if focused else ' '}{SIGNS[view.state]}"
    tint = _SYNC if view.badge in {"SYNC", "BUFFERED"} else _STREAM
    badge: tuple[Part, ...] = ((f" {view.badge} ", tint), (" ", "")) if view.badge else ()
    return ((f"{sign} {sanitise_line(view.step)} ", ""), *badge, (join(view.state, view.target), _METRICS))


def _numbers(view: PaneView, now: int) -> Line:
    note, metrics = view.note(now), view.metrics(now)
    if not note:
        return ((f"  {metrics}", _METRICS),)
    tone = _ERROR if view.state in {"failed", "stalled"} else _NOTE
    return ((f"  {note}", tone), (f" · {metrics}" if metrics else "", _METRICS))


def _earlier(view: PaneView) -> list[Line]:
    hidden = len(view.earlier) - EARLIER_SHOWN
    shown = view.earlier[-EARLIER_SHOWN:]
    if hidden > 0:
        shown = [f"{shown[0]} (+{hidden} before)", *shown[1:]]
    return [((f"  ↳ {line}", _EARLIER),) for line in shown]

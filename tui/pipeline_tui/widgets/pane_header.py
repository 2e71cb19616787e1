"""The head of a pane: how its step stands, one line for each attempt before, and what it failed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.failure_text import failure_lines
from pipeline_tui.views.format import fit, join
from pipeline_tui.views.pane_view import SIGNS
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from rich.style import Style
    from textual.geometry import Size

    from pipeline_tui.views.pane_view import PaneView
    from pipeline_tui.widgets.status_lines import Line, Part

EARLIER_SHOWN = 3
"""Lines for earlier attempts; more are counted in the first of them."""
_USUAL = 2
_ROOMY = 12
_CRAMPED = 8
_NARROW = 54
_TOLD_BY_SIGN = frozenset({"streaming", "answered", "done"})
"""States whose word is left out in a narrow pane, for the provider and the model."""
_METRICS = "pane-header--metrics"
_NOTE = "pane-header--note"
_ERROR = "pane-header--error"
_STREAM = "pane-header--stream"
_SYNC = "pane-header--sync"
_FAULTS = "pane-header--faults"
_EARLIER = "pane-header--earlier"
_PLAIN = "pane-header--plain"
_ON_BAND = frozenset({_PLAIN, _METRICS, _NOTE, _ERROR, _EARLIER})
"""Looks that have another background in the pane with the keys."""
_FOCUSED = "-focused"


class PaneHeader(StatusLines):
    """Step, badge, state and target; below it what matters most, then the numbers."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *_ON_BAND,
        *(look + _FOCUSED for look in _ON_BAND),
        _STREAM,
        _SYNC,
        _FAULTS,
    }

    def __init__(self, view: PaneView) -> None:
        super().__init__(lines=_USUAL)
        self.view = view
        self._focused = False

    def update_at(self, now: int, *, focused: bool, pane: Size) -> None:
        """Show how things stand at `now`, ns since the run began, in a pane of this size."""
        self._focused = focused
        view = self.view
        title = _title(view, pane.width, focused=focused)
        choice = view.choice_text()
        choices: list[Line] = [((f"  {choice}", _NOTE),)] if choice else []
        failure = view.failure
        if failure is None:
            self.show_lines([*_earlier(view, EARLIER_SHOWN), title, *choices, _numbers(view, now)])
            return
        earlier = _earlier(view, EARLIER_SHOWN if pane.height >= _ROOMY else 1)
        numbers = [_numbers(view, now)] if pane.height >= _CRAMPED else []
        room = pane.height // 2 if view.deltas else pane.height - len(earlier) - len(numbers) - 1
        failed: list[Line] = [((line, _ERROR),) for line in failure_lines(failure, pane.width, room)]
        self.show_lines([*earlier, title, *choices, *numbers, *failed])

    def _style(self, component: str) -> Style:
        """Both looks are at hand: a class that comes and goes with the keys has Textual paint again."""
        look = component or _PLAIN
        return super()._style(look + _FOCUSED if self._focused and look in _ON_BAND else look)


def _title(view: PaneView, width: int, *, focused: bool) -> Line:
    sign = f"{'▶' if focused else ' '}{SIGNS[view.state]} "
    badge = f" {view.badge} " if view.badge else ""
    tint = _SYNC if view.badge in {"SYNC", "BUFFERED"} else _STREAM
    faults = " FAULTS " if view.faulted else ""
    step, room = sanitise_line(view.step), width - len(sign) - 1 - len(badge) - len(faults)
    if cell_len(step) > room > 0:
        step = fit(step, room)  # the badge is never pushed out
    parts: tuple[Part, ...] = ((badge, tint), (faults, _FAULTS), (" ", "")) if badge or faults else ()
    told = width < _NARROW and view.state in _TOLD_BY_SIGN
    return ((f"{sign}{step} ", ""), *parts, (join(None if told else view.state, view.target), _METRICS))


def _numbers(view: PaneView, now: int) -> Line:
    note, metrics = view.note(now), view.metrics(now)
    if not note:
        return ((f"  {metrics}", _METRICS),)
    tone = _ERROR if view.state in {"failed", "stalled"} else _NOTE
    return ((f"  {note}", tone), (f" · {metrics}" if metrics else "", _METRICS))


def _earlier(view: PaneView, most: int) -> list[Line]:
    hidden = len(view.earlier) - most
    shown = view.earlier[-most:]
    if hidden > 0:
        shown = [f"(+{hidden} before) {shown[0]}", *shown[1:]]
    return [((f"  ↳ {line}", _EARLIER),) for line in shown]

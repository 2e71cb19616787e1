"""Where runs stop: a list to turn on and off, with hit counts, and a field for another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted
from pipeline_tui.widgets.expression_input import ExpressionInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from pipeline_runtime.debugging import Breakpoint
    from pipeline_tui.debugging import Debugging

_EXPRESSION = 36


class BreakpointList(OptionList):
    """The breakpoints."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "screen.turn", "On/off", key_display="space", tooltip="Turn it on or off"),
        Binding("o", "screen.turn_once", "Once/always", tooltip="Stop once, or always"),
        Binding("x,delete", "screen.remove", "Delete", key_display="x", tooltip="Delete it"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]


class BreakpointsScreen(Dialog[None]):
    """Changes the breakpoints of all runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+tab", "app.focus_previous", "To the list", show=False),
    ]

    def __init__(self, debugging: Debugging, steps: Sequence[str]) -> None:
        super().__init__()
        self._debugging = debugging
        self._input = ExpressionInput(
            self._enter,
            hint="stop where: type:stall   lane:tool_input   gap>500ms   /regex/",
            typed=debugging.typed,
            steps=steps,
        )

    def compose(self) -> ComposeResult:
        """The list above the field."""
        with Vertical(id="breakpoints", classes="dialog") as frame:
            frame.border_title = "Breakpoints"
            frame.border_subtitle = "Esc closes"
            yield BreakpointList()
            yield Static("None yet. Runs stop where an expression is true.", classes="none")
            yield Static(
                "space on/off · o once/always · x deletes · Shift+Tab field, list",
                classes="hint",
                markup=False,
            )
            yield self._input
            yield Static("Enter adds · Tab completes · ↑ ↓ typed before", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Show them; typing adds another one at once."""
        self._refresh()
        self._input.input.focus()

    def _enter(self, text: str) -> None:
        self._debugging.breakpoints.add(text)
        self._debugging.remember(text)

    @on(ExpressionInput.Entered)
    def _entered(self) -> None:
        self._refresh(last=True)

    def action_turn(self) -> None:
        """Turn the selected one on or off."""
        point = self._selected
        if point is not None:
            point.enabled = not point.enabled
            self._refresh()

    def action_turn_once(self) -> None:
        """Have the selected one stop once, or always."""
        point = self._selected
        if point is not None:
            point.once = not point.once
            self._refresh()

    def action_remove(self) -> None:
        """Delete the selected one."""
        point = self._selected
        if point is not None:
            self._debugging.breakpoints.remove(point)
            self._refresh()

    @property
    def _list(self) -> BreakpointList:
        return self.query_one(BreakpointList)

    @property
    def _selected(self) -> Breakpoint | None:
        points = list(self._debugging.breakpoints)
        at = self._list.highlighted
        return points[at] if at is not None and at < len(points) else None

    def _refresh(self, *, last: bool = False) -> None:
        points = list(self._debugging.breakpoints)
        shown = self._list
        at = len(points) - 1 if last else min(shown.highlighted or 0, len(points) - 1)
        shown.set_options(Option(Content(breakpoint_line(point))) for point in points)
        shown.highlighted = at if points else None
        shown.display = bool(points)
        self.query_one(".none").display = not points
        if not points:
            self._input.input.focus()


def breakpoint_line(point: Breakpoint) -> str:
    """`● #1 gap>500ms   always · 3 hits`; `○` and `off` when it is."""
    sign = "●" if point.enabled else "○"
    kind = ("once" if point.once else "always") if point.enabled else "off"
    expression = sanitise_line(point.expression.text)
    return f"{sign} #{point.number} {expression:<{_EXPRESSION}} {kind:<6} · {counted(point.hits, 'hit')}"

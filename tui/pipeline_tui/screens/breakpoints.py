"""Where runs stop: a list to turn on and off, with hit counts, and a field for another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from pipeline_tui.screens.kept_dialog import KeptDialog
from pipeline_tui.screens.list_dialog import ChangedList
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.debugging import Breakpoint
    from pipeline_tui.debugging import Debugging

_EXPRESSION = 36


class BreakpointList(ChangedList):
    """The breakpoints."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "screen.turn", "On/off", key_display="space", tooltip="Turn it on or off"),
        Binding("o", "screen.turn_once", "Once/always", tooltip="Stop once, or always"),
    ]


class BreakpointsScreen(KeptDialog):
    """Changes the breakpoints of all runs of a workflow; they are kept for its next ones."""

    heading = "Breakpoints"
    NONE = "None yet. Runs stop where an expression is true."
    KEYS = "space on/off · o once/always · x deletes"
    ROWS = BreakpointList

    def __init__(self, debugging: Debugging, steps: Sequence[str]) -> None:
        super().__init__(
            debugging, hint="stop where: type:stall   lane:tool_input   gap>500ms   /regex/", steps=steps
        )

    def rows(self) -> list[str]:
        """A line for each breakpoint."""
        return [breakpoint_line(point) for point in self.debugging.breakpoints]

    def remove_row(self, at: int) -> None:
        """Forget a breakpoint."""
        self.debugging.breakpoints.remove(self._points[at])

    def action_turn(self) -> None:
        """Turn the selected one on or off."""
        if self.selected is not None:
            point = self._points[self.selected]
            point.enabled = not point.enabled
            self.changed()

    def action_turn_once(self) -> None:
        """Have the selected one stop once, or always."""
        if self.selected is not None:
            point = self._points[self.selected]
            point.once = not point.once
            self.changed()

    def add(self, text: str) -> None:
        """Stop where this is true."""
        self.debugging.breakpoints.add(text)

    @property
    def _points(self) -> list[Breakpoint]:
        return list(self.debugging.breakpoints)


def breakpoint_line(point: Breakpoint) -> str:
    """`● #1 gap>500ms   always · 3 hits`; `○` and `off` when it is."""
    sign = "●" if point.enabled else "○"
    kind = ("once" if point.once else "always") if point.enabled else "off"
    expression = sanitise_line(point.expression.text)
    return f"{sign} #{point.number} {expression:<{_EXPRESSION}} {kind:<6} · {counted(point.hits, 'hit')}"

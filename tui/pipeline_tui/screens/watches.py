"""What is watched as a run goes on: a list of expressions and paths, and a field for another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from pipeline_runtime.debugging import Watch
from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.expression_input import ExpressionInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from pipeline_tui.debugging import Debugging


class WatchList(OptionList):
    """The watches."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x,delete", "screen.remove", "Delete", key_display="x", tooltip="Watch it no longer"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]


class WatchesScreen(Dialog[None]):
    """Changes what is watched in all runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+tab", "app.focus_previous", "To the list", show=False),
    ]

    def __init__(self, debugging: Debugging, steps: Sequence[str]) -> None:
        super().__init__()
        self._debugging = debugging
        step = steps[0] if steps else "STEP"
        self._input = ExpressionInput(
            self._enter,
            hint=f"steps.{step}.text   steps.{step}.counts.deltas   type:lint",
            typed=debugging.typed,
            steps=steps,
        )

    def compose(self) -> ComposeResult:
        """The list above the field."""
        with Vertical(id="watches", classes="dialog") as frame:
            frame.border_title = "Watches"
            frame.border_subtitle = "Esc closes"
            yield WatchList()
            yield Static("None yet. A path shows a value, an expression counts.", classes="none")
            yield Static("x deletes · Shift+Tab field, list", classes="hint", markup=False)
            yield self._input
            yield Static("Enter adds · Tab completes · ↑ ↓ typed before", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Show them; typing adds another one at once."""
        self._refresh()
        self._input.input.focus()

    def _enter(self, text: str) -> None:
        Watch(text)
        if text not in self._debugging.watches:
            self._debugging.watches.append(text)
        self._debugging.remember(text)

    @on(ExpressionInput.Entered)
    def _refresh(self) -> None:
        shown, watches = self.query_one(WatchList), self._debugging.watches
        at = min(shown.highlighted or 0, len(watches) - 1)
        shown.set_options(Content(sanitise_line(text)) for text in watches)
        shown.highlighted = at if watches else None
        shown.display = bool(watches)
        self.query_one(".none").display = not watches
        if not watches:
            self._input.input.focus()

    def action_remove(self) -> None:
        """Watch the selected one no longer."""
        at = self.query_one(WatchList).highlighted
        if at is not None and at < len(self._debugging.watches):
            del self._debugging.watches[at]
            self._refresh()

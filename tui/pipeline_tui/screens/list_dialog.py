"""A dialog around a list that is changed there: its rows, what is said when there are none, and a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.widgets.expression_input import ExpressionInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class ChangedList(OptionList):
    """The rows. A dialog with more keys than deleting gives its own kind of list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x,delete", "screen.remove", "Delete", key_display="x", tooltip="Delete it"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]


class ListDialog(Dialog[None]):
    """Shows `rows` above a field that adds to them; what they are is the business of who derives from it."""

    heading: str
    NONE: ClassVar[str]
    """What is said when there are no rows."""
    KEYS: ClassVar[str] = "x deletes"
    """What the list's keys do, in one line."""
    ROWS: ClassVar[type[ChangedList]] = ChangedList

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+tab", "app.focus_previous", "To the list", show=False),
    ]

    def __init__(self, field: ExpressionInput) -> None:
        super().__init__()
        self._input = field

    def rows(self) -> Sequence[str]:
        """The rows, safe to print."""
        raise NotImplementedError

    def remove_row(self, at: int) -> None:
        """Take a row out of what is listed."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The list above the field."""
        with Vertical(classes="dialog list-dialog") as frame:
            frame.border_title = Content(self.heading)
            frame.border_subtitle = "Esc closes"
            yield self.ROWS()
            yield Static(self.NONE, classes="none", markup=False)
            yield Static(f"{self.KEYS} · Shift+Tab field, list", classes="hint", markup=False)
            yield self._input
            yield Static("Enter adds · Tab completes · ↑ ↓ typed before", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Show them; typing adds another one at once."""
        self.show_rows()
        self._input.input.focus()

    @property
    def selected(self) -> int | None:
        """The number of the row that the keys act on, counted from 0."""
        at = self.query_one(ChangedList).highlighted
        return at if at is not None and at < len(self.rows()) else None

    def show_rows(self, *, last: bool = False) -> None:
        """Show the rows as they are now; `last` selects the last one."""
        rows = self.rows()
        shown = self.query_one(ChangedList)
        at = len(rows) - 1 if last else min(shown.highlighted or 0, len(rows) - 1)
        shown.set_options(Option(Content(row)) for row in rows)
        shown.highlighted = at if rows else None
        shown.display = bool(rows)
        self.query_one(".none").display = not rows
        if not rows and not self._input.input.has_focus:
            self._input.input.focus()

    def changed(self, *, last: bool = False) -> None:
        """What is listed was changed, by a key or by typing; `last`: by what was added at its end."""
        self.show_rows(last=last)

    @on(ExpressionInput.Entered)
    def _entered(self) -> None:
        self.changed(last=True)

    def action_remove(self) -> None:
        """Delete the selected row."""
        at = self.selected
        if at is not None:
            self.remove_row(at)
            self.changed()

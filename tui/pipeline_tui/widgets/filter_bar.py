"""The line where a filter is typed: opens with `/`, filters while typing, Esc clears and closes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterBar(Input):
    """Hidden while there is nothing in it and it is not being typed in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", tooltip="Empty the filter and go back to the list"),
        Binding("enter,down", "done", "To the list", tooltip="Keep the filter and go back to the list"),
    ]
    DEFAULT_CSS = """
    FilterBar {
        display: none;
        height: 1;
        border: none;
        padding: 0 1;
        background: $panel;
        &:focus { border: none; }
    }
    """

    class Left(Message):
        """The list shall have the focus again."""

    def __init__(self, *, placeholder: str, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(placeholder=placeholder, id=id, compact=True, select_on_focus=False)

    def open(self) -> None:
        """Show it and type in it, at once: the next key may be here already, and replaces what is there."""
        self.display = True
        self.screen.set_focus(self)
        self.action_select_all()

    def action_clear(self) -> None:
        """Empty it and leave."""
        self.value = ""
        self._leave()

    def action_done(self) -> None:
        """Leave; what was typed stays in force."""
        self._leave()

    def _leave(self) -> None:
        self.display = bool(self.value)
        self.post_message(self.Left())

"""The line where a text to search for is typed: Enter begins, Esc clears and closes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from pipeline_tui.widgets.filter_bar import FilterBar


class SearchBar(FilterBar):
    """Asks for a search when it is left with Enter; nothing is searched while typing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", tooltip="Search for nothing and go back to the list"),
        Binding("enter", "done", "Search", tooltip="Search all runs for this text"),
        Binding("down", "leave", "To the list", show=False, tooltip="Go back to the list"),
    ]

    class Asked(Message):
        """This text shall be searched for; empty: the search is over."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def action_clear(self) -> None:
        """Empty it and leave: all is shown again."""
        super().action_clear()
        self.post_message(self.Asked(""))

    def action_done(self) -> None:
        """Begin and leave."""
        super().action_done()
        self.post_message(self.Asked(self.value))

    def action_leave(self) -> None:
        """Leave; nothing is searched anew."""
        super().action_done()

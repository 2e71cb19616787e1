"""Searching the recorded runs from the History screen: for a text, letter by letter, or for events."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from pipeline_runtime.expression import parse_expression
from pipeline_tui.screens.history_actions import HistoryActions
from pipeline_tui.typed import remember, typed_in
from pipeline_tui.views.history_search import Search
from pipeline_tui.widgets.expression_input import ExpressionInput
from pipeline_tui.widgets.search_bar import SearchBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from pipeline_runtime.expression import Expression
    from pipeline_tui.views.history_row import HistoryRow

EVERY = 0.2
"""Seconds between two looks at how far a search is."""


class HistorySearching(HistoryActions):
    """Keys and fields that search, and what was found."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f", "search", "Search", tooltip="Search in all that was asked and answered, letter by letter"
        ),
        Binding("e", "search_events", "Events", show=False, tooltip="Search for events, by an expression"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._search: Search | None = None

    @property
    def search(self) -> Search | None:
        """The search whose finds are shown."""
        return self._search

    def listed_rows(self) -> Sequence[HistoryRow]:
        """The runs that filter and order give, found or not."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what there is now."""
        raise NotImplementedError

    def compose_search(self) -> ComposeResult:
        """Both fields; they are hidden until they are asked for."""
        yield SearchBar(placeholder="search in what runs were asked and said; Enter begins", id="search")
        field = ExpressionInput(
            self._begin_expression,
            hint="events to search for: type:lint or gap>2s; Enter begins",
            typed=typed_in(self.app, "searches"),
            steps=[],
        )
        field.id = "search-events"
        field.display = False
        yield field

    # --- by a text ----------------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Type what to search for."""
        self.query_one(SearchBar).open()

    def on_search_bar_asked(self, event: SearchBar.Asked) -> None:
        """Search, the runs that are listed first the first."""
        if event.text:
            self._begin(event.text)
        else:
            self.leave_search()

    # --- by an expression ---------------------------------------------------------------------------------

    def action_search_events(self) -> None:
        """Type an expression."""
        field = self.query_one(ExpressionInput)
        field.display = True
        field.input.focus()

    def _begin_expression(self, text: str) -> None:
        """Search for events.

        Raises:
            ExpressionError: It cannot be understood; the field tells where.
        """
        expression = parse_expression(text)
        remember(typed_in(self.app, "searches"), text)
        bar = self.query_one(SearchBar)
        bar.value, bar.display = "", False
        self._begin(text, expression)

    def on_expression_input_entered(self) -> None:
        """To the runs."""
        self.close_field()

    def close_field(self) -> bool:
        """Leave the field of the expression; true when it was open."""
        field = self.query_one(ExpressionInput)
        was_open = bool(field.display)
        field.display = False
        if was_open:
            self.table.focus()
        return was_open

    # --- both ---------------------------------------------------------------------------------------------

    def _begin(self, text: str, expression: Expression | None = None) -> None:
        self.stop_search()
        rows = self.listed_rows()
        search = self._search = Search(text, len(rows), expression)
        self._run_search(search, rows)

    @work(group="search", exclusive=True)
    async def _run_search(self, search: Search, rows: Sequence[HistoryRow]) -> None:
        self.draw()
        drawn = monotonic()
        try:
            for row in rows:
                found = await asyncio.to_thread(search.look, row.log)
                if not search.going or not self.is_attached:
                    break
                search.take(row.run.run, found)
                if monotonic() - drawn > EVERY:
                    self.draw()
                    drawn = monotonic()
        finally:
            search.stop()
        if self._search is search and self.is_attached:
            self.draw()

    def stop_search(self) -> bool:
        """Look no further; false when that was so already."""
        going = self._search is not None and self._search.going
        if self._search is not None:
            self._search.stop()
        return going

    def leave_search(self) -> bool:
        """Show all again; false when that is so already."""
        self.stop_search()
        if self._search is None:
            return False
        self._search = None
        self.draw()
        return True

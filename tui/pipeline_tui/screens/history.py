"""Every recorded run, killed ones too: sorted, filtered, searched, replayed, compared, deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from pipeline_runtime import recent_runs
from pipeline_runtime.paths import runs_dir
from pipeline_tui.screens.history_search import HistorySearching
from pipeline_tui.views.format import join
from pipeline_tui.views.history_row import HistoryRow, Order, make_row, matching_rows, sorted_rows
from pipeline_tui.views.history_words import detail_text, empty_text, head_text, marks_text, search_text_of
from pipeline_tui.widgets.filter_bar import FilterBar
from pipeline_tui.widgets.history_table import HistoryHeading, HistoryTable
from pipeline_tui.widgets.lasting_footer import LastingFooter
from pipeline_tui.widgets.search_bar import SearchBar
from pipeline_tui.widgets.workflow_list import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.app import ComposeResult

    from pipeline_runtime import RunSummary

POLL = 2.0
"""Seconds between two looks at the folder."""
SHARE = 20
"""Looking at the folder takes no more than a part in so many of the time."""
GLIMPSED = 100
"""Runs that are shown before all are read."""

PARTS = ("#history-head", "#history-heading", "#history", "#history-empty", "#detail", "#history-status")


class HistoryScreen(HistorySearching):
    """Lists the runs of the state folder."""

    CSS_PATH = ["../styles/history.tcss", "../styles/dialogs.tcss"]  # noqa: RUF012 - as Textual declares it
    TITLE = "History"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "filter", "Filter", key_display="/", priority=True,
            tooltip="Filter by workflow, id, status, mode, delivery",
        ),
        Binding("s", "sort", "Sort", show=False, tooltip="Sort by the next column, or click on one"),
        Binding("S", "reverse", "Reverse", show=False, tooltip="Sort the other way round"),
        Binding("R", "reload", "Reload", show=False, tooltip="Read all runs again"),
        Binding("escape", "back", "Back", tooltip="Stop or leave the search, the filter, then this screen"),
    ]  # fmt: skip

    class ShowAsked(Message):
        """A run shall be shown: played, or at its end."""

        def __init__(self, row: HistoryRow, *, play: bool) -> None:
            super().__init__()
            self.row = row
            self.play = play

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, poll: float = POLL) -> None:
        super().__init__()
        self._clock = clock
        self._poll = poll
        self._rows: list[HistoryRow] | None = None
        self._whole = False
        self._order = Order()

    def compose(self) -> ComposeResult:
        """Head, filter and search, the runs above or beside what the selected one was, status, keys."""
        yield Static(id="history-head", markup=False)
        yield FilterBar(placeholder="filter by workflow, id, status, mode, delivery", id="filter")
        yield from self.compose_search()
        with Container(id="history-body"):
            with Container(id="history-list"):
                yield HistoryHeading(id="history-heading")
                yield HistoryTable(clock=self._clock, id="history")
                yield Static(id="history-empty", markup=False)
            with VerticalScroll(id="history-detail", can_focus=False):
                yield Static(id="detail", markup=False)
        yield Static(id="history-status", markup=False)
        yield LastingFooter(compact=True)

    def on_mount(self) -> None:
        """Draw first, then read."""
        self.draw()
        self.table.focus()
        self._follow_disk()

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def all_rows(self) -> Sequence[HistoryRow]:
        """Every run that was read, also those that are not shown."""
        return self._rows or ()

    @property
    def has_read(self) -> bool:
        """Whether all runs have been read."""
        return self._whole

    @property
    def _is_empty(self) -> bool:
        """There is no run; not so while they are read."""
        return self._whole and not self._rows

    @property
    def _query(self) -> str:
        return self.query_one("#filter", FilterBar).value

    @work(group="disk")
    async def _follow_disk(self) -> None:
        glimpsed = await asyncio.to_thread(recent_runs, GLIMPSED)
        self._take(_rows_of(glimpsed, ()))
        while self.is_attached:
            began = monotonic()
            await self.read_again()
            await asyncio.sleep(max(self._poll, SHARE * (monotonic() - began)))

    async def read_again(self) -> None:
        """Read the runs again; only what changed is opened."""
        known = self.all_rows
        async with self.busy:
            rows = await self._tried(lambda: _rows_of(self.library.runs(), known))
        if rows is None:
            return
        news, self._whole = not self._whole, True
        if (news or rows != self._rows) and self.is_attached:
            self._take(rows)

    def _take(self, rows: list[HistoryRow]) -> None:
        self._rows = rows
        self.draw()

    def listed_rows(self) -> Sequence[HistoryRow]:
        """The runs that filter and order give, found or not."""
        return sorted_rows(matching_rows(self.all_rows, self._query), self._order)

    def _shown(self) -> Sequence[HistoryRow]:
        rows, search = self.listed_rows(), self.search
        return rows if search is None else [row for row in rows if row.run.run in search.hits]

    def draw(self) -> None:
        """Show the runs, and all that is said of them; a screen that is left loses its parts one by one."""
        if not all(self.query(part) for part in PARTS):
            return
        shown = self._shown()
        table = self.table
        self.query_one("#history-head", Static).update(head_text(self._rows if self._whole else None, shown))
        empty = self.query_one("#history-empty", Static)
        empty.display = not shown and self._whole
        if empty.display:
            searched = self.search.text if self.search is not None else ""
            empty.update(empty_text(self._query, searched, str(runs_dir())))
        table.display = bool(shown)
        table.show(shown)
        if shown and self.focused is None:  # what was hidden has lost it
            table.focus()
        self._draw_heading()
        self._draw_status()
        self._draw_detail()

    def _draw_heading(self) -> None:
        self.query_one(HistoryHeading).show(self.table.layout_now, self._order)

    def _draw_status(self) -> None:
        search = self.search
        marks = marks_text(self.all_rows, self.table.marked)
        text = join(marks, search_text_of(search) if search is not None else None)
        self.query_one("#history-status", Static).update(text)
        self.refresh_bindings()

    def _draw_detail(self) -> None:
        row = self.table.selected
        hits = self.search.hits.get(row.run.run, ()) if self.search is not None and row is not None else ()
        self.query_one("#detail", Static).update(detail_text(row, hits))

    def on_history_table_selected(self) -> None:
        """Tell of the selected run."""
        if self.is_attached:
            self._draw_detail()
            self.refresh_bindings()

    def on_history_table_marked(self) -> None:
        """Say what is marked."""
        self._draw_status()

    def on_history_table_resized(self) -> None:
        """Other columns may fit."""
        self._draw_heading()

    def on_history_table_chosen(self, event: HistoryTable.Chosen) -> None:
        """Ask the app to show it."""
        self.post_message(self.ShowAsked(event.row, play=event.play))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if not self.is_attached or not self.query(HistoryTable):
            return True
        if action in {"export", "delete"}:
            return bool(self.targets())
        if action == "compare":
            return self.pair() is not None
        if action == "filter":
            return not self._is_empty and not isinstance(self.focused, Input)  # a slash may be typed there
        if action in {"search", "search_events"}:
            return not self._is_empty
        return super().check_action(action, parameters)

    # --- sorting ------------------------------------------------------------------------------------------

    @property
    def order(self) -> Order:
        """What the runs are sorted by."""
        return self._order

    def action_sort(self) -> None:
        """By the next column."""
        self._sort(self._order.next(self.table.layout_now.names))

    def action_reverse(self) -> None:
        """The other way round."""
        self._sort(self._order.reversed())

    def on_history_heading_pressed(self, event: HistoryHeading.Pressed) -> None:
        """By the column that was clicked."""
        self._sort(self._order.by(event.column))

    def _sort(self, order: Order) -> None:
        self._order = order
        self.draw()
        self.table.action_first()

    # --- filter -------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one("#filter", FilterBar).open()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        if event.input.id == "filter":
            self.draw()
            if event.value:
                self.table.action_first()

    def on_filter_bar_left(self) -> None:
        """Back to the list."""
        self.table.focus()

    # --- the rest -----------------------------------------------------------------------------------------

    @work(group="reload")
    async def action_reload(self) -> None:
        """Read all again."""
        await self.read_again()

    def action_back(self) -> None:
        """Out of the field, stop the search, then leave it, then the filter, then the screen."""
        if self.close_field() or self.stop_search():
            return
        if self.leave_search():
            self.query_one(SearchBar).action_clear()
        elif self._query:
            self.query_one("#filter", FilterBar).action_clear()
        else:
            self.dismiss()

    def on_unmount(self) -> None:
        """A search that nobody waits for ends."""
        self.stop_search()


def _rows_of(runs: Sequence[RunSummary], known: Sequence[HistoryRow]) -> list[HistoryRow]:
    """The rows of these runs: those of runs that have not changed are kept. For a thread."""
    by_log = {row.run.log: row for row in known}
    rows: list[HistoryRow] = []
    for run in runs:
        row = by_log.get(run.log)
        rows.append(row if row is not None and row.run == run else make_row(run, Path(run.log)))
    return rows

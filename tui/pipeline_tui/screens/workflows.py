"""The first screen: every workflow of a place, how each went last time, and what is in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual import work
from textual.containers import Container
from textual.widgets import Static

from pipeline_tui.listing.catalog import Catalog
from pipeline_tui.listing.match import matching
from pipeline_tui.listing.places import bundled_place, place_of
from pipeline_tui.listing.status import empty_text, head_text, status_text
from pipeline_tui.screens.open_place import OpenScreen
from pipeline_tui.screens.workflow_actions import WorkflowActions
from pipeline_tui.widgets.filter_bar import FilterBar
from pipeline_tui.widgets.lasting_footer import LastingFooter
from pipeline_tui.widgets.runs_bar import RunsBar, TapBar
from pipeline_tui.widgets.workflow_list import WorkflowList, utc_now
from pipeline_tui.widgets.workflow_preview import WorkflowPreview

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.widgets import Input

    from pipeline_tui.listing.places import Place
    from pipeline_tui.listing.rows import Row

POLL = 1.0
"""Seconds between two looks at the files' stamps."""
OF_A_ROW = frozenset({"run_with", "faults", "breakpoints", "versus", "edit"})
"""Actions on the selected file: with none, their keys are not offered."""


class WorkflowsScreen(WorkflowActions):
    """Lists, filters, previews."""

    CSS_PATH = "../styles/workflows.tcss"
    TITLE = "Workflows"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it

    def __init__(
        self,
        place: Place,
        *,
        mode: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        poll: float = POLL,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._poll = poll
        self._mode = mode
        self._catalog = Catalog(place, mode=mode)
        self._reading = asyncio.Lock()
        self._rows: Sequence[Row] | None = None
        self._glimpsed: Sequence[Row] = ()

    def compose(self) -> ComposeResult:
        """Head, filter, list beside or above the preview, runs, status, keys."""
        yield Static(id="head", markup=False)
        yield FilterBar(placeholder="filter by name, description, provider", id="filter")
        with Container(id="body"):
            yield WorkflowList(clock=self._clock, id="list")
            yield Static("reading workflows…", id="empty", markup=False)
            yield WorkflowPreview(id="preview")
        yield RunsBar(id="runs-bar")
        yield TapBar(id="tap-bar")
        yield Static(id="status", markup=False)
        yield LastingFooter(compact=True)

    def on_mount(self) -> None:
        """Draw first, then read."""
        self._draw_head()
        self.query_one(WorkflowList).focus()
        self.set_interval(30, self.query_one(WorkflowList).refresh)
        self._follow_disk()

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        """The place shown."""
        return self._catalog.place

    @property
    def has_read(self) -> bool:
        """Whether the files have been read."""
        return self._rows is not None

    @property
    def rows(self) -> Sequence[Row]:
        """The rows of the place, also those that the filter holds back."""
        return self._glimpsed if self._rows is None else self._rows

    @property
    def _is_whole(self) -> bool:
        """Whether its widgets are there: not before it is mounted, nor when the app is being taken down."""
        return bool(self.query(WorkflowList)) and bool(self.query(RunsBar))

    def show_runs(self, paths: Collection[Path], lines: Sequence[str], tap: str | None = None) -> None:
        """Say which files have a run going, and how the runs in the background stand, and the tap."""
        if not self._is_whole:
            return
        self.query_one(WorkflowList).mark_running(paths)
        self.query_one(RunsBar).show(lines)
        self.query_one(TapBar).show(tap)
        self.refresh_bindings()

    def last_inputs(self, path: Path) -> dict[str, Any]:
        """The inputs of the last run of a file."""
        return self._catalog.last_inputs(path)

    def select(self, path: Path) -> None:
        """Put the cursor on a file."""
        self.query_one(WorkflowList).select(path)

    @work(group="results")
    async def refresh_results(self) -> None:
        """Read the last results again: a run has ended."""
        await self._read(self._catalog.results)

    @work(group="load")
    async def _load(self) -> None:
        await self._read(self._catalog.load)

    @work(group="disk")
    async def _follow_disk(self) -> None:
        await self._glimpse()
        await self._read(self._catalog.load)
        while True:
            await asyncio.sleep(self._poll)
            await self._read(self._catalog.changes)

    async def _glimpse(self) -> None:
        """List the files before any of them is parsed: the first frame has them."""
        catalog = self._catalog
        rows = await asyncio.to_thread(catalog.glimpse)
        if self._rows is None and catalog is self._catalog and self._is_whole:
            self._glimpsed = rows
            self._draw()

    async def _read(self, read: Callable[[], Sequence[Row] | None]) -> None:
        catalog = self._catalog
        async with self._reading:
            rows = await asyncio.to_thread(read)
        if rows is not None and catalog is self._catalog and self._is_whole:
            self._rows = rows
            self._draw()

    def _draw(self) -> None:
        rows = self.rows
        query = self.query_one(FilterBar).value
        shown = matching(rows, query)
        self._draw_head(len(shown))
        empty = self.query_one("#empty", Static)
        empty.display = not shown
        empty.update(empty_text(self.place, query if rows else ""))
        workflows = self.query_one(WorkflowList)
        workflows.display = bool(shown)
        workflows.show(shown)

    def _draw_head(self, shown: int | None = None) -> None:
        self.query_one("#head", Static).update(head_text(self.place, self._rows, shown))
        self.refresh_bindings()

    def on_workflow_list_selected(self, event: WorkflowList.Selected) -> None:
        """Preview the selected file and say how it would run."""
        self.query_one(WorkflowPreview).show(event.row)
        self.query_one("#status", Static).update(status_text(event.row))

    # --- what is offered ----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if not self._is_whole:
            return True
        if action == "runs":
            return bool(self.query_one(RunsBar).display)
        if action == "bundled":
            return not self.place.bundled
        if action in OF_A_ROW:
            return self.query_one(WorkflowList).selected is not None
        if action == "filter":
            return not self.query_one(FilterBar).has_focus
        return super().check_action(action, parameters)

    # --- the filter ---------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_clear_filter(self) -> None:
        """Show all again."""
        self.query_one(FilterBar).action_clear()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing; the best match is selected."""
        if self.rows and isinstance(event.input, FilterBar):
            self._draw()
            if event.value:
                self.query_one(WorkflowList).action_first()

    def on_filter_bar_left(self) -> None:
        """Back to the list."""
        self.query_one(WorkflowList).focus()

    # --- the preview, the files, the place ----------------------------------------------------------------

    def action_preview(self) -> None:
        """Show or hide the preview."""
        preview = self.query_one(WorkflowPreview)
        preview.display = not preview.display

    def action_reload(self) -> None:
        """Read everything anew."""
        self._load()

    def action_bundled(self) -> None:
        """Show the bundled workflows."""
        self._go_to(bundled_place())

    def action_open(self) -> None:
        """Ask for another place."""

        def go(path: Path | None) -> None:
            if path is not None:
                self._go_to(place_of([path]))

        self.app.push_screen(OpenScreen(), go)

    def _go_to(self, place: Place) -> None:
        self._catalog = Catalog(place, mode=self._mode)
        self._rows = None
        self._glimpsed = ()
        self.query_one(FilterBar).action_clear()
        self._draw_head()
        self._load()

"""The list of workflows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from pipeline_tui.listing.line import Columns, columns_for, row_line
from pipeline_tui.listing.rows import Row
from pipeline_tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class WorkflowList(RowList[Row]):
    """A row for each file, known by its path."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "run", "Run", tooltip="Run the selected workflow; asks for its inputs if it has any"
        ),
    ]
    DEFAULT_CSS = """
    WorkflowList { overflow-y: auto; }
    """

    class Selected(Message):
        """Another row is selected, or the selected one changed; `row` is `None` for an empty list."""

        def __init__(self, row: Row | None) -> None:
            super().__init__()
            self.row = row

    class Chosen(Message):
        """The row shall be run."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._clock = clock
        self._live: Collection[Path] = ()
        self._columns: Columns | None = None

    def key_of(self, row: Row) -> Path:
        """Its file."""
        return row.path

    def line_of(self, row: Row, width: int) -> Content:
        """The row in the columns that fit."""
        if self._columns is None:
            return Content()
        return row_line(row, self._columns, width, now=self._clock(), running=row.path in self._live)

    def selection_changed(self) -> None:
        """Tell it."""
        self.post_message(self.Selected(self.selected))

    def choose(self) -> None:
        """Ask for a run of the selected row."""
        self.action_run()

    def action_run(self) -> None:
        """Ask for a run of the selected row."""
        if self.selected is not None:
            self.post_message(self.Chosen(self.selected))

    def select(self, path: Path) -> None:
        """Put the cursor on this file, if it is shown."""
        self.cursor = next((at for at, row in enumerate(self._rows) if row.path == path), self.cursor)

    def mark_running(self, paths: Collection[Path]) -> None:
        """Say which files have a run that is going."""
        self._live = paths
        self.refresh()

    def _lay_out(self) -> None:
        super()._lay_out()
        self._columns = columns_for(self._rows, self.scrollable_content_region.width)

"""The list of workflows: a line each, drawn only where it can be seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from pipeline_tui.listing.line import Columns, columns_for, row_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from textual import events

    from pipeline_tui.listing.rows import Row


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class WorkflowList(ScrollView, can_focus=True):
    """Rows with a cursor. Keeps the selected file selected whatever happens to the others."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "run", "Run", tooltip="Run the selected workflow; asks for its inputs if it has any"
        ),
        Binding("down,j", "move(1)", "Next", show=False),
        Binding("up,k", "move(-1)", "Previous", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"workflow-list--cursor", "workflow-list--hover"}
    DEFAULT_CSS = """
    WorkflowList {
        height: 1fr;
        background: $surface;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & > .workflow-list--cursor { background: $block-cursor-blurred-background; }
        & > .workflow-list--hover { background: $block-hover-background; }
        &:focus > .workflow-list--cursor { background: $primary-muted; text-style: bold; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    """The selected row."""
    hovered: reactive[int | None] = reactive(None)

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
        self._rows: Sequence[Row] = ()
        self._live: Collection[Path] = ()
        self._columns: Columns | None = None

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Row]:
        """The rows shown."""
        return self._rows

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows; the cursor stays on its file, or near it when the file is gone."""
        selected = self.selected
        self._rows = rows
        self._lay_out()
        kept = next((at for at, row in enumerate(rows) if selected and row.path == selected.path), None)
        self.set_reactive(WorkflowList.cursor, self._clamp(self.cursor if kept is None else kept))
        self._scroll_to_cursor()
        self.refresh()
        if self.selected is not selected:
            self.post_message(self.Selected(self.selected))

    def select(self, path: Path) -> None:
        """Put the cursor on this file, if it is shown."""
        self.cursor = next((at for at, row in enumerate(self._rows) if row.path == path), self.cursor)

    def mark_running(self, paths: Collection[Path]) -> None:
        """Say which files have a run that is going."""
        self._live = paths
        self.refresh()

    # --- drawing ------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The row at this line of the window."""
        at = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if at >= len(self._rows) or self._columns is None:
            return Strip.blank(width, self.visual_style.rich_style)
        names = self._component_of(at)
        style = self.get_visual_style(*names) if names else self.visual_style
        row = self._rows[at]
        line = row_line(row, self._columns, width, now=self._clock(), running=row.path in self._live)
        strips = Visual.to_strips(self, line, width, 1, style, apply_selection=False)
        return (
            strips[0].adjust_cell_length(width, style.rich_style) if strips else Strip([Segment(" " * width)])
        )

    def _component_of(self, at: int) -> tuple[str, ...]:
        if at == self.cursor:
            return ("workflow-list--cursor",)
        return ("workflow-list--hover",) if at == self.hovered else ()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, len(self._rows))
        self._columns = columns_for(self._rows, width)

    def on_resize(self) -> None:
        """Choose the columns for the new width."""
        self._lay_out()
        self._scroll_to_cursor()

    # --- the cursor ---------------------------------------------------------------------------------------

    def validate_cursor(self, cursor: int) -> int:
        """Keep it on a row."""
        return self._clamp(cursor)

    def watch_cursor(self) -> None:
        """Show where it is and tell."""
        self._scroll_to_cursor()
        self.refresh()
        self.post_message(self.Selected(self.selected))

    def _clamp(self, cursor: int) -> int:
        return max(0, min(cursor, len(self._rows) - 1))

    def _scroll_to_cursor(self) -> None:
        region = Region(0, self.cursor, 1, 1)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is seen at once."""
        self.cursor += pages * max(1, self.scrollable_content_region.height - 1)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.cursor = len(self._rows) - 1

    def action_run(self) -> None:
        """Ask for a run of the selected row."""
        if self.selected is not None:
            self.post_message(self.Chosen(self.selected))

    # --- the mouse ----------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """One click selects, a second one on the same row runs it."""
        at = self._row_at(event)
        if at is None:
            return
        if event.chain > 1 and at == self.cursor:
            self.action_run()
        self.cursor = at

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show which row is under the mouse."""
        self.hovered = self._row_at(event)

    def on_leave(self) -> None:
        """The mouse has left."""
        self.hovered = None

    def _row_at(self, event: events.MouseEvent) -> int | None:
        at = event.y + self.scroll_offset.y
        return at if at < len(self._rows) else None

"""A list of rows with a cursor, a line each, drawn only where it can be seen: 10,000 rows cost what 20 do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual import events
    from textual.content import Content

RowT = TypeVar("RowT")


class RowList(ScrollView, Generic[RowT], can_focus=True):
    """Keeps the selected row selected, by its key, whatever happens to the others."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Next", show=False),
        Binding("up,k", "move(-1)", "Previous", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor", "row-list--hover"}
    DEFAULT_CSS = """
    RowList {
        height: 1fr;
        background: $surface;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
        & > .row-list--cursor { background: $block-cursor-blurred-background; }
        & > .row-list--hover { background: $block-hover-background; }
        &:focus > .row-list--cursor { background: $primary-muted; text-style: bold; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    """The selected row."""
    hovered: reactive[int | None] = reactive(None)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: Sequence[RowT] = ()

    # --- for the subclass ---------------------------------------------------------------------------------

    def key_of(self, row: RowT) -> Hashable:
        """What a row is known by."""
        raise NotImplementedError

    def line_of(self, row: RowT, width: int) -> Content:
        """The row as one line of at most `width` cells."""
        raise NotImplementedError

    def selection_changed(self) -> None:
        """Another row is selected, or the selected one is another than before."""
        raise NotImplementedError

    def choose(self) -> None:
        """The selected row was clicked once more."""
        raise NotImplementedError

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[RowT]:
        """The rows shown."""
        return self._rows

    @property
    def selected(self) -> RowT | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show(self, rows: Sequence[RowT]) -> None:
        """Show these rows; the cursor stays on its row, or near it when that is gone."""
        selected = self.selected
        key = self.key_of(selected) if selected is not None else None
        self._rows = rows
        self._lay_out()
        kept = next((at for at, row in enumerate(rows) if self.key_of(row) == key), self.cursor)
        self.set_reactive(RowList.cursor, self._clamp(kept))
        self._scroll_to_cursor()
        self.refresh()
        if self.selected is not selected:
            self.selection_changed()

    def render_line(self, y: int) -> Strip:
        """The row at this line of the window."""
        at = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if at >= len(self._rows):
            return Strip.blank(width, self.visual_style.rich_style)
        names = self._component_of(at)
        style = self.get_visual_style(*names) if names else self.visual_style
        strips = Visual.to_strips(
            self, self.line_of(self._rows[at], width), width, 1, style, apply_selection=False
        )
        return strips[0].adjust_cell_length(width, style.rich_style) if strips else Strip.blank(width)

    def _component_of(self, at: int) -> tuple[str, ...]:
        if at == self.cursor:
            return ("row-list--cursor",)
        return ("row-list--hover",) if at == self.hovered else ()

    def _lay_out(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
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
        self.selection_changed()

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

    # --- the mouse ----------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """One click selects, a second one on the same row chooses it."""
        at = self._row_at(event)
        if at is None:
            return
        if event.chain > 1 and at == self.cursor:
            self.choose()
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

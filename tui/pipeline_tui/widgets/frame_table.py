"""Every frame as a row: a virtual list that costs the same at a thousand rows and at a million."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from pipeline_tui.frame_gate import gate_of
from pipeline_tui.views.frame_row import columns_for, header_text, row_cells
from pipeline_tui.widgets.quiet_scroll import QuietScroll

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style
    from textual import events

    from pipeline_tui.views.frame_row import FrameRow, Tone

_KEPT_STRIPS = 400
_SCANNED_A_FRAME = 50_000
_STYLES: dict[Tone, str] = {
    "dim": "frame-table--dim",
    "type": "frame-table--type",
    "warning": "frame-table--warning",
    "error": "frame-table--error",
}


class FrameTable(QuietScroll):
    """Rows are formatted when they come into view; filtering goes on over new rows only."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *_STYLES.values(),
        "frame-table--header",
        "frame-table--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First row", show=False),
        Binding("end,G", "follow", "Last row, follow", show=False),
    ]

    class Changed(Message):
        """Rows came, or the cursor, the filter or following changed."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[FrameRow] = []
        self.cursor = 0
        """The selected row, among those that pass the filter."""
        self.following = True
        self._matches: list[int] | None = None
        self._test: Callable[[FrameRow], bool] | None = None
        self._scanned = 0
        self._strips: dict[tuple[int, bool], Strip] = {}
        self._looks: dict[Tone, Style] | None = None

    def __len__(self) -> int:
        """How many rows pass the filter."""
        return len(self.rows) if self._matches is None else len(self._matches)

    @property
    def selected(self) -> FrameRow | None:
        """The row under the cursor."""
        if not len(self):
            return None
        at = min(self.cursor, len(self) - 1)
        return self.rows[at if self._matches is None else self._matches[at]]

    # --- feeding

    def extend(self, rows: Sequence[FrameRow]) -> None:
        """Add rows at the end; they are drawn in the next frame."""
        self.rows.extend(rows)
        if self.is_mounted:
            gate_of(self.app).mark(self)

    def filter(self, test: Callable[[FrameRow], bool] | None) -> None:
        """Show only the rows that pass; `None` shows all. Large tables are scanned over several frames."""
        self._test = test
        self._matches = None if test is None else []
        self._scanned = 0
        self._strips.clear()
        self.following = True
        self.flush()
        self.refresh()

    def flush(self) -> None:
        """Draw what came; look at rows that the filter has not seen."""
        shown = len(self)
        if self._test is not None and self._matches is not None:
            end = min(len(self.rows), self._scanned + _SCANNED_A_FRAME)
            rows, test = self.rows, self._test
            self._matches.extend(index for index in range(self._scanned, end) if test(rows[index]))
            self._scanned = end
            if end < len(rows):
                gate_of(self.app).mark(self)
        self._show(first=max(0, shown - 1))
        self.post_message(self.Changed())

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def _show(self, first: int) -> None:
        """Place the view, and draw the rows from `first` on; all of them when the view moved."""
        count, top = len(self), round(self.scroll_y)
        before = self.cursor
        if self.following:
            self.cursor = max(0, count - 1)
        last_top = max(0, count - self._page)
        new_top = last_top if self.following else min(top, last_top)
        self.place(count + 1, new_top)
        if new_top != top or self.cursor != before:
            self.refresh()
        elif first - top < self._page:
            y = 1 + max(0, first - top)
            self.refresh(Region(0, y, self.size.width, self.size.height - y))

    # --- what the user does

    def action_move(self, rows: int) -> None:
        """Move the cursor; the table holds still from now on."""
        self._go(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self._go(self.cursor + pages * self._page)

    def action_first(self) -> None:
        """To the first row."""
        self._go(0)

    def action_follow(self) -> None:
        """To the last row, and on with each new one."""
        self._go(len(self) - 1)
        self.following = True
        self.post_message(self.Changed())

    def _go(self, cursor: int) -> None:
        self.following = False
        self.cursor = max(0, min(cursor, len(self) - 1))
        top = round(self.scroll_y)
        top = min(top, self.cursor)
        top = max(top, self.cursor - self._page + 1)
        self.place(len(self) + 1, top)
        self.refresh()
        self.post_message(self.Changed())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The mouse wheel scrolled: hold, or follow again at the end."""
        super().watch_scroll_y(old_value, new_value)
        self.following = new_value >= self.max_scroll_y
        if self.following:
            self.cursor = max(0, len(self) - 1)
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        row = round(self.scroll_y) + event.y - 1
        if event.y >= 1 and row < len(self):
            self._go(row)

    # --- Textual's calls

    def on_mount(self) -> None:
        """Draw what came before."""
        gate_of(self.app).mark(self)

    def on_unmount(self) -> None:
        """Leave the gate."""
        gate_of(self.app).forget(self)

    def on_resize(self, _event: events.Resize) -> None:
        """Columns depend on the width."""
        self._strips.clear()
        self._show(first=0)
        self.refresh()

    def notify_style_update(self) -> None:
        """Strips hold colours."""
        super().notify_style_update()
        self._looks = None
        self._strips.clear()

    # --- painting

    def render_line(self, y: int) -> Strip:
        """The header, or one row."""
        width = self.size.width
        if y == 0:
            style = self.get_component_rich_style("frame-table--header")
            return self.filtered(Strip([Segment(header_text(columns_for(width), width), style)], width))
        index = round(self.scroll_y) + y - 1
        if index >= len(self):
            return self.filtered(Strip([Segment(" " * width, self._styles()["plain"])], width))
        return self._row_strip(index, width)

    def _row_strip(self, index: int, width: int) -> Strip:
        number = index if self._matches is None else self._matches[index]
        under_cursor = index == self.cursor
        cached = self._strips.get((number, under_cursor))
        if cached is not None:
            return cached
        styles = self._styles()
        cells = row_cells(self.rows[number], columns_for(width), width)
        if under_cursor:
            style = self.get_component_rich_style("frame-table--cursor")
            cells[0] = (cells[0][0][:1] + "▸", "plain")  # the cursor is seen without colours too
            segments = [Segment(text, style) for text, _ in cells]
        else:
            segments = [Segment(text, styles[tone]) for text, tone in cells]
        strip = self.filtered(Strip(segments).adjust_cell_length(width, segments[-1].style))
        if len(self._strips) >= _KEPT_STRIPS:
            self._strips.clear()
        if number < len(self.rows) - 1:  # events may still join the last row
            self._strips[number, under_cursor] = strip
        return strip

    def _styles(self) -> dict[Tone, Style]:
        if self._looks is None:
            self._looks = {tone: self.get_component_rich_style(name) for tone, name in _STYLES.items()}
            self._looks["plain"] = self.visual_style.rich_style
        return self._looks

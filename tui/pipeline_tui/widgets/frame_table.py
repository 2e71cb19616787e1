"""Every frame as a row: a virtual list that costs the same at a thousand rows and at a million."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import work
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from pipeline_runtime.runlog.index import EventIndex
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.views.frame_row import FrameRows, columns_for, header_text, row_cells
from pipeline_tui.views.frame_scan import FrameScan
from pipeline_tui.widgets.quiet_scroll import QuietScroll

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.style import Style
    from textual import events

    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.frame_filter import Filter
    from pipeline_tui.views.frame_row import FrameRow, Tone

_KEPT_STRIPS = 400
_FIRST_LOOK = 0.008  # seconds that a new filter looks at rows before anything is drawn
_NEXT_LOOK = 0.001  # and in each further turn of the loop: an event on its way to the screen takes many turns
_NEAR = 20  # rows below the selected one that are looked at for the next frame of its attempt
_STYLES: dict[Tone, str] = {
    "dim": "frame-table--dim",
    "type": "frame-table--type",
    "warning": "frame-table--warning",
    "error": "frame-table--error",
}


class FrameTable(QuietScroll):
    """Rows come from an index and are formatted when they come into view; a filter looks at each row once."""

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

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where rows go that do not stay in memory."""
        super().__init__()
        self.index = EventIndex(folder)
        self.rows = FrameRows(self.index)
        """All rows, whether they pass the filter or not."""
        self.cursor = 0
        """The selected row, among those that pass the filter."""
        self.following = True
        self._scan: FrameScan | None = None
        self._scanning = False
        self._drawn = 0
        """How many rows there were when the table was drawn last; -1: draw it all."""
        self._strips: dict[tuple[int, bool], Strip] = {}
        self._looks: dict[Tone, Style] | None = None

    def __len__(self) -> int:
        """How many rows pass the filter, as far as it has looked."""
        return len(self.rows) if self._scan is None else len(self._scan)

    def gap_behind(self, row: FrameRow | None) -> int | None:
        """Ns from the selected frame to the next one of its attempt, or `BURST`; `None`: none is near.

        Args:
            row: The selected row.
        """
        if row is None or row.frame is None:
            return None
        at = self._number(min(self.cursor, len(self) - 1)) + 1
        place = row.event.step, row.event.attempt
        behind = (self.rows[n] for n in range(at, min(at + _NEAR, len(self.rows))))
        return next(
            (one.gap for one in behind if one.frame and place == (one.event.step, one.event.attempt)), None
        )

    @property
    def selected(self) -> FrameRow | None:
        """The row under the cursor."""
        return self.rows[self._number(min(self.cursor, len(self) - 1))] if len(self) else None

    @property
    def searched(self) -> float:
        """How much of the rows the filter has looked at: 1.0 when it is through."""
        return 1.0 if self._scan is None else self._scan.searched

    def _number(self, index: int) -> int:
        """Among all rows, the row that is shown as `index`."""
        return index if self._scan is None else self._scan[index]

    # --- feeding

    def show_index(self, index: EventIndex) -> None:
        """Show another index; the one before is closed."""
        self.index.close()
        self.index, self.rows = index, FrameRows(index)
        self._strips.clear()
        self.filter(self._scan.test if self._scan is not None else None)

    def extend(self, events: Sequence[AnyEvent]) -> None:
        """Take in the run's next events; they are drawn in the next frame."""
        self.index.add(events)
        if self.is_mounted:
            gate_of(self.app).mark(self)

    def filter(self, test: Filter | None) -> None:
        """Show only the rows that pass, the newest first where there are many; `None` shows all."""
        before, self._scan = self._scan, None
        self.following, self._drawn = True, -1
        if test is not None:
            wider = before if before is not None and test.narrows(before.test) else None
            self._scan = FrameScan(self.index, test, wider=wider)
            self._look(self._scan, _FIRST_LOOK)
        self.flush()
        self.refresh()

    def flush(self) -> None:
        """Draw what came; look at rows that the filter has not seen."""
        if self._scan is not None and not self._scanning:
            self._look(self._scan, _FIRST_LOOK)
            if not self._scan.done:
                self._look_on()
        drawn = self._drawn
        if len(self) != drawn or (drawn and self._number(drawn - 1) == len(self.rows) - 1):
            self._show(first=max(0, drawn - 1))  # events may have joined what was the last row
        self.post_message(self.Changed())

    def _look(self, scan: FrameScan, seconds: float) -> None:
        begun, before = perf_counter(), scan.older
        while not scan.done and perf_counter() - begun < seconds:
            scan.step()
        moved = scan.older - before
        if moved and not self.following:  # what is in view stays in view
            self.cursor += moved
            self.place(len(self) + 1, round(self.scroll_y) + moved)

    @work(group="scan", exclusive=True)
    async def _look_on(self) -> None:
        """Look through the rest; what is found is drawn with the next frame."""
        self._scanning = True
        try:
            while (scan := self._scan) is not None and not scan.done:
                self._look(scan, _NEXT_LOOK)
                gate_of(self.app).mark(self)
                await asyncio.sleep(0)  # another filter may be set meanwhile, or none
        finally:
            self._scanning = False

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def _show(self, first: int) -> None:
        """Place the view, and draw the rows from `first` on; all of them when the view moved."""
        count, top = len(self), round(self.scroll_y)
        before, self._drawn = self.cursor, count
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

    def select_seq(self, seq: int) -> None:
        """Select the row that has the event with this number, or the one before that is shown."""
        row = self.index.row_of(seq)
        self._go(bisect_right(range(len(self)), row, key=self._number) - 1)

    def _go(self, cursor: int) -> None:
        if not len(self):
            return
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
        number = self._number(index)
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

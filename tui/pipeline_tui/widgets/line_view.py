"""Lines to be read, drawn only where they are seen: what the sides of a comparison and a diff share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from pipeline_tui.widgets.row_strips import StripCache

if TYPE_CHECKING:
    from textual.content import Content


class LineView(ScrollView, can_focus=True):
    """Scrolls by the keys of a pager; a line that has been drawn is kept until it changes."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Scroll down", show=False),
        Binding("k", "scroll_up", "Scroll up", show=False),
        Binding("ctrl+d", "page_down", "Page down", show=False),
        Binding("ctrl+u", "page_up", "Page up", show=False),
        Binding("g", "scroll_home", "Top", show=False),
        Binding("G", "scroll_end", "End", show=False),
    ]
    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        width: 1fr;
        background: $surface;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._strips = StripCache()

    # --- for the subclass ---------------------------------------------------------------------------------

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def content_of(self, at: int, width: int) -> Content:
        """A line, for so many cells."""
        raise NotImplementedError

    @property
    def line_width(self) -> int:
        """How many cells a line is drawn for."""
        return self.scrollable_content_region.width

    def lines_changed(self, first: int = 0) -> None:
        """The lines from `first` on are others than before, or more, or fewer."""
        self._strips.forget_from(first)
        self.lay_out()
        above = max(0, first - self.scroll_offset.y)
        if above < self.size.height:
            self.refresh(Region(0, above, self.size.width, self.size.height - above))

    def lay_out(self) -> None:
        """Let all lines be scrolled to."""
        self.virtual_size = Size(self.scrollable_content_region.width, self.line_count)

    # --- drawing ------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Theme or focus changed: strips hold colours."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """The line at this row of the window."""
        left, top = self.scroll_offset
        at, width = y + top, self.line_width
        base = self.visual_style
        if at >= self.line_count:
            return Strip.blank(width, base.rich_style)
        strip = self._strips.get(at, width)
        if strip is None:
            strips = Visual.to_strips(self, self.content_of(at, width), width, 1, base, apply_selection=False)
            strip = (
                strips[0].adjust_cell_length(width, base.rich_style)
                if strips
                else Strip.blank(width, base.rich_style)
            )
            self._strips.keep(at, strip, top)
        return strip.crop(left, left + self.scrollable_content_region.width)

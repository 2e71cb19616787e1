"""One side of two texts that stand beside each other: both scroll together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.views.compare_rows import Line, PairRow

SIGN = 2
"""Cells before the text."""
SIGNS: dict[str, tuple[str, str]] = {
    "a": ("- ", "$text-error on $error-muted"),
    "b": ("+ ", "$text-success on $success-muted"),
}
FAINT = "$foreground 45%"


class AlignedPane(ScrollView, can_focus=True):
    """Shows its side of the rows, drawn only where they are seen."""

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
    AlignedPane {
        height: 1fr;
        width: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
    }
    """

    def __init__(self, side: Literal["a", "b"]) -> None:
        super().__init__(id=f"side-{side}")
        self._side = side
        self._rows: Sequence[PairRow] = ()
        self._current = range(0)
        self.partner: AlignedPane | None = None
        """Scrolls along."""

    @property
    def text_width(self) -> int:
        """Cells that a row's text has."""
        return max(0, self.scrollable_content_region.width - SIGN)

    def show(self, rows: Sequence[PairRow]) -> None:
        """Show its side of these rows."""
        self._rows = rows
        self._current = range(0)
        self.lay_out()
        self.refresh()

    def on_resize(self) -> None:
        """Keep both sides at the same height."""
        self.lay_out()
        if self.partner is not None:
            self.partner.lay_out()

    def lay_out(self) -> None:
        """Give both sides the same way to scroll, also when this one is a row taller."""
        partner = self.partner or self
        taller = max(0, self.size.height - partner.size.height)
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + taller)

    def point_at(self, place: range) -> None:
        """Say which rows are looked at."""
        self._current = place
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Take the other side along."""
        super().watch_scroll_y(old_value, new_value)
        if self.partner is not None and self.partner.scroll_target_y != new_value:
            self.partner.scroll_to(y=new_value, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        """The row at this line of the window."""
        at = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self.visual_style
        if at >= len(self._rows):
            return Strip.blank(width, base.rich_style)
        strips = Visual.to_strips(self, self._content(at, width), width, 1, base, apply_selection=False)
        return strips[0].adjust_cell_length(width, base.rich_style) if strips else Strip.blank(width)

    def _content(self, at: int, width: int) -> Content:
        row = self._rows[at]
        line: Line | None = getattr(row, self._side)
        if row.heading:
            text = f"── {line.text if line else ''} "
            return Content.styled(text + "─" * max(0, width - cell_len(text)), "bold $text-primary")
        pointed = at in self._current
        if line is None:
            return Content.styled(("▶ " if pointed else "  ") + "┄┄┄", FAINT)
        sign, style = SIGNS[self._side] if row.differs else ("  ", "")
        content = Content(line.shown)
        for first, last in line.spans:
            content = content.stylize(f"bold {style}", first, last)
        return Content.assemble(("▶ " if pointed else sign, style), content)

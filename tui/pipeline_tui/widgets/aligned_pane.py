"""One side of two texts that stand beside each other: both scroll together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size

from pipeline_tui.widgets.line_view import LineView

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


class AlignedPane(LineView):
    """Shows its side of the rows."""

    DEFAULT_CSS = """
    AlignedPane { background: $background; }
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

    @property
    def line_count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def show(self, rows: Sequence[PairRow], first: int = 0) -> None:
        """Show its side of these rows; those before `first` are the same as before."""
        self._rows = rows
        self.lines_changed(first)

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
        if place != self._current:
            changed = min([one.start for one in (place, self._current) if one], default=0)
            self._current = place
            self.lines_changed(changed)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Take the other side along."""
        super().watch_scroll_y(old_value, new_value)
        if self.partner is not None and self.partner.scroll_target_y != new_value:
            self.partner.scroll_to(y=new_value, animate=False, force=True, immediate=True)

    def content_of(self, at: int, width: int) -> Content:
        """Its side of a row."""
        row = self._rows[at]
        line: Line | None = getattr(row, self._side)
        if row.heading:
            text = f"── {line.text if line else ''} "
            return Content.styled(text + "─" * max(0, width - cell_len(text)), "bold $text-primary")
        pointed = at in self._current
        if line is None:
            return Content.styled(("▶ " if pointed else "  ") + ("" if row.awaited else "┄┄┄"), FAINT)
        sign, style = SIGNS[self._side] if row.differs else ("  ", "")
        content = Content(line.shown)
        for first, last in line.spans:
            content = content.stylize(f"bold {style}", first, last)
        return Content.assemble(("▶ " if pointed else sign, style), content)

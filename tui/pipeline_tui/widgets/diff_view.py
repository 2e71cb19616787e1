"""Lines that are made for a width and drawn only where they are seen: a diff with the words around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.content import Content


class DiffView(ScrollView, can_focus=True):
    """Scrolls; makes its lines anew when the width changes."""

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
    DiffView {
        height: 1fr;
        background: $surface;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._make: Callable[[int], Sequence[Content]] | None = None
        self._lines: Sequence[Content] = ()

    @property
    def text(self) -> str:
        """What can be scrolled to, without the styles."""
        return "\n".join(line.plain.rstrip() for line in self._lines)

    def show(self, make: Callable[[int], Sequence[Content]] | None, *, to_top: bool) -> None:
        """Show the lines that `make` gives for a width in cells; none without it."""
        self._make = make
        self._lay_out()
        if to_top:
            self.scroll_to(0, 0, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Make the lines for the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._lines = self._make(width) if self._make is not None and width else ()
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line at this row of the window."""
        at = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self.visual_style
        if at >= len(self._lines):
            return Strip.blank(width, base.rich_style)
        strips = Visual.to_strips(self, self._lines[at], width, 1, base, apply_selection=False)
        return strips[0].adjust_cell_length(width, base.rich_style) if strips else Strip.blank(width)

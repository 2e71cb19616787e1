"""The text of a workflow's file: only the lines in sight are drawn, however long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size

from pipeline_tui.listing.preview import Preview
from pipeline_tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from textual.content import Content
    from textual.selection import Selection
    from textual.strip import Strip


class YamlView(LineView):
    """Scrolls both ways; its text can be selected with the mouse."""

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "scroll_left", "Scroll left", show=False),
        Binding("l", "scroll_right", "Scroll right", show=False),
    ]
    DEFAULT_CSS = """
    YamlView { padding: 0 1; scrollbar-size: 0 1; overflow-x: auto; overflow-y: auto; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._preview = Preview()

    @property
    def text(self) -> str:
        """What can be scrolled to, without its colours."""
        return self._preview.text

    def show(self, preview: Preview) -> None:
        """Show these lines instead."""
        self._preview = preview
        self.lines_changed()

    def watch_show_vertical_scrollbar(self) -> None:
        """The bar comes with the next layout: it does not know yet where the text was scrolled to."""
        self.vertical_scrollbar.position = self.scroll_y

    # --- for the lines ------------------------------------------------------------------------------------

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return len(self._preview.lines)

    @property
    def line_width(self) -> int:
        """Cells of the widest line, or of the view."""
        return max(self._preview.width, super().line_width)

    def content_of(self, at: int, width: int) -> Content:  # noqa: ARG002 - lines are as wide as they are
        """A line, with what is selected of it."""
        line = self._preview.lines[at]
        span = self.text_selection.get_span(at) if self.text_selection is not None else None
        if span is None:
            return line
        style = self.screen.get_visual_style("screen--selection")
        return line.stylize(style, span[0], len(line) if span[1] < 0 else span[1])

    # --- selecting ----------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """A line with the offsets that selecting with the mouse needs."""
        at = self.scroll_offset
        return super().render_line(y).apply_offsets(at.x, at.y + y)

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse selects: strips hold the highlight."""
        self._strips.clear()
        super().selection_updated(selection)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text."""
        return selection.extract(self.text), "\n"

    def lay_out(self) -> None:
        """Let all of the text be scrolled to."""
        self.virtual_size = Size(self._preview.width, self.line_count)

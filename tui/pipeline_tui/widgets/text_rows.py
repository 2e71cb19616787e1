"""Rows of text that are drawn from kept strips and can be selected with the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip

from pipeline_tui.widgets.quiet_scroll import QuietScroll, blank_rows
from pipeline_tui.widgets.row_strips import STYLE_NAMES, RowStyles, StripCache, overlay, row_strip, row_text

if TYPE_CHECKING:
    from rich.style import Style
    from textual.geometry import Region, Size
    from textual.selection import Selection

    from pipeline_tui.views.transcript import Transcript

_BLANK = -1  # where the strip of the empty rows below the text is kept


class TextRows(QuietScroll):
    """Paints the rows of a transcript. Rows that do not change keep their strips, with their ANSI text."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLE_NAMES.values())

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._strips = StripCache()
        self._styles: RowStyles | None = None
        self._selection: Selection | None = None

    @property
    def transcript(self) -> Transcript:
        """The rows."""
        raise NotImplementedError

    @property
    def badge(self) -> str:
        """What is said over the last row; empty: nothing."""
        raise NotImplementedError

    def notify_style_update(self) -> None:
        """Theme or focus changed: strips hold colours."""
        super().notify_style_update()
        self._styles = None
        self._strips.clear()

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse selects: strips hold the highlight."""
        self._selection = selection
        self._strips.clear()
        super().selection_updated(selection)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, soft breaks undone."""
        parts: list[str] = []
        for index in range(len(self.transcript)):
            span = selection.get_span(index)
            if span is None:
                continue
            _gutter, text, hard = row_text(self.transcript.row(index))
            start, end = max(0, span[0]), None if span[1] == -1 else max(0, span[1])
            parts.append(text[start:end] + ("\n" if hard and end is None else ""))
        return "".join(parts).removesuffix("\n"), "\n"

    def render_line(self, y: int) -> Strip:
        """One row with the offsets that selecting with the mouse needs; painting goes by `render_lines`."""
        row = round(self.scroll_y) + y
        gutter = len(row_text(self.transcript.row(row))[0]) if row < len(self.transcript) else 0
        return self._strip(row, self.size.width).apply_offsets(-gutter, row)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of `crop`, from the cache where they did not change."""
        return self.rows_of(crop, self.size) if self.is_running else blank_rows(crop)

    def rows_of(self, crop: Region, size: Size) -> list[Strip]:
        """The same for a size that is known: Textual looks long for it."""
        top, (width, height) = round(self.scroll_y), size
        last = height - 1
        strips = [self._strip(top + y, width) for y in crop.line_range]
        badge = self.badge
        if badge and last in crop.line_range:
            at = last - crop.y
            strips[at] = overlay(strips[at], badge, width, self._row_styles()["badge"])
        return self.crop_strips(strips, crop, width)

    def _strip(self, index: int, width: int) -> Strip:
        rows = len(self.transcript)
        if index >= rows:
            index = _BLANK
        cached = self._strips.get(index, width)
        if cached is not None:
            return cached
        if index == _BLANK:
            blank = Strip([Segment(" " * width, self._row_styles()["text"])], width)
            self._strips.keep(_BLANK, blank, 0)
            return blank
        span = self._selection.get_span(index) if self._selection is not None else None
        strip = row_strip(self.transcript.row(index), width, self._row_styles(), span)
        if index < rows - 1:  # the growing row is never kept
            self._strips.keep(index, strip, round(self.scroll_y))
        return strip

    def _row_styles(self) -> RowStyles:
        if self._styles is None:
            self._styles = RowStyles(self._find_style)
        return self._styles

    def _find_style(self, look: str) -> Style:
        if look == "text":
            return self.filtered_style(self.visual_style.rich_style)
        if look == "selection":
            return self.filtered_style(self.screen.get_component_rich_style("screen--selection"))
        return self.filtered_style(self.get_component_rich_style(STYLE_NAMES[look]))

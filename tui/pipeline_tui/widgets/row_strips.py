"""Rows of a transcript as strips: what `LivePane` paints, without the widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from pipeline_tui.text.wrap import CODE, HEADING
from pipeline_tui.views.format import fit
from pipeline_tui.views.transcript import GUTTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style

    from pipeline_tui.views.transcript import Role, Row

STYLE_NAMES = {
    "code": "live-pane--code",
    "heading": "live-pane--heading",
    "thinking": "live-pane--thinking",
    "tool": "live-pane--tool",
    "refusal": "live-pane--refusal",
    "error": "live-pane--error",
    "badge": "live-pane--badge",
}
"""What is drawn, to the component class that styles it; `text` and `selection` have styles of their own."""

_LOOKS: dict[Role, str] = {
    "text": "text",
    "thinking": "thinking",
    "tool_input": "tool",
    "refusal": "refusal",
    "error": "error",
}
_FLAGGED = {0: "text", CODE: "code", HEADING: "heading"}
_KEPT = 512
_NEAR = 192


class RowStyles(dict[str, "Style"]):
    """The styles of a pane, as its theme gives them: each is looked up when it is drawn for the first time.

    Few panes show all lanes, and finding a style takes Textual 0.1 ms: all of 64 panes held the first frame
    for 60 ms.
    """

    def __init__(self, find: Callable[[str], Style]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, look: str) -> Style:
        """Look it up."""
        style = self[look] = self._find(look)
        return style


class StripCache:
    """Strips by row. Far ones are dropped when there are many."""

    def __init__(self) -> None:
        self._strips: dict[int, Strip] = {}
        self._highest = -1

    def get(self, row: int, width: int) -> Strip | None:
        """The strip of a row, if it is kept and as wide as wanted."""
        strip = self._strips.get(row)
        return strip if strip is not None and strip.cell_length == width else None

    def keep(self, row: int, strip: Strip, top: int) -> None:
        """Keep a strip; `top` is the first row in view."""
        if len(self._strips) >= _KEPT:
            self._strips = {
                key: value for key, value in self._strips.items() if top - _NEAR <= key < top + _NEAR
            }
        self._highest = max(self._highest, row)
        self._strips[row] = strip

    def forget_from(self, row: int) -> None:
        """Drop this row and all after it."""
        if self._strips and row <= self._highest:
            self._highest = row - 1
            self._strips = {key: value for key, value in self._strips.items() if key < row}

    def clear(self) -> None:
        """Drop all."""
        self._strips.clear()


def row_text(row: Row) -> tuple[str, str, bool]:
    """The gutter and the text of a row as drawn, and whether a line ends with it (or only wraps)."""
    section, line = row
    if line < 0:
        return "", section.head or "", True
    text = section.buffer.lines[line]
    return GUTTERS[section.role], text.removesuffix("\n"), text.endswith("\n")


def row_strip(row: Row, width: int, styles: RowStyles, span: tuple[int, int] | None) -> Strip:
    """A row padded to `width`, its selected characters (`span`; -1 is the end) highlighted."""
    gutter, text, _ = row_text(row)
    style = _style_of(row, styles)
    room = width - len(gutter)
    if row.line < 0:
        text = fit(text, room)
    elif cell_len(text) > room:
        text = text[:-1]  # the space that a soft break hangs on
        if cell_len(text) > room:
            text = set_cell_size(text, max(0, room))  # not wrapped yet for this width
    segments = [Segment(gutter, style)] if gutter else []
    segments += [Segment(text, style)] if span is None else _selected(text, style, styles["selection"], span)
    pad = room - cell_len(text)
    if pad > 0:
        segments.append(Segment(" " * pad, style))
    return Strip(segments, width)


def overlay(strip: Strip, badge: str, width: int, style: Style) -> Strip:
    """`strip` with `badge` over its right end."""
    badge = badge[:width]
    room = width - cell_len(badge)
    return Strip([*strip.crop(0, room), Segment(badge, style)], width)


def _selected(text: str, style: Style, selection: Style, span: tuple[int, int]) -> list[Segment]:
    start = max(0, span[0])
    end = len(text) if span[1] == -1 else max(0, span[1])
    parts = ((text[:start], style), (text[start:end], style + selection), (text[end:], style))
    return [Segment(part, look) for part, look in parts if part]


def _style_of(row: Row, styles: RowStyles) -> Style:
    section, line = row
    if section.role != "text":
        return styles[_LOOKS[section.role]]
    flag = section.buffer.flags[line] if line >= 0 else HEADING
    return styles[_FLAGGED[flag]]

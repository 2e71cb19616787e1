"""Tapped requests as lines of cells: the heading, and a row. Columns that do not fit are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from pipeline_tui.views.history_line import DELIVERY_STYLES, FAINT, MUTED, cell

if TYPE_CHECKING:
    from pipeline_tui.views.pane_state import State
    from pipeline_tui.views.tap_row import TapRow


@dataclass(frozen=True, slots=True)
class TapColumn:
    """One column; with `share` it takes its part of what is left."""

    name: str
    heading: str
    width: int
    right: bool = False
    share: int = 0
    room: int = 0
    """It is shown where the line has so many cells."""


COLUMNS = (
    TapColumn("number", "#", 4),
    TapColumn("status", "HTTP", 4),
    TapColumn("model", "model", 14, share=2),
    TapColumn("protocol", "protocol", 16, room=104),
    TapColumn("delivery", "delivery", 8),
    TapColumn("ttft", "TTFT", 7, right=True),
    TapColumn("deltas", "deltas", 6, right=True, room=86),
    TapColumn("tokens", "tokens", 6, right=True),
    TapColumn("stalls", "stalls", 6, right=True),
    TapColumn("how", "how it stands", 17, share=3),
    TapColumn("client", "client", 18, share=1, room=140),
)
SIGN = 2
"""Cells of the sign."""
STATE_STYLES: dict[State, str] = {
    "streaming": "$text-primary",
    "answered": "$text-primary",
    "stalled": "$text-warning",
    "done": "$text-success",
    "failed": "$text-error",
    "cancelled": "$text-warning",
}
STOPPED = "bold $text-warning"


def widths_for(width: int) -> dict[str, int]:
    """The columns that are shown in a line of so many cells, and how wide each is."""
    shown = [column for column in COLUMNS if width >= column.room]
    left = max(0, width - SIGN - sum(column.width + 1 for column in shown) + 1)
    shares = sum(column.share for column in shown)
    widths = {column.name: column.width + left * column.share // shares for column in shown}
    widths["how"] += max(0, left) - sum(left * column.share // shares for column in shown)
    return widths


def tap_heading(width: int) -> Content:
    """The columns' names."""
    widths = widths_for(width)
    cells = [
        cell(column.heading, widths[column.name], MUTED, right=column.right)
        for column in COLUMNS
        if column.name in widths
    ]
    return Content(" " * SIGN) + Content(" ").join(cells)


def tap_line(row: TapRow, width: int) -> Content:
    """A request's line."""
    widths, texts = widths_for(width), row.cells()
    cells = [
        cell(texts[column.name], widths[column.name], _style(row, column.name), right=column.right)
        for column in COLUMNS
        if column.name in widths
    ]
    return Content.styled(f"{row.sign} ", _state_style(row)) + Content(" ").join(cells)


def _state_style(row: TapRow) -> str:
    if row.stop is not None and not row.pane.ended:
        return STOPPED
    return STATE_STYLES.get(row.pane.state, MUTED)


def _style(row: TapRow, column: str) -> str:
    match column:
        case "model":
            return "bold"
        case "how":
            return _state_style(row)
        case "delivery":
            return DELIVERY_STYLES.get(row.pane.badge, "")
        case "stalls":
            return "$text-warning" if row.pane.stalls else FAINT
        case "number" | "protocol" | "client":
            return MUTED
        case _:
            return ""

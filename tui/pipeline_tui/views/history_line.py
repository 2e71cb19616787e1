"""Recorded runs as lines of cells: the heading, and a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from pipeline_tui.views.format import fit
from pipeline_tui.views.history_row import COLUMNS, KEPT_FIRST, SIGNS, Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline_tui.views.history_row import HistoryRow, Order

LEAST_NAME = 14
HEAD = 4
"""Cells of the mark and the sign."""
HEAP = "●"
FAINT = "$foreground 45%"
MUTED = "$foreground 70%"
STYLES = {
    "ok": "$text-success",
    "failed": "$text-error",
    "cancelled": "$text-warning",
    "cut": "$text-warning",
    "running": "$text-primary",
}
DELIVERY_STYLES = {"STREAM": "$text-success", "SYNC": "$text-warning", "BUFFERED": "$text-warning"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns are shown, how wide, and where each begins."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [column.name for column in self.columns]

    def column_at(self, x: int) -> str | None:
        """The column that a cell is in."""
        end = HEAD
        for column, width in zip(self.columns, self.widths, strict=True):
            if end <= x < end + width + 1:
                return column.name
            end += width + 1
        return None


def layout_for(width: int) -> Layout:
    """The columns that fit beside the workflow's name, which takes what is left."""
    left = width - HEAD - LEAST_NAME
    kept = {"workflow"}
    by_name = {column.name: column for column in COLUMNS}
    for name in KEPT_FIRST:
        if by_name[name].width + 1 > left:
            break
        kept.add(name)
        left -= by_name[name].width + 1
    columns = tuple(column for column in COLUMNS if column.name in kept)
    widths = tuple(column.width or LEAST_NAME + max(0, left) for column in columns)
    return Layout(columns, widths)


def heading_line(layout: Layout, order: Order) -> Content:
    """The columns' names; the one that sorts has an arrow."""
    cells: list[Content] = []
    for column, width in zip(layout.columns, layout.widths, strict=True):
        sorts = column.name == order.column
        text = column.heading + (("▼" if order.descending else "▲") if sorts else "")
        cells.append(cell(text, width, "bold $text-primary" if sorts else MUTED, right=column.right))
    return Content(" " * HEAD) + Content(" ").join(cells)


def history_line(row: HistoryRow, layout: Layout, now: datetime, mark: str) -> Content:
    """A run's line; `mark` is a letter, or empty."""
    status = row.run.status
    head = Content.assemble(
        (fit(mark, 2), "bold $text-accent"), (fit(SIGNS[status], 2), STYLES.get(status, ""))
    )  # fmt: skip
    cells = [
        cell(column.text(row, now), width, _style(row, column), right=column.right)
        for column, width in zip(layout.columns, layout.widths, strict=True)
    ]
    return head + Content(" ").join(cells)


def _style(row: HistoryRow, column: Column) -> str:
    match column.name:
        case "workflow":
            return "bold $text-warning" if row.run.faults else "bold"
        case "status":
            return STYLES.get(row.run.status, "")
        case "delivery":
            return DELIVERY_STYLES.get(row.delivery, "")
        case "stalls":
            return "$text-warning" if row.run.stalls else FAINT
        case "started" | "mode" | "size":
            return MUTED
        case _:
            return ""


def cell(text: str, width: int, style: str, *, right: bool) -> Content:
    """A text in exactly so many cells."""
    content = Content.styled(text, style).truncate(width, ellipsis=True)
    missing = width - content.cell_length
    return content.pad_left(missing) if right else content.pad_right(missing)


def mark_of(run: str, marked: Sequence[str]) -> str:
    """The sign of a run: two that are marked are a pair to compare, more are a heap."""
    if run not in marked:
        return ""
    return "AB"[marked.index(run)] if len(marked) <= 2 else HEAP  # noqa: PLR2004 - so many are compared

"""A recorded run as the History screen knows it, and the columns that it is shown and sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.library.quantities import show_size
from pipeline_tui.listing.rows import BADGES, first_delta_of, parse_time
from pipeline_tui.listing.words import ago
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import short_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from pipeline_runtime.runlog.summaries import RunSummary

SortKey: TypeAlias = "str | int | float | None"
"""What a column sorts by; `None` comes last, whichever way it is sorted."""
SIGNS = {"ok": "✓", "failed": "✗", "cancelled": "■", "running": "▶", "cut": "~", "skipped": "-"}


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One recorded run."""

    run: RunSummary
    log: Path
    name: str
    """The workflow's, safe to be shown."""
    when: datetime | None
    delivery: str
    """`STREAM`, `SYNC`, `BUFFERED`; of several the one to know about; empty when nothing answered."""
    first_delta: int | None
    words: str
    """All that the filter looks at, in lower case."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    heading: str
    width: int
    right: bool
    key: Callable[[HistoryRow], SortKey]
    text: Callable[[HistoryRow, datetime], str]
    descends: bool
    """It begins with the largest when it is chosen to sort by."""


def make_row(run: RunSummary, log: Path) -> HistoryRow:
    """The row of a run."""
    deliveries = set(run.deliveries)
    delivery = next((badge for kind, badge in BADGES.items() if kind in deliveries), "")
    parts = (run.run, run.workflow, run.path or "", run.status, run.mode, delivery, *run.faults)
    return HistoryRow(
        run,
        log,
        name=sanitise_line(run.workflow),
        when=parse_time(run.started_at),
        delivery=delivery,
        first_delta=first_delta_of(run.finished) if run.finished is not None else None,
        words=" ".join(parts).casefold(),
    )


def _when(row: HistoryRow, now: datetime) -> str:
    return ago(row.when, now) if row.when is not None else ""


def _began(row: HistoryRow) -> SortKey:
    return row.when.timestamp() if row.when is not None else None


def _time(value: int | None) -> str:
    return short_duration(value) if value is not None else ""


def _number(value: int | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if value < 100_000 else f"{value // 1000:,}k"  # noqa: PLR2004 - six cells end there


COLUMNS: Sequence[Column] = (
    Column("started", "started", 10, right=True, key=_began, text=_when, descends=True),
    Column(
        "workflow", "workflow", 0, right=False, key=lambda row: row.name.casefold(), descends=False,
        text=lambda row, _: f"FAULTS {row.name}" if row.run.faults else row.name,
    ),
    Column(
        "status", "status", 9, right=False, key=lambda row: row.run.status, descends=False,
        text=lambda row, _: row.run.status,
    ),
    Column(
        "mode", "mode", 6, right=False, key=lambda row: row.run.mode, descends=False,
        text=lambda row, _: row.run.mode,
    ),
    Column(
        "delivery", "delivery", 8, right=False, key=lambda row: row.delivery or None, descends=False,
        text=lambda row, _: row.delivery,
    ),
    Column(
        "took", "took", 7, right=True, key=lambda row: row.run.elapsed, descends=True,
        text=lambda row, _: _time(row.run.elapsed),
    ),
    Column(
        "ttft", "TTFT", 7, right=True, key=lambda row: row.first_delta, descends=True,
        text=lambda row, _: _time(row.first_delta),
    ),
    Column(
        "deltas", "deltas", 7, right=True, key=lambda row: row.run.deltas, descends=True,
        text=lambda row, _: _number(row.run.deltas),
    ),
    Column(
        "stalls", "stalls", 7, right=True, key=lambda row: row.run.stalls, descends=True,
        text=lambda row, _: _number(row.run.stalls),
    ),
    Column(
        "size", "size", 8, right=True, key=lambda row: row.run.size, descends=True,
        text=lambda row, _: show_size(row.run.size),
    ),
)  # fmt: skip
COLUMN: dict[str, Column] = {column.name: column for column in COLUMNS}
KEPT_FIRST = ("started", "status", "size", "took", "delivery", "stalls", "deltas", "ttft", "mode")
"""Which columns stay when there is not room for all: the first ones."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the rows are sorted by."""

    column: str = "started"
    descending: bool = True

    def next(self, columns: Sequence[str]) -> Order:
        """By the next of these columns."""
        at = columns.index(self.column) + 1 if self.column in columns else 0
        return self.by(columns[at % len(columns)])

    def by(self, column: str) -> Order:
        """By this column; the other way round if it is by this one already."""
        if column == self.column:
            return self.reversed()
        return Order(column, COLUMN[column].descends)

    def reversed(self) -> Order:
        """The other way round."""
        return Order(self.column, not self.descending)


def sorted_rows(rows: Sequence[HistoryRow], order: Order) -> list[HistoryRow]:
    """The rows in this order; those that have no value there come last, equal ones stay as they are."""
    key = COLUMN[order.column].key
    known = [(value, row) for row in rows if (value := key(row)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=order.descending)
    return [row for _, row in known] + [row for row in rows if key(row) is None]


def matching_rows(rows: Sequence[HistoryRow], query: str) -> list[HistoryRow]:
    """The rows that have every word of the query, taken as it is, in any of their columns."""
    words = query.casefold().split()
    return [row for row in rows if all(word in row.words for word in words)]

"""A row as one line of cells, in columns that suit the width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from pipeline_tui.listing.words import ago
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted, short_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline_runtime.errors import WorkflowError
    from pipeline_tui.listing.rows import LastResult, Row

SIGN = 2
LEAST_NAME, MOST_NAME = 12, 28
BADGE, FIRST_DELTA, WHEN = 9, 6, 10
STEPS = 7
MOST_PROVIDERS = 14
MUTED, FAINT = "$foreground 70%", "$foreground 45%"
NEVER_RUN = "not run yet"

SIGNS = {"invalid": "✗", "running": "▶", "ok": "✓", "failed": "!", "new": " "}
STYLES = {
    "invalid": "$text-error",
    "running": "$text-primary",
    "ok": "$text-success",
    "failed": "$text-warning",
    "new": "",
}
BADGE_STYLES = {"STREAM": "$text-success", "SYNC": "$text-warning", "BUFFERED": "$text-warning"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The widths of the columns in cells; 0: the column is left out."""

    name: int
    steps: int
    providers: int
    badge: int
    first_delta: int
    when: int


def columns_for(rows: Sequence[Row], width: int) -> Columns:
    """The columns that fit `width` beside the whole name: the least telling ones are left out first.

    Where not even the badge and the time fit, the name is cut for them.
    """
    longest = max((cell_len(row.name) for row in rows if row.problem is None), default=LEAST_NAME)
    name = max(LEAST_NAME, min(MOST_NAME, longest, width - SIGN - BADGE - WHEN - 2))
    left = width - SIGN - name
    widths: dict[str, int] = {}
    for column, cells in (
        ("badge", BADGE),
        ("when", WHEN),
        ("first_delta", FIRST_DELTA),
        ("steps", STEPS),
        ("providers", min(MOST_PROVIDERS, max((len(_providers(row)) for row in rows), default=0))),
    ):
        widths[column] = cells if left > cells else 0
        left -= cells + 1
    return Columns(name=name, **widths)


def row_line(row: Row, columns: Columns, width: int, *, now: datetime, running: bool) -> Content:
    """The row as one line of at most `width` cells."""
    state = state_of(row, running=running)
    sign = (f"{SIGNS[state]} ", STYLES[state])
    if row.problem is not None:
        text = sanitise_line(problem_text(row.problem, row.found.path.name))
        return Content.assemble(sign, (text, STYLES["invalid"])).truncate(width, ellipsis=True)
    parts = [_cell(sanitise_line(row.name), columns.name, "bold")]
    if columns.steps:
        steps = counted(row.steps, "step") if row.steps else ""
        parts.append(_cell(steps, columns.steps, MUTED))
    if columns.providers:
        parts.append(_cell(sanitise_line(_providers(row)), columns.providers, MUTED))
    parts.append(_result(row.result, columns, now=now, running=running))
    return Content.assemble(sign, Content(" ").join(parts)).truncate(width, ellipsis=True)


def state_of(row: Row, *, running: bool) -> str:
    """Which sign stands before the row."""
    if row.problem is not None:
        return "invalid"
    if running:
        return "running"
    if row.result is None:
        return "new"
    return "ok" if row.result.ok else "failed"


def problem_text(problem: WorkflowError, file: str) -> str:
    """`file:line: message`, with the file's bare name."""
    place = file if problem.line is None else f"{file}:{problem.line}"
    return f"{place}: {problem.message}"


def _result(result: LastResult | None, columns: Columns, *, now: datetime, running: bool) -> Content:
    if running:
        return Content.styled("running", "$text-primary")
    if result is None:
        return Content.styled(NEVER_RUN, FAINT)
    parts = []
    if columns.badge:
        parts.append(_cell(result.badge, columns.badge, BADGE_STYLES.get(result.badge, "$text-error")))
    if columns.first_delta:
        first = short_duration(result.first_delta) if result.first_delta is not None else ""
        parts.append(_cell(first, columns.first_delta, "", right=True))
    if columns.when:
        parts.append(_cell(ago(result.when, now), columns.when, MUTED, right=True))
    return Content(" ").join(parts)


def _providers(row: Row) -> str:
    return ", ".join(row.providers)


def _cell(text: str, width: int, style: str, *, right: bool = False) -> Content:
    content = Content.styled(text, style).truncate(width, ellipsis=True)
    missing = width - content.cell_length
    return content.pad_left(missing) if right else content.pad_right(missing)

"""Two texts as rows of a diff, and these as lines of a width: side by side, or one below the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, TypeAlias

from rich.cells import cell_len, chop_cells
from textual.content import Content

from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CONTEXT = 3
"""Equal lines that are shown around a change."""
SPLIT_WIDTH = 100
"""Cells from which on the two texts stand side by side."""
LEAST_TEXT = 8
"""Cells that a text gets, however narrow the screen is."""
REMOVED, ADDED, SAME, FAINT = (
    "$text-error on $error-muted",
    "$text-success on $success-muted",
    "$foreground",
    "$foreground 45%",
)
Side: TypeAlias = tuple[int, str]
"""A line's number, from 1, and its text."""
_LINES = re.compile(r"([^\r\n]*)(\r\n|\r|\n)|([^\r\n]+)")


@dataclass(frozen=True, slots=True)
class DiffRow:
    """Lines that stand beside each other; a gap has neither."""

    kind: Literal["same", "changed", "gap"]
    old: Side | None = None
    new: Side | None = None


def diff_rows(before: str, after: str) -> list[DiffRow]:
    """What differs, with the lines around it; empty for equal texts.

    Line ends belong to the lines, so that a change of nothing else is a change.
    """
    if before == after:
        return []
    old, new = _lines(before), _lines(after)
    first, last = _equal_ends(old, new)
    old, new = old[first : len(old) - last], new[first : len(new) - last]
    rows: list[DiffRow] = []
    for group in SequenceMatcher(a=old, b=new).get_grouped_opcodes(CONTEXT):
        if rows:
            rows.append(DiffRow("gap"))
        for tag, old_from, old_to, new_from, new_to in group:
            lefts: list[Side] = [(first + at + 1, old[at]) for at in range(old_from, old_to)]
            rights: list[Side] = [(first + at + 1, new[at]) for at in range(new_from, new_to)]
            kind: Literal["same", "changed"] = "same" if tag == "equal" else "changed"
            rows += [DiffRow(kind, left, right) for left, right in zip_longest(lefts, rights)]
    return rows


def _equal_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many equal lines both begin and end with, but for those shown: matching them costs their square."""
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    last = next((at for at in range(shorter - first) if old[-1 - at] != new[-1 - at]), shorter - first)
    return max(0, first - CONTEXT), max(0, last - CONTEXT)


def _lines(text: str) -> list[str]:
    return [found.group() for found in _LINES.finditer(text)]


def diff_lines(rows: Sequence[DiffRow], width: int) -> list[Content]:
    """The rows as lines of at most `width` cells, side by side where there is room."""
    if not rows:
        return []
    numbers = max(len(str(side[0])) for row in rows for side in (row.old, row.new) if side)
    make = _beside if width >= SPLIT_WIDTH else _below
    return list(make(rows, width, numbers))


def _beside(rows: Sequence[DiffRow], width: int, numbers: int) -> Iterator[Content]:
    left_width = (width - 1) // 2
    right_width = width - 1 - left_width
    for row in rows:
        if row.kind == "gap":
            yield _gap(width)
            continue
        changed = row.kind == "changed"
        left = _side(row.old, "-" if changed else " ", left_width, numbers, REMOVED if changed else SAME)
        right = _side(row.new, "+" if changed else " ", right_width, numbers, ADDED if changed else SAME)
        for one, other in zip_longest(left, right):
            blank_left, blank_right = Content(" " * left_width), Content(" " * right_width)
            yield Content.assemble(one or blank_left, ("│", FAINT), other or blank_right)


def _below(rows: Sequence[DiffRow], width: int, numbers: int) -> Iterator[Content]:
    waiting: list[Content] = []  # the new lines of a change come after all of its old ones
    for row in rows:
        if row.kind == "changed":
            yield from _side(row.old, "-", width, numbers, REMOVED)
            waiting += _side(row.new, "+", width, numbers, ADDED)
            continue
        yield from waiting
        waiting = []
        yield from [_gap(width)] if row.kind == "gap" else _side(row.new, " ", width, numbers, SAME)
    yield from waiting


def _side(side: Side | None, sign: str, width: int, numbers: int, style: str) -> list[Content]:
    """A line, wrapped where it is too long: all of it can be read."""
    if side is None:
        return []
    number, text = side
    room = max(LEAST_TEXT, width - numbers - 3)
    parts = chop_cells(_shown(text), room) or [""]
    lines: list[Content] = []
    for at, part in enumerate(parts):
        head = f"{number if at == 0 else '':>{numbers}} "
        padded = f"{sign} {part}" + " " * (room - cell_len(part))
        lines.append(Content.assemble((head, FAINT), (padded, style)))
    return lines


def _shown(text: str) -> str:
    return sanitise_line(text.rstrip("\r\n"))


def _gap(width: int) -> Content:
    return Content.styled("┄" * width, FAINT)

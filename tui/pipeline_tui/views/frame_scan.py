"""Finds the rows that pass a filter, a slice at a time: by columns where these suffice, else by looking."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

from pipeline_runtime.runlog.index import OTHER
from pipeline_tui.views.frame_row import FrameRow
from pipeline_tui.views.frame_terms import TextTerm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.runlog.index import EventIndex
    from pipeline_tui.views.frame_filter import Filter

BY_COLUMNS = 20_000
"""Rows of a slice that columns decide: 2 ms for each term."""
BY_LOOKING = 1_500
"""Rows of a slice that must be looked at: 5 ms; where no block holds the text, 2 ms."""


class FrameScan:
    """The rows that pass, in order, as far as was looked. New rows wait for the next slice."""

    def __init__(self, index: EventIndex, test: Filter, *, wider: FrameScan | None = None) -> None:
        """`wider`: what an earlier filter found, when this one narrows it: only that is looked at again."""
        self.matches = array("I")
        self.test = test
        self.scanned = 0
        """Rows below this one were looked at."""
        self._index = index
        self._among = wider.matches if wider is not None else None
        self._known = wider.scanned if wider is not None else 0
        self._texts = [term for term in test.terms if isinstance(term, TextTerm)]
        self._slice = BY_LOOKING if self._texts else BY_COLUMNS

    @property
    def done(self) -> bool:
        """Every row was looked at."""
        return self.scanned >= len(self._index)

    def step(self) -> None:
        """Look at the next slice."""
        rows = self._next()
        for term in self.test.terms:
            rows = term.pick(self._index.columns, rows)
        if self._texts:
            self._look(rows)
            return
        traits = self._index.columns.traits
        if any(traits[row] == OTHER for row in rows):
            self.matches.extend(row for row in rows if traits[row] != OTHER or self._passes(row))
        else:
            self.matches.extend(rows)

    def _next(self) -> Sequence[int]:
        if self._among is not None and self.scanned < self._known:
            first = bisect_left(self._among, self.scanned)
            rows = self._among[first : first + self._slice]
            whole = first + len(rows) == len(self._among)
            self.scanned = self._known if whole else rows[-1] + 1
            return rows
        start = self.scanned
        self.scanned = min(len(self._index), start + self._slice)
        return range(start, self.scanned)

    def _passes(self, row: int) -> bool:
        return any(self._made(row, row + 1, self.test))

    def _made(self, start: int, stop: int, test: Filter) -> list[bool]:
        return [test(FrameRow(event, gap, made)) for event, made, gap in self._index.rows(start, stop)]

    def _look(self, rows: Sequence[int]) -> None:
        for block in self._index.groups(rows):
            group = self._likely(block)
            if not group:
                continue
            first = group[0]
            passes = self._made(first, group[-1] + 1, self.test)
            self.matches.extend(row for row in group if passes[row - first])

    def _likely(self, group: Sequence[int]) -> Sequence[int]:
        """Of rows in one block, those that may say what is sought."""
        columns = self._index.columns
        for term in self._texts:
            if group and not self._index.may_hold(group, term.text):
                wordy = term.wordy(columns)
                group = [row for row in group if columns.traits[row] in wordy]
        return group

"""Finds the rows that pass a filter, a slice at a time: by columns where these suffice, else by looking."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

from pipeline_runtime.runlog.index import OTHER
from pipeline_tui.views.frame_row import FrameRow, verbatim
from pipeline_tui.views.frame_terms import TextTerm

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

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

    def _passes(self, number: int) -> bool:
        ((event, made, gap),) = self._index.rows(number, number + 1)
        return self.test(FrameRow(event, gap, made))

    def _look(self, rows: Sequence[int]) -> None:
        wordy = [term.wordy(self._index.columns) for term in self._texts]
        anywhere = set().union(*wordy)
        for block in self._index.groups(rows):
            group = self._likely(block, wordy)
            if group:
                self._look_into(group, anywhere)

    def _likely(self, group: Sequence[int], wordy: Sequence[Collection[int]]) -> Sequence[int]:
        """Of rows in one block, those that may say what is sought."""
        traits = self._index.columns.traits
        for term, others in zip(self._texts, wordy, strict=True):
            if group and not self._index.may_hold(group, term.text):
                group = [row for row in group if traits[row] in others]
        return group

    def _look_into(self, group: Sequence[int], anywhere: Collection[int]) -> None:
        """Most rows are frames and say what is in their data: no row need be made of them."""
        traits, texts = self._index.columns.traits, self._texts
        for number, event in zip(group, self._index.heads(group), strict=True):
            if traits[number] in anywhere:
                if self._passes(number):
                    self.matches.append(number)
                continue
            words = verbatim(event)
            if all(term.within(words) for term in texts):
                self.matches.append(number)

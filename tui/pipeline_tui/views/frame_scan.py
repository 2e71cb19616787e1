"""Finds the rows that pass a filter, a slice at a time: by columns where these suffice, else by looking."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

from pipeline_runtime.runlog.index import OTHER
from pipeline_tui.views.frame_row import FrameRow, verbatim
from pipeline_tui.views.frame_terms import TextTerm
from pipeline_tui.views.looking import LookTerm

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipeline_runtime.runlog.index import EventIndex
    from pipeline_tui.views.frame_filter import Filter

BY_COLUMNS = 20_000
"""Rows of a slice that columns decide: 2 ms for each term."""
BY_LOOKING = 400
"""Rows of a slice that must be looked at: 1 ms, as long as other work can wait."""


class FrameScan:
    """The rows that pass, in order, as far as was looked: `len(scan)` and `scan[n]`.

    It begins at the newest row and goes back, since the newest are what is shown first; rows that come
    meanwhile go before. So what is found later may stand before what was found earlier: see `older`.
    """

    def __init__(self, index: EventIndex, test: Filter, *, wider: FrameScan | None = None) -> None:
        """`wider`: what an earlier filter found, when this one narrows it: only that is looked at again."""
        self.test = test
        self._index = index
        self._older = array("I")
        """What passes of the rows that were there at the beginning; the newest first."""
        self._newer = array("I")
        self._low = self._high = len(index)
        """The rows [low, high) were looked at."""
        self._wider = wider
        if wider is not None:
            wider._wider = None  # noqa: SLF001 - it will not be stepped again: let what it holds go
        self._texts = [term for term in test.terms if isinstance(term, TextTerm)]
        self._looks = any(isinstance(term, LookTerm) for term in test.terms)
        self._slice = BY_LOOKING if self._texts or self._looks else BY_COLUMNS

    def __len__(self) -> int:
        """How many rows pass, as far as was looked."""
        return len(self._older) + len(self._newer)

    def __getitem__(self, place: int) -> int:
        """The row that is number `place` among those that pass."""
        older = len(self._older)
        return self._older[older - 1 - place] if place < older else self._newer[place - older]

    @property
    def older(self) -> int:
        """How many have been put before what was found first: they move all others on."""
        return len(self._older)

    @property
    def done(self) -> bool:
        """Every row was looked at."""
        return not self._low and self._high == len(self._index)

    @property
    def searched(self) -> float:
        """How much was looked at: 1.0 when it is through."""
        return 1.0 if self.done else (self._high - self._low) / len(self._index)

    def step(self) -> None:
        """Look at the next slice."""
        if self._high < len(self._index):
            start, self._high = self._high, min(len(self._index), self._high + self._slice)
            self._newer.extend(self._passing(range(start, self._high)))
        elif self._low:
            found = self._passing(self._below())
            self._older.extend(reversed(found))

    def _below(self) -> Sequence[int]:
        """The next rows on the way back."""
        stop, wider = self._low, self._wider
        if wider is None or stop <= wider._low:  # noqa: SLF001
            self._wider = None
            self._low = max(0, stop - self._slice)
        elif stop > wider._high:  # noqa: SLF001
            self._low = max(wider._high, stop - self._slice)  # noqa: SLF001
        else:
            end = bisect_left(range(len(wider)), stop, key=wider.__getitem__)
            rows = [wider[place] for place in range(max(0, end - self._slice), end)]
            self._low = rows[0] if end > self._slice else wider._low  # noqa: SLF001
            return rows
        return range(self._low, stop)

    # --- which of them pass -------------------------------------------------------------------------------

    def _passing(self, rows: Sequence[int]) -> Sequence[int]:
        for term in self.test.terms:
            rows = term.pick(self._index.columns, rows)
        if self._texts or self._looks:
            return self._look(rows)
        traits = self._index.columns.traits
        if any(traits[row] == OTHER for row in rows):
            return [row for row in rows if traits[row] != OTHER or self._passes(row)]
        return rows

    def _passes(self, number: int) -> bool:
        ((event, made, gap),) = self._index.rows(number, number + 1)
        return self.test(FrameRow(event, gap, made))

    def _look(self, rows: Sequence[int]) -> list[int]:
        wordy = [term.wordy(self._index.columns) for term in self._texts]
        anywhere = set().union(*wordy)
        found: list[int] = []
        for block in self._index.groups(rows):
            group = self._likely(block, wordy)
            if group:
                found += self._look_into(group, anywhere)
        return found

    def _likely(self, group: Sequence[int], wordy: Sequence[Collection[int]]) -> Sequence[int]:
        """Of rows in one block, those that may say what is sought."""
        traits = self._index.columns.traits
        for term, others in zip(self._texts, wordy, strict=True):
            if group and not self._index.may_hold(group, term.text):
                group = [row for row in group if traits[row] in others]
        return group

    def _look_into(self, group: Sequence[int], anywhere: Collection[int]) -> list[int]:
        """Most rows are frames and say what is in their data: no row need be made of them."""
        traits, texts = self._index.columns.traits, self._texts
        found: list[int] = []
        for number, event in zip(group, self._index.heads(group), strict=True):
            if self._looks or traits[number] in anywhere:
                passes = self._passes(number)
            else:
                words = verbatim(event)
                passes = all(term.within(words) for term in texts)
            if passes:
                found.append(number)
        return found

"""The terms of a filter: each tells whether one row passes, and picks rows by columns where these suffice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline_runtime.events import Delta
from pipeline_runtime.expression import word_test
from pipeline_runtime.runlog.index import BURST, NO_FRAME, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pipeline_runtime.runlog.index import RowColumns, Traits
    from pipeline_tui.views.frame_row import FrameRow

    Compare: TypeAlias = Callable[[float, float], bool]
    Column: TypeAlias = Literal["numbers", "gaps", "sizes"]


class Term(ABC):
    """One part of a filter."""

    @abstractmethod
    def test(self, row: FrameRow) -> bool:
        """Whether a row passes."""

    @abstractmethod
    def pick(self, columns: RowColumns, rows: Sequence[int]) -> Sequence[int]:
        """Those of the rows that may pass: all that do, and no other but such as must be looked at."""

    def implies(self, other: Term) -> bool:
        """Whether what passes this term passes the other one too; false when that is not plain."""
        return self == other


@dataclass(frozen=True)
class CountTerm(Term):
    """`n:17`, `gap>500ms`, `bytes>4096`."""

    column: Column
    compare: Compare
    limit: float

    def test(self, row: FrameRow) -> bool:
        """Compare the row's own number; a row that has none does not pass."""
        if self.column == "gaps":
            return row.gap != BURST and self.compare(row.gap, self.limit)
        if self.column == "sizes":
            return self.compare(row.size, self.limit)
        return row.frame is not None and self.compare(row.frame.n, self.limit)

    def pick(self, columns: RowColumns, rows: Sequence[int]) -> Sequence[int]:
        """Exactly those that pass."""
        values, compare, limit = getattr(columns, self.column), self.compare, self.limit
        if self.column == "sizes":
            return [row for row in rows if compare(values[row], limit)]
        none = BURST if self.column == "gaps" else NO_FRAME
        return [row for row in rows if compare(values[row], limit) and values[row] != none]


@dataclass(frozen=True)
class WordsTerm(Term):
    """A term on a word of the row: one of these, with `*` and `?` for any characters."""

    words: tuple[str, ...]

    @cached_property
    def fits(self) -> Callable[[str], bool]:
        """Whether a word is one of them."""
        return word_test(self.words)


class StepTerm(WordsTerm):
    """`step:draft`: the step's name."""

    def test(self, row: FrameRow) -> bool:
        """Look at the step's name."""
        return row.event.step is not None and self.fits(row.event.step)

    def pick(self, columns: RowColumns, rows: Sequence[int]) -> Sequence[int]:
        """Exactly those that pass."""
        steps = columns.steps
        wanted = {number for number, name in enumerate(columns.step_names) if name and self.fits(name)}
        return [row for row in rows if steps[row] in wanted]


class TypeTerm(WordsTerm):
    """`type:delta`: the row is of this type, by the wire's name or ours, or one of its events is."""

    def test(self, row: FrameRow) -> bool:
        """Look at the row's names."""
        frame = row.frame
        names = [row.kind, row.type, *(str(event.__struct_config__.tag) for event in row.events)]
        return any(map(self.fits, names)) or (frame is not None and self.fits(frame.event))

    def pick(self, columns: RowColumns, rows: Sequence[int]) -> Sequence[int]:
        """Those that pass, and those whose traits are unknown."""
        return _with_traits(columns, rows, lambda traits: any(map(self.fits, _names(traits))))


class LaneTerm(WordsTerm):
    """`lane:thinking`: a delta of this lane came in it."""

    def test(self, row: FrameRow) -> bool:
        """Look at the row's deltas."""
        events = (row.event, *row.events)
        return any(isinstance(event, Delta) and self.fits(event.lane) for event in events)

    def pick(self, columns: RowColumns, rows: Sequence[int]) -> Sequence[int]:
        """Those that pass, and those whose traits are unknown."""
        return _with_traits(columns, rows, lambda traits: any(map(self.fits, traits.lanes)))


@dataclass(frozen=True)
class TextTerm(Term):
    """A word or quoted text: in what the row says, or in its type. Case counts when it holds a capital."""

    text: str

    @cached_property
    def exact(self) -> bool:
        """Case counts."""
        return self.text != self.text.lower()

    def test(self, row: FrameRow) -> bool:
        """Look at the row's words."""
        return self.within(row.text) or self.within(row.type)

    def within(self, text: str) -> bool:
        """Whether a text holds it."""
        return self.text in (text if self.exact else text.lower())

    def pick(self, columns: RowColumns, rows: Sequence[int]) -> Sequence[int]:  # noqa: ARG002 - no column has it
        """All: they must be looked at."""
        return rows

    def wordy(self, columns: RowColumns) -> Collection[int]:
        """The traits of rows that may say it elsewhere than in a frame's data or a delta's content."""
        sought = self.text.lower()
        return {
            number
            for number, traits in enumerate(columns.all_traits)
            if traits is None or traits.kind not in {"frame", "delta"} or sought in shown_type(traits).lower()
        }

    def implies(self, other: Term) -> bool:
        """A longer text implies a shorter one that it holds."""
        if not isinstance(other, TextTerm):
            return False
        if other.exact:
            return other.text in self.text
        return other.text in self.text.lower()


def shown_type(traits: Traits) -> str:
    """The type of a row with these traits: as `FrameRow.type`."""
    if traits.kind != "frame":
        return traits.kind
    if traits.name in {"", "message"}:
        return traits.made[0] if traits.made else traits.name or "frame"
    return traits.name


def _names(traits: Traits) -> tuple[str, ...]:
    return traits.kind, shown_type(traits), traits.name, *traits.made


def _with_traits(columns: RowColumns, rows: Sequence[int], test: Callable[[Traits], bool]) -> Sequence[int]:
    wanted = {number for number, traits in enumerate(columns.all_traits) if traits is None or test(traits)}
    assert OTHER in wanted
    all_traits = columns.traits
    return [row for row in rows if all_traits[row] in wanted]

"""Two texts as rows that stand beside each other: aligned by their words, wrapped for a width."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from pipeline_runtime.compare import align
from pipeline_tui.text.sanitise import sanitise
from pipeline_tui.text.wrap import WrapBuffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LINE_FEED = "␊"
"""The mark of a line feed."""
MOST_CHARACTERS = 24_000
"""Of both texts together: longer ones are aligned by lines first, and by words only where lines differ."""


class Line(NamedTuple):
    """A row of one side: its text, and which of its characters the other side does not have there."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    feed: bool = False
    """It ends with a line feed that the line beside it does not have."""

    @property
    def shown(self) -> str:
        """The text, with a mark for such a line feed."""
        return self.text + LINE_FEED if self.feed else self.text


@dataclass(frozen=True, slots=True)
class PairRow:
    """A row of both sides; a side that has nothing there is `None`."""

    a: Line | None
    b: Line | None
    heading: bool = False
    awaited: bool = False
    """The side that has nothing here may still come to it."""

    @property
    def differs(self) -> bool:
        """The sides are not the same here."""
        if self.heading:
            return False
        if self.a is None or self.b is None:
            return not self.awaited
        return bool(self.a.spans or self.b.spans)


class Piece(NamedTuple):
    """A part of both texts, safe to be shown."""

    a: str
    b: str
    awaited: bool = False
    """What one side has and the other may still come to: no difference yet."""

    @property
    def same(self) -> bool:
        """Both have it."""
        return self.a == self.b

    @property
    def differs(self) -> bool:
        """Only one has it, or each something else."""
        return self.a != self.b and not self.awaited


def aligned_pieces(a: str, b: str) -> list[Piece]:
    """The texts cut where they part and where they come together again."""
    a, b = sanitise(a), sanitise(b)
    if len(a) + len(b) <= MOST_CHARACTERS:
        return pieces_of(a, b)
    return list(_by_lines(a.splitlines(keepends=True), b.splitlines(keepends=True)))


def pieces_of(a: str, b: str) -> list[Piece]:
    """The same for texts that are not too long and safe to be shown."""
    return [Piece(segment.a, segment.b) for segment in align(a, b)]


def _by_lines(first: Sequence[str], second: Sequence[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(a=first, b=second)  # with its heuristics: without them it is quadratic
    for tag, i, j, k, m in matcher.get_opcodes():
        left, right = "".join(first[i:j]), "".join(second[k:m])
        if tag == "replace" and len(left) + len(right) <= MOST_CHARACTERS:
            yield from pieces_of(left, right)
        else:
            yield Piece(left, right)


def heading_row(text: str) -> PairRow:
    """A row that tells what follows, on both sides."""
    line = Line(sanitise(text).replace("\n", " "))
    return PairRow(line, line, heading=True)


def wrapped_rows(pieces: Iterable[Piece], width: int) -> list[PairRow]:
    """The pieces as rows of at most `width` cells; what is the same stands at the same height."""
    rows: list[PairRow] = []
    for block in _blocks(pieces, width):
        left = _side([(piece.a, piece.differs) for piece in block], width)
        right = _side([(piece.b, piece.differs) for piece in block], width)
        beside = min(len(left), len(right))
        awaited = block[-1].awaited
        rows += [PairRow(one, other) for one, other in zip(left, right, strict=False)]
        rows += [PairRow(line._replace(feed=False), None, awaited=awaited) for line in left[beside:]]
        rows += [PairRow(None, line._replace(feed=False), awaited=awaited) for line in right[beside:]]
    return rows


def _blocks(pieces: Iterable[Piece], width: int) -> Iterator[list[Piece]]:
    """Pieces that are wrapped as one: up to a line feed that both have, or until one side is a row longer."""
    block: list[Piece] = []
    ahead = 0
    for piece in pieces:
        if not piece.same:
            block.append(piece)
            ahead += len(piece.a) - len(piece.b)
            continue
        if abs(ahead) > width:
            yield block
            block, ahead = [], 0
        for line in piece.a.splitlines(keepends=True):
            block.append(Piece(line, line))
            if line.endswith("\n"):
                yield block
                block, ahead = [], 0
    if block:
        yield block


def _side(parts: Sequence[tuple[str, bool]], width: int) -> list[Line]:
    """One side of a block, wrapped, with what differs in it."""
    text = "".join(part for part, _ in parts)
    if not text:
        return []
    spans = list(_spans(parts))
    buffer = WrapBuffer(width)
    buffer.append(text)
    lines: list[Line] = []
    start = 0
    for line in buffer.lines:
        if line:
            lines.append(_cut(line, start, spans))
        start += len(line)
    return lines


def _spans(parts: Iterable[tuple[str, bool]]) -> Iterator[tuple[int, int]]:
    at = 0
    for part, differs in parts:
        if differs and part:
            yield at, at + len(part)
        at += len(part)


def _cut(line: str, start: int, spans: Iterable[tuple[int, int]]) -> Line:
    """A wrapped line with the spans that reach into it."""
    end = start + len(line)
    within = tuple(
        (max(first, start) - start, min(last, end) - start)
        for first, last in spans
        if first < end and last > start
    )
    text = line.removesuffix("\n")
    return Line(text, within, feed=text != line and any(last > len(text) for _, last in within))


def order_rows(
    a: Sequence[str], b: Sequence[str], width: int, *, going: tuple[bool, bool] = (False, False)
) -> list[PairRow]:
    """What happened in both runs, a happening a row; one that goes on may still come to what is missing."""
    rows: list[PairRow] = []
    for tag, i, j, k, m in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        awaited = (going[0] and i == len(a)) or (going[1] and k == len(b))
        same = tag == "equal" or awaited
        lefts, rights = (_happenings(part, width, same=same) for part in (a[i:j], b[k:m]))
        rows += [PairRow(one, other, awaited=awaited) for one, other in zip_longest(lefts, rights)]
    return rows


def _happenings(words: Iterable[str], width: int, *, same: bool) -> list[Line]:
    shown = [sanitise(word).replace("\n", LINE_FEED) for word in words]
    return [Line(word[:width], () if same else ((0, len(word[:width])),)) for word in shown]


def differences(rows: Sequence[PairRow]) -> list[range]:
    """Where the sides are not the same: rows that follow each other are one place."""
    borders = [
        at
        for at, (before, row) in enumerate(pairwise([False, *(row.differs for row in rows), False]))
        if before != row
    ]
    return [range(first, last) for first, last in zip(borders[::2], borders[1::2], strict=True)]

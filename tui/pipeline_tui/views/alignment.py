"""Two texts aligned while they grow: what is behind stays as it is, only the newest part is aligned anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_tui.text.sanitise import sanitise
from pipeline_tui.views.compare_rows import Piece, aligned_pieces, pieces_of, wrapped_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.views.compare_rows import PairRow

WINDOW = 3_000
"""Characters of either side that are aligned anew at each look."""
HELD = 600
"""Characters before the end of either side that may still turn out to belong elsewhere."""
AHEAD = 200
"""Characters that one side is looked at beyond the end of the other, which has not come to them yet."""
_SPACE = re.compile(r"\s")


class GrowingAlignment:
    """One lane of two steps. `update` takes both texts as they are, each the beginning of the next one."""

    def __init__(self) -> None:
        self._settled: list[Piece] = []
        self._loose: list[Piece] = []
        self._from = (0, 0)
        """Where the part that is not settled begins, in each text."""
        self._seen: tuple[int, int, bool] | None = None
        self._rows: list[PairRow] = []
        self._rows_made = 0
        self._width = 0

    @property
    def pieces(self) -> Sequence[Piece]:
        """Joined, their sides are the two texts."""
        return [*self._settled, *self._loose]

    def update(self, a: str, b: str, going: tuple[bool, bool]) -> None:
        """Take in what both have come to.

        Args:
            a: All of the one text.
            b: All of the other.
            going: Whether each may still grow. When neither does, they are aligned as a whole.
        """
        seen = (len(a), len(b), any(going))
        if seen == self._seen:
            return
        self._seen = seen
        if not any(going):
            self._settled, self._loose = aligned_pieces(a, b), []
            self._rows, self._rows_made = [], 0
            return
        a, b = sanitise(a), sanitise(b)
        self._loose = _loose(a[self._from[0] :], b[self._from[1] :], going)
        self._settle()

    def rows(self, width: int) -> list[PairRow]:
        """Its rows, of at most `width` cells."""
        if width != self._width:
            self._rows, self._rows_made, self._width = [], 0, width
        self._rows += wrapped_rows(self._settled[self._rows_made :], width)
        self._rows_made = len(self._settled)
        return self._rows + wrapped_rows(self._loose, width)

    def _settle(self) -> None:
        aligned = [piece for piece in self._loose if not piece.awaited]
        sizes = sum(len(piece.a) for piece in aligned), sum(len(piece.b) for piece in aligned)
        if max(sizes) <= WINDOW:
            return
        keep = _parted(aligned, (sizes[0] - HELD, sizes[1] - HELD))
        self._settled += keep
        self._from = (
            self._from[0] + sum(len(piece.a) for piece in keep),
            self._from[1] + sum(len(piece.b) for piece in keep),
        )
        self._loose = _without(self._loose, keep)


def _loose(a: str, b: str, going: tuple[bool, bool]) -> list[Piece]:
    """The ends of both texts, aligned; what the one that goes on has not come to yet is awaited."""
    end_a, end_b = _whole_words(a, going=going[0]), _whole_words(b, going=going[1])
    if going[0]:
        end_b = min(end_b, _word_end(b, end_a + AHEAD))
    if going[1]:
        end_a = min(end_a, _word_end(a, end_b + AHEAD))
    pieces = pieces_of(a[:end_a], b[:end_b])
    ahead_a, ahead_b = a[end_a:], b[end_b:]
    if pieces and not pieces[-1].same:
        last = pieces.pop()
        cut_a = _reached(last.a, len(last.b)) if going[1] else len(last.a)
        cut_b = _reached(last.b, len(last.a)) if going[0] else len(last.b)
        if cut_a or cut_b:
            pieces.append(Piece(last.a[:cut_a], last.b[:cut_b]))
        ahead_a, ahead_b = last.a[cut_a:] + ahead_a, last.b[cut_b:] + ahead_b
    return [*pieces, Piece(ahead_a, ahead_b, awaited=True)] if ahead_a or ahead_b else pieces


def _parted(pieces: Sequence[Piece], most: tuple[int, int]) -> list[Piece]:
    """The first of the pieces, up to the last place before `most` where both have the same line feed.

    Where there is none, up to the last piece that both have; else up to `most` itself.
    """
    at_a = at_b = 0
    line: list[Piece] = []
    same: list[Piece] = []
    for number, piece in enumerate(pieces):
        room = min(most[0] - at_a, most[1] - at_b)
        if piece.same and room > 0:
            feed = piece.a.rfind("\n", 0, room) + 1
            if feed:
                line = [*pieces[:number], Piece(piece.a[:feed], piece.b[:feed])]
            if len(piece.a) <= room:
                same = list(pieces[: number + 1])
        at_a, at_b = at_a + len(piece.a), at_b + len(piece.b)
    return line or same or _cut(pieces, most)


def _cut(pieces: Sequence[Piece], most: tuple[int, int]) -> list[Piece]:
    a = "".join(piece.a for piece in pieces)[: max(0, most[0])]
    b = "".join(piece.b for piece in pieces)[: max(0, most[1])]
    return [Piece(a, b)]


def _without(pieces: Sequence[Piece], first: Sequence[Piece]) -> list[Piece]:
    """What is left of the pieces behind `first`, whose texts they begin with."""
    skip_a, skip_b = sum(len(piece.a) for piece in first), sum(len(piece.b) for piece in first)
    rest: list[Piece] = []
    for piece in pieces:
        a, b = piece.a[skip_a:], piece.b[skip_b:]
        skip_a, skip_b = max(0, skip_a - len(piece.a)), max(0, skip_b - len(piece.b))
        if a or b:
            rest.append(Piece(a, b, piece.awaited))
    return rest


def _whole_words(text: str, *, going: bool) -> int:
    """Where the last word begins, if it may go on; else where the text ends."""
    return max(text.rfind(" "), text.rfind("\n")) + 1 if going else len(text)


def _reached(text: str, size: int) -> int:
    """How much of a text another one of this size, which goes on, has come to: whole words."""
    return _word_end(text, size) if size else 0


def _word_end(text: str, start: int) -> int:
    """Where the word at `start` ends, or the text."""
    found = _SPACE.search(text, start)
    return found.start() if found else len(text)

"""Two texts aligned by their words: what they share, and where they first part."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import groupby, takewhile
from operator import eq

from msgspec import Struct

CONTEXT = 40
"""Characters shown before and after the first difference."""
MOST_WORDS = 4_000
"""Beyond this, what lies between the common beginning and end is one segment: aligning is quadratic."""

_WORDS = re.compile(r"[^\s]+ ?|\s+")
"""A word takes the space behind it along: that would match everywhere, and takes nearly all of the time."""


class Segment(Struct, frozen=True):
    """A part of both texts: the same in both, or what each has in its place."""

    a: str
    b: str

    @property
    def same(self) -> bool:
        """Both have it."""
        return self.a == self.b


class Difference(Struct, frozen=True):
    """Where two texts first part."""

    at: int
    """In characters, from 0."""
    a: str
    """What is there in the first, with what stands around it."""
    b: str


def first_difference(a: str, b: str) -> Difference | None:
    """Where they part first; `None` when they are equal."""
    if a == b:
        return None
    at = sum(1 for _ in takewhile(bool, map(eq, a, b)))
    around = slice(max(0, at - CONTEXT), at + CONTEXT)
    return Difference(at, a[around], b[around])


def align(a: str, b: str) -> list[Segment]:
    """The texts cut into segments: joined, the `a` of all is the one text and the `b` the other."""
    first, second = _WORDS.findall(a), _WORDS.findall(b)
    head = sum(1 for _ in takewhile(bool, map(eq, first, second)))
    tail = _common_tail(first[head:], second[head:])
    middle_a, middle_b = first[head : len(first) - tail], second[head : len(second) - tail]
    segments = [
        _segment(first[:head], second[:head]),
        *_middle(middle_a, middle_b),
        _segment(first[len(first) - tail :], second[len(second) - tail :]),
    ]
    return [segment for segment in segments if segment.a or segment.b]


def _common_tail(first: list[str], second: list[str]) -> int:
    return sum(1 for _ in takewhile(bool, map(eq, reversed(first), reversed(second))))


def _middle(first: list[str], second: list[str]) -> list[Segment]:
    if len(first) + len(second) > MOST_WORDS:
        return [_segment(first, second)]
    keys = [word.rstrip(" ") for word in first], [word.rstrip(" ") for word in second]
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    pieces: list[Segment] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            pieces += [part for pair in zip(first[i:j], second[k:m], strict=True) for part in _parts(*pair)]
        else:
            pieces += _parts("".join(first[i:j]), "".join(second[k:m]))
    return _joined(pieces)


def _parts(a: str, b: str) -> list[Segment]:
    """Two words, or what stands for each other, and the space behind both apart: it may be the same."""
    if a == b:
        return [Segment(a, b)]
    left, right = a.rstrip(" "), b.rstrip(" ")
    return [Segment(left, right), Segment(a[len(left) :], b[len(right) :])]


def _joined(pieces: list[Segment]) -> list[Segment]:
    """Neighbours that are the same as one segment, and those that are not."""
    return [
        Segment("".join(piece.a for piece in group), "".join(piece.b for piece in group))
        for _, run in groupby((piece for piece in pieces if piece.a or piece.b), key=lambda piece: piece.same)
        for group in [list(run)]
    ]


def _segment(first: list[str], second: list[str]) -> Segment:
    return Segment("".join(first), "".join(second))

"""Two texts aligned by their words: what they share, and where they first part."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import takewhile
from operator import eq

from msgspec import Struct

CONTEXT = 40
"""Characters shown before and after the first difference."""
MOST_WORDS = 4_000
"""Beyond this, what lies between the common beginning and end is one segment: aligning is quadratic."""

_WORDS = re.compile(r"\s+|[^\s]+")


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
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return [_segment(first[i:j], second[k:m]) for _, i, j, k, m in matcher.get_opcodes()]


def _segment(first: list[str], second: list[str]) -> Segment:
    return Segment("".join(first), "".join(second))

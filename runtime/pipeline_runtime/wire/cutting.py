"""Where the blocks of an SSE body end: pure, by offsets, without looking at what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_BLANK = 4
"""Bytes of the longest line end and blank line after it, CRLF CRLF."""


def block_ends(source: bytes | bytearray, *, first: int, resume: int, final: bool) -> list[int]:
    """The ends of the complete blocks in `source`, which begins at a block's start.

    A CR at the end may be half of CRLF, so unless the body is over it ends nothing yet.

    Args:
        source: the bytes.
        first: where its first line begins: behind a byte order mark, else 0.
        resume: a place that no earlier search found an end before.
        final: the body ends with `source`.
    """
    limit = len(source) if final or not source.endswith(b"\r") else len(source) - 1
    line = first if resume <= first else -1
    ends: list[int] = []
    for begin, end in _line_ends(source, max(first, resume), limit):
        if begin == line:
            ends.append(end)
        line = end
    return ends


def _line_ends(source: bytes | bytearray, start: int, limit: int) -> Iterator[tuple[int, int]]:
    """Each LF, CR or CRLF from `start` on, as (begin, end)."""
    lf = cr = -1
    while True:
        if lf < start:
            lf = _find(source, b"\n", start, limit)
        if cr < start:
            cr = _find(source, b"\r", start, limit)
        begin = min(lf, cr)
        if begin > limit:
            return
        start = begin + 2 if lf == cr + 1 else begin + 1
        yield begin, start


def _find(source: bytes | bytearray, byte: bytes, start: int, limit: int) -> int:
    """Where the byte is; behind the limit, and not next to anything, when it is not there."""
    place = source.find(byte, start, limit)
    return limit + 1 if place < 0 else place

"""Where the blocks of an SSE body end: pure, by offsets, without looking at what they say."""

from __future__ import annotations

import re

_BLANK_LINE = re.compile(rb"[\r\n](?:(?<=\r)\n)?+(?>\r\n|[\r\n])")
"""The end of one line and the blank line after it."""

LONGEST_BLANK = 4
"""Bytes of the longest match of `_BLANK_LINE`."""

_CR = 0x0D
_LF = 0x0A


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
    ends: list[int] = []
    while (end := _block_end(source, first, max(first, resume), limit)) is not None:
        ends.append(end)
        first = end
    return ends


def _block_end(source: bytes | bytearray, first: int, resume: int, limit: int) -> int | None:
    if first >= limit:
        return None
    if source[first] == _LF:
        return first + 1
    if source[first] == _CR:
        return first + 2 if source[first + 1 : first + 2] == b"\n" else first + 1
    match = _BLANK_LINE.search(source, resume, limit)
    return match.end() if match else None

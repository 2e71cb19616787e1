"""How much of a body may be worked on in one turn of the event loop: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.transport.settings import READ_BUFFER

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 16 * 1024
"""Bytes of a read that are worked on where they come, while they are in the processor's cache."""
_SMALL = 4 * 1024
"""Bytes that cannot hold too many frames."""
_MOST_LINES = 2048
"""Line ends in a read above which it is cut: real streams have some 500 in 64 KiB."""
_LINES = 512
"""Line ends in one slice, or in a read that is worked on at once: a few milliseconds of work."""
_COMMAS = 4
"""Commas that count as a line end: in an array of numbers each ends a frame."""

_SAMPLED = 17
"""Every so many bytes are looked at first: to count all commas of a read costs what its parsing does."""


def slices_of(data: bytes) -> Iterator[bytes]:
    """The bytes in order: whole, but for reads that are very large (decompressed) or full of tiny frames."""
    if len(data) <= _SMALL:
        if data:
            yield data
        return
    size = min(len(data), READ_BUFFER)
    most = _MOST_LINES * len(data) // size
    if _SAMPLED * _lines(data[::_SAMPLED]) > most // 2:
        lines = _lines(data)
        if lines > most:
            size = max(len(data) * _LINES // lines, 1)
    if size >= len(data):
        yield data
        return
    for begin in range(0, len(data), size):
        yield data[begin : begin + size]


def is_light(data: bytes) -> bool:
    """Whether a read is so little work that others need not get the event loop first."""
    size = len(data)
    return size <= _SMALL or (size <= AT_ONCE and _SAMPLED * _lines(data[::_SAMPLED]) <= _LINES)


def _lines(data: bytes) -> int:
    """Line ends, and what counts as such."""
    return data.count(b"\n") + data.count(b",") // _COMMAS

"""Raw bytes of any frame, fetched from a run log by attempt and offset; only an index is in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.runlog.lines import ChunkLine
from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CHUNK_PREFIX", "Chunk", "RawBodies"]
CHUNK_PREFIX = b'{"kind":"chunk"'


class _ChunkPlace(msgspec.Struct):
    """What is read of a chunk while looking for another one: its bytes are passed over."""

    step: str
    attempt: int
    offset: int


_decode_chunk = msgspec.json.Decoder(ChunkLine).decode
_decode_place = msgspec.json.Decoder(_ChunkPlace).decode


class RawBodies:
    """Finds body bytes in a log, which may still be growing.

    The log is read only as far as what was asked for lies, once, at about 0.5 µs a chunk; 16 bytes a chunk
    stay in memory. Not for two threads at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._scanned = 0
        self._index: dict[tuple[str, int], tuple[array[int], array[int]]] = {}

    def read(self, step: str, attempt: int, offset: int, size: int) -> bytes:
        """The bytes [offset, offset + size) of this attempt's body, as far as they are in the log."""
        chunks = self.chunks(step, attempt, offset, size)
        begin = chunks[0].offset if chunks else 0
        return b"".join(chunk.data for chunk in chunks)[offset - begin : offset - begin + size]

    def chunks(self, step: str, attempt: int, offset: int, size: int) -> list[Chunk]:
        """The whole reads that hold these bytes, in order, as far as they are in the log."""
        offsets, places = self._index.setdefault((step, attempt), (array("Q"), array("Q")))
        if not offsets or offsets[-1] < offset + size:
            self._scan(offsets, offset + size)
        first = max(0, bisect_right(offsets, offset) - 1)
        found: list[Chunk] = []
        with self._path.open("rb") as file:
            for start, place in zip(offsets[first:], places[first:], strict=True):
                if start >= offset + size:
                    break
                file.seek(place)
                found.append(_decode_chunk(file.readline()).chunk())
        return found

    def _scan(self, offsets: array[int], end: int) -> None:
        """Read on until the attempt with these offsets has reached `end`."""
        with self._path.open("rb") as file:
            file.seek(self._scanned)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                if line.startswith(CHUNK_PREFIX):
                    chunk = _decode_place(line)
                    known = self._index.setdefault((chunk.step, chunk.attempt), (array("Q"), array("Q")))
                    known[0].append(chunk.offset)
                    known[1].append(self._scanned)
                self._scanned += len(line)
                if offsets and offsets[-1] >= end:
                    return

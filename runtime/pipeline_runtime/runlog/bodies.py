"""Raw bytes of any frame, fetched from a run log by attempt and offset; only an index is in memory."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.runlog.lines import ChunkLine

if TYPE_CHECKING:
    from pathlib import Path

CHUNK_PREFIX = b'{"kind":"chunk"'
_decode_chunk = msgspec.json.Decoder(ChunkLine).decode


class RawBodies:
    """Finds body bytes in a log, which may still be growing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._scanned = 0
        self._index: dict[tuple[str, int], tuple[list[int], list[int]]] = {}

    def read(self, step: str, attempt: int, offset: int, size: int) -> bytes:
        """The bytes [offset, offset + size) of this attempt's body, as far as they are in the log."""
        self._scan()
        offsets, places = self._index.get((step, attempt), ([], []))
        first = max(0, bisect_right(offsets, offset) - 1)
        parts: list[bytes] = []
        begin = offsets[first] if offsets else 0
        with self._path.open("rb") as file:
            for start, place in zip(offsets[first:], places[first:], strict=True):
                if start >= offset + size:
                    break
                file.seek(place)
                parts.append(_decode_chunk(file.readline()).chunk().data)
        return b"".join(parts)[offset - begin : offset - begin + size]

    def _scan(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._scanned)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                if line.startswith(CHUNK_PREFIX):
                    chunk = _decode_chunk(line)
                    offsets, places = self._index.setdefault((chunk.step, chunk.attempt), ([], []))
                    offsets.append(chunk.offset)
                    places.append(self._scanned)
                self._scanned += len(line)

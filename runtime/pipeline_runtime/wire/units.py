"""What NDJSON and JSON arrays share: bytes wait until their unit ends, and every unit becomes one frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from pipeline_runtime.errors import FrameTooLarge
from pipeline_runtime.wire.block import BOM
from pipeline_runtime.wire.frames import MAX_FRAME, Frame

if TYPE_CHECKING:
    from pipeline_runtime.wire.frames import Chunk

_NOT_ASCII = 0x80


class UnitParser(ABC):
    """An incremental parser for one body of units (implements `frames.Framing`).

    A format says where its units end and what is data in them. Frames tile the body, and are the same however
    the bytes are split.
    """

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._max_frame = max_frame
        self._n = 0
        self._chunks = 0
        self._last_chunk = 0
        self._offset = 0
        """Where the next frame begins."""
        self._tail = bytearray()
        """What has come of the next unit; the following fields are about it."""
        self._tail_chunk = 0
        self._split = False
        self._too_large = False

    @abstractmethod
    def ends(self, data: bytes) -> list[int]:
        """Where units end in the next bytes of the body; 0 ends what had come before them."""

    @abstractmethod
    def content(self, unit: bytes) -> bytes:
        """What is data in a unit; empty: nothing."""

    @abstractmethod
    def is_rest(self, tail: bytes) -> bool:
        """Whether what is left at the body's end belongs to no unit that was cut."""

    def feed(self, chunk: Chunk) -> list[Frame]:
        """The frames that this chunk completes.

        Raises:
            FrameTooLarge: one frame passed `max_frame`. Frames before it are returned first, and it is raised
                at the next call.
        """
        if self._too_large:
            raise self._limit_error()
        index = self._chunks
        self._chunks = index + 1
        data = chunk.data
        if not data:
            return []
        frames: list[Frame] = []
        start = 0
        for end in self.ends(data):
            if len(self._tail) + end - start > self._max_frame:
                break
            self._take(data[start:end], index)
            frames.append(self._frame(chunk.at, complete=True))
            start = end
        self._take(data[start:], index)
        self._last_chunk = index
        self._too_large = len(self._tail) > self._max_frame
        if self._too_large and not frames:
            raise self._limit_error()
        return frames

    def close(self, at: int) -> list[Frame]:
        """What is left when the body ends at `at`; a unit that has not ended is `complete=False`."""
        if not self._tail:
            return []
        return [self._frame(at, complete=not self._too_large and self.is_rest(bytes(self._tail)))]

    def _take(self, data: bytes, index: int) -> None:
        if not data:
            return
        if not self._tail:
            self._tail_chunk = index
        elif data[0] & 0xC0 == 0x80 and self._tail[-1] >= _NOT_ASCII:  # noqa: PLR2004  # 0b10xxxxxx continues
            self._split = True
        self._tail += data
        self._last_chunk = index

    def _frame(self, at: int, *, complete: bool) -> Frame:
        """The tail as a frame."""
        unit = bytes(self._tail)
        content = self.content(unit.removeprefix(BOM) if self._n == 0 else unit)
        flaws: tuple[str, ...] = ("split_utf8",) if self._split else ()
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text, flaws = content.decode("utf-8", "replace"), ("invalid_utf8",)
        frame = Frame(
            self._n,
            "",
            text or None,
            at,
            self._offset,
            len(unit),
            (self._tail_chunk, self._last_chunk),
            complete=complete,
            flaws=flaws,
        )
        self._n += 1
        self._offset += len(unit)
        self._tail.clear()
        self._split = False
        return frame

    def _limit_error(self) -> FrameTooLarge:
        return FrameTooLarge(
            f"one unit of the stream is larger than {self._max_frame} bytes and may never end",
            cure="check that the server ends each JSON object, and that this is its protocol",
        )

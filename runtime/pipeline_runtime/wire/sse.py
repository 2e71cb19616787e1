"""Server-sent events, exact to the WHATWG rules (HTML Living Standard, 9.2.5 and 9.2.6).

The bytes are cut into blocks by offsets, a block is what ends with a blank line, and each block becomes one
frame: comments, lone `retry:` lines and bare blank lines included. Frames therefore tile the whole body.
Lines end at LF, CR and CRLF only, as bytes: U+2028, U+2029 and U+0085 are data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_runtime.errors import FrameTooLarge
from pipeline_runtime.wire.block import BOM, parse_block
from pipeline_runtime.wire.frames import Frame

if TYPE_CHECKING:
    from pipeline_runtime.wire.block import Block
    from pipeline_runtime.wire.frames import Chunk

MAX_FRAME = 16 * 1024 * 1024
"""Default limit of one frame, in bytes."""

_BLANK_LINE = re.compile(rb"[\r\n](?:(?<=\r)\n)?+(?>\r\n|[\r\n])")
"""The end of one line and the blank line after it."""

_CR = 0x0D
_LF = 0x0A
_LONGEST_BLANK = 4


class SSEParser:
    """An incremental SSE parser for one body (implements `frames.Framing`).

    A CR that ends a chunk may be half of CRLF, so the block that it would end waits for the next byte or for
    the end of the body: the frames are the same however the bytes are split.
    """

    __slots__ = (
        "_cr",
        "_last_chunk",
        "_max_frame",
        "_n",
        "_next_chunk",
        "_offset",
        "_resume",
        "_split",
        "_tail",
        "_tail_chunk",
        "_too_large",
        "last_event_id",
        "retry",
    )

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._max_frame = max_frame
        self._n = 0
        self._tail = bytearray()
        self._cr = False
        self._offset = 0
        self._resume = 0
        self._split: int | None = None
        self._next_chunk = 0
        self._tail_chunk = 0
        self._last_chunk = 0
        self._too_large = False
        self.last_event_id = ""
        """The last event ID: what a reconnection would send as `Last-Event-ID`."""
        self.retry: int | None = None
        """The reconnection time in ms, once the server has set it."""

    def feed(self, chunk: Chunk) -> list[Frame]:
        """The frames that this chunk completes.

        Raises:
            FrameTooLarge: one frame passed `max_frame`. Frames before it are returned first, and it is raised
                at the next call.
        """
        self._check_limit()
        index = self._next_chunk
        self._next_chunk = index + 1
        data = chunk.data
        if not data:
            return []
        known = len(self._tail)
        self._cr = self._cr or b"\r" in data
        source: bytes | bytearray = data
        if known:
            self._note_split(data[0], known)
            self._tail += data
            source = self._tail
        else:
            self._tail_chunk = index
            self._offset = chunk.offset
        ends = self._within_limit(self._ends(source, final=False))
        frames = self._frames(source, ends, chunk.at, known, index)
        self._keep(source, ends[-1] if ends else 0, index)
        self._last_chunk = index
        if not frames:
            self._check_limit()
        return frames

    def close(self, at: int) -> list[Frame]:
        """What is left when the body ends at `at`; a block without its blank line is `complete=False`."""
        source = bytes(self._tail)
        self._tail = bytearray()
        if not source:
            return []
        ends = self._ends(source, final=True)
        frames = self._frames(source, ends, at, len(source), self._last_chunk)
        done = ends[-1] if ends else 0
        if done < len(source):
            frames.append(
                self._frame(source[done:], done, at, (self._tail_chunk, self._last_chunk), ended=False)
            )
        return frames

    def _check_limit(self) -> None:
        if self._too_large:
            raise FrameTooLarge(
                f"one event of the stream is larger than {self._max_frame} bytes and may never end",
                cure="check that the server ends each event with a blank line",
            )

    def _within_limit(self, ends: list[int]) -> list[int]:
        start = 0
        for place, end in enumerate(ends):
            if end - start > self._max_frame:
                self._too_large = True
                return ends[:place]
            start = end
        return ends

    def _note_split(self, first: int, border: int) -> None:
        """Remembers a chunk border inside a code point: continuation bytes are 0b10xxxxxx."""
        if first & 0xC0 == 0x80 and self._tail[-1] >= 0x80:  # noqa: PLR2004  # the two masks of UTF-8
            self._split = border

    def _keep(self, source: bytes | bytearray, done: int, index: int) -> None:
        """Drops what was cut; the rest waits for more."""
        if source is self._tail:
            del self._tail[:done]
        else:
            self._tail = bytearray(source[done:])
        self._offset += done
        if done:
            self._tail_chunk = index
            self._split = None
            self._cr = b"\r" in self._tail
        if len(self._tail) > self._max_frame:
            self._too_large = True
        held = 1 if self._tail.endswith(b"\r") else 0
        self._resume = max(0, len(self._tail) - held - (_LONGEST_BLANK - 1))

    def _ends(self, source: bytes | bytearray, *, final: bool) -> list[int]:
        """Where the blocks end in `source`, which begins at a block's start."""
        if not self._cr:
            return self._ends_by_lf(source)
        limit = len(source)
        if not final and source[-1] == _CR:
            limit -= 1
        ends: list[int] = []
        start, resume = 0, self._resume
        while (end := self._block_end(source, start, resume, limit)) is not None:
            ends.append(end)
            start = resume = end
        return ends

    def _ends_by_lf(self, source: bytes | bytearray) -> list[int]:
        """The usual path: no CR anywhere, so two LF in a row end a block."""
        ends: list[int] = []
        start, resume = 0, self._resume
        find = source.find
        while True:
            first = start + self._bom_size(source, start)
            if first < len(source) and source[first] == _LF:
                end = first + 1
            else:
                at = find(b"\n\n", max(first, resume))
                if at < 0:
                    return ends
                end = at + 2
            ends.append(end)
            start = resume = end

    def _block_end(self, source: bytes | bytearray, start: int, resume: int, limit: int) -> int | None:
        first = start + self._bom_size(source, start)
        if first >= limit:
            return None
        if source[first] == _LF:
            return first + 1
        if source[first] == _CR:
            return first + 2 if source[first + 1 : first + 2] == b"\n" else first + 1
        match = _BLANK_LINE.search(source, max(first, resume), limit)
        return match.end() if match else None

    def _bom_size(self, source: bytes | bytearray, start: int) -> int:
        """A byte order mark counts at the very beginning of the body only."""
        return len(BOM) if self._n == 0 and start == 0 and source.startswith(BOM) else 0

    def _frames(
        self, source: bytes | bytearray, ends: list[int], at: int, known: int, index: int
    ) -> list[Frame]:
        """The frames of the blocks that end at `ends`; the first `known` bytes came in earlier chunks."""
        frames: list[Frame] = []
        start = 0
        for end in ends:
            chunks = (
                index if start >= known else self._tail_chunk,
                index if end > known else self._last_chunk,
            )
            frames.append(self._frame(bytes(source[start:end]), start, at, chunks))
            start = end
        return frames

    def _frame(
        self, block: bytes, start: int, at: int, chunks: tuple[int, int], *, ended: bool = True
    ) -> Frame:
        content = block[len(BOM) :] if self._n == 0 and block.startswith(BOM) else block
        fields = parse_block(content)
        flaws = fields.flaws
        if (
            self._split is not None
            and start < self._split < start + len(block)
            and "invalid_utf8" not in flaws
        ):
            flaws = (*flaws, "split_utf8")
        self._commit(fields if ended else parse_block(_whole_lines(content)), ended=ended)
        n = self._n
        self._n = n + 1
        return Frame(
            n,
            fields.event,
            fields.data,
            at,
            self._offset + start,
            len(block),
            *chunks,
            fields.id,
            fields.retry,
            fields.comment,
            ended,
            flaws,
        )

    def _commit(self, fields: Block, *, ended: bool) -> None:
        """An id counts once its block has ended, a reconnection time with its line."""
        if ended and fields.id is not None:
            self.last_event_id = fields.id
        if fields.retry is not None:
            self.retry = fields.retry


def _whole_lines(block: bytes) -> bytes:
    """Without the last line, when the body ended inside it."""
    return block[: max(block.rfind(b"\n"), block.rfind(b"\r")) + 1]

"""Server-sent events, exact to the WHATWG rules (HTML Living Standard, 9.2.5 and 9.2.6).

The bytes are cut into blocks by offsets, a block is what ends with a blank line, and each block becomes one
frame: comments, lone `retry:` lines and bare blank lines included. Frames therefore tile the whole body.
Lines end at LF, CR and CRLF only, as bytes: U+2028, U+2029 and U+0085 are data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import FrameTooLarge
from pipeline_runtime.wire.block import BOM, BlockReader, parse_block
from pipeline_runtime.wire.cutting import LONGEST_BLANK, block_ends
from pipeline_runtime.wire.frames import MAX_FRAME, Frame
from pipeline_runtime.wire.plain import CRLF, LF, plain_frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.wire.block import Block
    from pipeline_runtime.wire.frames import Chunk

_NOT_ASCII = 0x80
AHEAD = 16 * 1024
"""After so many bytes of a block its lines are read: millions of tiny ones would take seconds at its end."""
_MAY_BE_BLANK = b"\n" + BOM[:1]
"""First bytes of a block that may be a bare blank line, behind a byte order mark or not."""


class SSEParser:
    """An incremental SSE parser for one body (implements `frames.Framing`).

    A CR that ends a chunk may be half of CRLF, so the block that it would end waits for the next byte or for
    the end of the body: the frames are the same however the bytes are split.
    """

    __slots__ = (
        "_ahead",
        "_chunks",
        "_cr",
        "_last_chunk",
        "_looked",
        "_max_frame",
        "_mend",
        "_n",
        "_offset",
        "_read",
        "_resume",
        "_split",
        "_tail",
        "_tail_chunk",
        "_too_large",
        "last_event_id",
        "retry",
    )

    def __init__(
        self, max_frame: int = MAX_FRAME, *, mend: Callable[[Block, bytes], Block] | None = None
    ) -> None:
        """`mend` reads a block's fields again, for servers that break the rules in a way of their own."""
        self._max_frame = max_frame
        self._mend = mend
        self._n = 0
        self._chunks = 0
        self._last_chunk = 0
        self._tail = bytearray()
        """What has come of the next block; the following fields are about it."""
        self._tail_chunk = 0
        self._offset = 0
        self._resume = 0
        self._cr = False
        self._split: int | None = None
        self._too_large = False
        self._ahead: BlockReader | None = None
        self._read = 0
        """What `_ahead` has read of it."""
        self._looked = 0
        """What has been searched for lines to read."""
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
        if self._too_large:
            raise self._limit_error()
        index = self._chunks
        self._chunks = index + 1
        data = chunk.data
        if not data:
            return []
        has_cr = b"\r" in data
        if self._tail:
            frames = self._feed_behind_tail(chunk, index, has_cr=has_cr)
        elif not self._n and data.startswith(BOM[:1]):
            frames = self._cut_rest(chunk, 0, index, has_cr=has_cr)
        else:
            frames = self._cut(chunk, 0, index, has_cr=has_cr)
        self._last_chunk = index
        if not frames:
            self._check_limit()
        return frames

    def close(self, at: int) -> list[Frame]:
        """What is left when the body ends at `at`; a block without its blank line is `complete=False`."""
        if not self._tail:
            return []
        source, index = bytes(self._tail), self._last_chunk
        ends = block_ends(source, first=self._first(), resume=self._resume, final=True)
        frames = self._frames(source, ends, at, len(source), index)
        done = ends[-1] if ends else 0
        if done < len(source):
            chunks = (self._tail_chunk, index)
            frames.append(self._frame(source[done:], done, at, chunks, ended=False))
        self._tail.clear()
        return frames

    # --- the limit ---

    def _check_limit(self) -> None:
        if self._too_large:
            raise self._limit_error()

    def _limit_error(self) -> FrameTooLarge:
        return FrameTooLarge(
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

    # --- where a block begins ---

    def _cut(self, chunk: Chunk, begin: int, index: int, *, has_cr: bool) -> list[Frame]:
        """The frames from `begin` on: those of the usual shapes at once, the rest block by block."""
        frames: list[Frame] = []
        if len(chunk.data) <= self._max_frame:
            frames = plain_frames(chunk, begin, self._n, index, CRLF if has_cr else LF)
            if frames:
                self._n += len(frames)
                begin = frames[-1].offset + frames[-1].size - chunk.offset
        if begin < len(chunk.data):
            frames += self._cut_rest(chunk, begin, index, has_cr=has_cr)
        return frames

    def _cut_rest(self, chunk: Chunk, begin: int, index: int, *, has_cr: bool) -> list[Frame]:
        rest = chunk.data[begin:]
        self._begin_tail(rest, chunk.offset + begin, index)
        self._cr = has_cr
        if has_cr or rest[0] in _MAY_BE_BLANK or b"\n\n" in rest:
            return self._cut_tail(chunk.at, 0, index)
        self._note_size()
        return []

    # --- any bytes ---

    def _feed_behind_tail(self, chunk: Chunk, index: int, *, has_cr: bool) -> list[Frame]:
        """Ends the block that was begun, and goes on with what follows it."""
        data = chunk.data
        tail = self._tail
        known = len(tail)
        if data[0] & 0xC0 == 0x80 and tail[-1] >= _NOT_ASCII:  # noqa: PLR2004  # 0b10xxxxxx continues
            self._split = known
        tail += data
        self._cr = self._cr or has_cr
        blank = b"\r\n\r\n" if self._cr else b"\n\n"
        place = tail.find(blank, self._resume)
        end = place + len(blank)
        if place < 0 or end <= known:
            return self._cut_tail(chunk.at, known, index)
        del tail[end:]  # a block surely begins there
        if self._cr or not self._n or end > self._max_frame:
            frames = self._cut_tail(chunk.at, known, index)
        else:
            frames = [self._frame(bytes(tail), 0, chunk.at, (self._tail_chunk, index))]
            tail.clear()
            self._split = None
        if self._too_large or end - known == len(data):
            return frames
        return frames + self._cut(chunk, end - known, index, has_cr=has_cr)

    def _begin_tail(self, data: bytes, offset: int, index: int) -> None:
        self._tail += data
        self._tail_chunk = index
        self._offset = offset
        self._resume = self._looked = 0

    def _first(self) -> int:
        """Where the first line begins: a byte order mark counts at the beginning of the body only."""
        return len(BOM) if self._n == 0 and self._tail.startswith(BOM) else 0

    def _cut_tail(self, at: int, known: int, index: int) -> list[Frame]:
        """The frames of the tail's complete blocks; its first `known` bytes came in earlier chunks."""
        ends = self._within_limit(self._ends())
        frames = self._frames(self._tail, ends, at, known, index)
        if ends:
            del self._tail[: ends[-1]]
            self._offset += ends[-1]
            self._tail_chunk = index
            self._split = None
            self._looked = 0
            self._cr = b"\r" in self._tail
        self._note_size()
        return frames

    def _ends(self) -> list[int]:
        tail = self._tail
        return block_ends(tail, first=self._first(), resume=self._resume, final=False)

    def _note_size(self) -> None:
        """The next search need not look again at what holds no end."""
        size = len(self._tail)
        self._too_large = self._too_large or size > self._max_frame
        self._resume = max(0, size - (LONGEST_BLANK - 1))
        if size - self._looked > AHEAD and not self._too_large:
            self._read_ahead(size)

    def _read_ahead(self, size: int) -> None:
        """Read the whole lines that have come of the next block."""
        tail = self._tail
        end = max(tail.rfind(b"\n", self._looked), tail.rfind(b"\r", self._looked)) + 1
        self._looked = size
        if end == 0:
            return
        if self._ahead is None:
            self._ahead = BlockReader()
            self._read = self._first()
        self._ahead.feed(bytes(tail[self._read : end]))
        self._read = end

    def _frames(
        self, source: bytes | bytearray, ends: list[int], at: int, known: int, index: int
    ) -> list[Frame]:
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
        if self._ahead is None:
            fields = parse_block(content)
            self._commit(fields if ended else parse_block(_whole_lines(content)), ended=ended)
        else:
            fields = self._read_rest(self._ahead, block, ended=ended)
        if self._mend is not None:
            fields = self._mend(fields, content)
        split = self._split
        inside = split is not None and start < split < start + len(block)
        flaws = fields.flaws
        if inside and "invalid_utf8" not in flaws:
            flaws = (*flaws, "split_utf8")
        n = self._n
        self._n = n + 1
        return Frame(
            n,
            fields.event,
            fields.data,
            at,
            self._offset + start,
            len(block),
            chunks,
            fields.id,
            fields.retry,
            fields.comment,
            ended,
            flaws,
        )

    def _read_rest(self, reader: BlockReader, block: bytes, *, ended: bool) -> Block:
        """The fields of a block whose beginning has been read."""
        whole = len(block) if ended else len(_whole_lines(block))
        reader.feed(block[self._read : whole])
        self._commit(reader.block(), ended=ended)
        reader.feed(block[whole:])
        self._ahead, self._read = None, 0
        return reader.block()

    def _commit(self, fields: Block, *, ended: bool) -> None:
        """An id counts once its block has ended, a reconnection time with its line."""
        if ended and fields.id is not None:
            self.last_event_id = fields.id
        if fields.retry is not None:
            self.retry = fields.retry


def _whole_lines(block: bytes) -> bytes:
    """Without the last line, when the body ended inside it."""
    return block[: max(block.rfind(b"\n"), block.rfind(b"\r")) + 1]

"""Events packed in blocks: a million of them cost hardly any memory, and any stretch is read at once."""

from __future__ import annotations

import tempfile
import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO
from weakref import finalize

import msgspec

from pipeline_runtime.events import AnyEvent, FrameReceived

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BLOCK = 1024
"""Events of a block."""
BLOCK_BYTES = 1 << 20
"""Bytes of frames after which a block ends early: frames can be megabytes."""
UNPACKED = 4
"""Blocks that are kept unpacked: what is looked at is looked at again."""
_PLAIN_FROM = 1 << 22  # bytes from which packing would take too long to be done while someone waits

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[AnyEvent]).decode
_encode_json = msgspec.json.Encoder().encode
_decode_json = msgspec.json.Decoder(list[AnyEvent]).decode

_PACKED, _PLAIN, _JSON = 0, 1, 2  # the form of a block, in the lowest bits of its entry in `_forms`


class EventBlocks:
    """An append-only list of events that is not held in memory.

    Each event is encoded once, 1,024 to a block (about 1 µs and 25 bytes an event of a usual stream), and the
    blocks go to a file without a name: it is gone with its last reader, however the process ends. Where no
    file can be made or the disk is full, the packed blocks stay in memory. Reading a stretch unpacks the
    blocks that it touches, about 0.7 ms each; the last few stay unpacked.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where the file is made; by default where the system keeps such files."""
        self._folder = folder
        self._file: BinaryIO | None = None
        self._in_memory: dict[int, bytes] = {}
        self._ends = array("I")
        """For each block, how many events it and those before it hold."""
        self._places = array("Q")
        self._sizes = array("I")
        self._forms = array("B")
        self._tail: list[AnyEvent] = []
        self._tail_bytes = 0
        self._unpacked: OrderedDict[int, list[AnyEvent]] = OrderedDict()
        self._lowered = (-1, b"")
        """The block that was searched last: rows that begin in one may end in the next."""
        self._recent = (-1, b"")
        """The block that was read last, before it is unpacked to events."""
        self._packed_events = 0
        self._written = 0

    def __len__(self) -> int:
        return self._packed_events + len(self._tail)

    @property
    def last(self) -> AnyEvent | None:
        """The newest event."""
        if self._tail:
            return self._tail[-1]
        return self._block(len(self._ends) - 1)[-1] if self._ends else None

    def close(self) -> None:
        """Give the file back: nothing can be read any more."""
        if self._file is not None:
            self._file.close()

    # --- writing ------------------------------------------------------------------------------------------

    def extend(self, events: Sequence[AnyEvent]) -> None:
        """Append events."""
        for start in range(0, len(events), BLOCK):
            self._append(events[start : start + BLOCK])

    def _append(self, events: Sequence[AnyEvent]) -> None:
        size = sum(event.size for event in events if type(event) is FrameReceived)
        if self._tail and self._tail_bytes + size > BLOCK_BYTES:
            self._pack(len(self._tail))
        self._tail.extend(events)
        self._tail_bytes += size
        if len(self._tail) >= BLOCK:
            self._pack(BLOCK)

    def _pack(self, count: int) -> None:
        block, self._tail = self._tail[:count], self._tail[count:]
        self._tail_bytes = 0
        data, form = _packed(block)
        self._store(data)
        self._forms.append(form)
        self._sizes.append(len(data))
        self._packed_events += count
        self._ends.append(self._packed_events)

    def _store(self, data: bytes) -> None:
        self._places.append(self._written)
        try:
            file = self._file or self._keep(tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115
            file.seek(self._written)
            file.write(data)
            file.flush()
        except OSError:
            self._in_memory[len(self._places) - 1] = data
        else:
            self._written += len(data)

    def _keep(self, file: BinaryIO) -> BinaryIO:
        self._file = file
        finalize(self, file.close)  # whoever lets the blocks go gives the file back too
        return file

    # --- reading ------------------------------------------------------------------------------------------

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """The events [start, stop), as far as they are there."""
        stop = min(stop, len(self))
        found: list[AnyEvent] = []
        while start < min(stop, self._packed_events):
            number = bisect_right(self._ends, start)
            first = self._ends[number - 1] if number else 0
            found += self._block(number)[start - first : stop - first]
            start = self._ends[number]
        if stop > self._packed_events:
            found += self._tail[max(0, start - self._packed_events) : stop - self._packed_events]
        return found

    def end_of(self, place: int) -> int:
        """Where the block of the event at `place` ends."""
        number = bisect_right(self._ends, place)
        return self._ends[number] if number < len(self._ends) else max(len(self), place + 1)

    def may_hold(self, place: int, needle: bytes) -> bool:
        """Whether the block of the event at `place` may hold a text; `False` is certain.

        Args:
            place: The event's place.
            needle: UTF-8, in lower case; case is not looked at.
        """
        number = bisect_right(self._ends, place)
        if number == len(self._ends) or self._forms[number] == _JSON or not needle.isascii():
            return True
        if self._lowered[0] != number:
            self._lowered = (number, self._raw(number).lower())
        raw = self._lowered[1]
        return needle in raw or any(
            letter in needle and special in raw for letter, special in _FOLDING.items()
        )

    def _block(self, number: int) -> list[AnyEvent]:
        found = self._unpacked.get(number)
        if found is None:
            raw = self._raw(number)
            found = _decode_json(raw) if self._forms[number] == _JSON else _decode(raw)
            while len(self._unpacked) >= UNPACKED:
                self._unpacked.popitem(last=False)
            self._unpacked[number] = found
        self._unpacked.move_to_end(number)
        return found

    def _raw(self, number: int) -> bytes:
        if self._recent[0] != number:
            data = self._stored(number)
            self._recent = (number, zlib.decompress(data) if self._forms[number] == _PACKED else data)
        return self._recent[1]

    def _stored(self, number: int) -> bytes:
        data = self._in_memory.get(number)
        if data is None:
            assert self._file is not None
            self._file.seek(self._places[number])
            data = self._file.read(self._sizes[number])
        return data

    # --- keeping ------------------------------------------------------------------------------------------

    def seal(self) -> None:
        """Pack what is left, so that the blocks hold every event."""
        if self._tail:
            self._pack(len(self._tail))

    def packed(self) -> Iterator[bytes]:
        """The packed blocks in order, for `restore`."""
        return map(self._stored, range(len(self._ends)))

    @property
    def directory(self) -> tuple[bytes, bytes, bytes]:
        """Ends, sizes and forms of the blocks, for `restore`."""
        return self._ends.tobytes(), self._sizes.tobytes(), self._forms.tobytes()

    def restore(self, file: BinaryIO, begin: int, directory: tuple[bytes, bytes, bytes]) -> None:
        """Take packed blocks from a file that holds them from `begin` on; the file is never written to.

        Raises:
            ValueError: The directory is not one.
        """
        ends, sizes, forms = array("I", directory[0]), array("I", directory[1]), array("B", directory[2])
        if not len(ends) == len(sizes) == len(forms):
            raise ValueError("the directory of blocks is damaged")
        self._ends, self._sizes, self._forms = ends, sizes, forms
        self._places = array("Q", accumulate(sizes, initial=begin))
        self._places.pop()
        self._packed_events = ends[-1] if ends else 0
        self._keep(file)


_FOLDING = {b"i": "İ".encode(), b"k": "\N{KELVIN SIGN}".encode()}
"""What is ASCII only in lower case: `bytes.lower` does not know it."""


def _packed(block: list[AnyEvent]) -> tuple[bytes, int]:
    try:
        raw = _encode(block)
    except OverflowError:  # msgpack has no integers above 64 bits; providers may send them
        return _encode_json(block), _JSON
    if len(raw) >= _PLAIN_FROM:
        return raw, _PLAIN
    return zlib.compress(raw, 1), _PACKED

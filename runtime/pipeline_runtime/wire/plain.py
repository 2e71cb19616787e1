r"""Runs of frames in the two shapes of nearly every stream, cut and read at once: pure.

They are `data: ...` and `event: ...\ndata: ...`, all lines ended by LF or all by CRLF. A few C calls for
a whole socket read cost a third of what going through it block by block does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.wire.frames import Frame

if TYPE_CHECKING:
    from pipeline_runtime.wire.frames import Chunk


class Shape(Struct, frozen=True):
    """One way to end lines."""

    run: re.Pattern[bytes]
    """All usual blocks from a place on; possessive, so that hostile bytes cost no more than their length."""
    block: re.Pattern[bytes]
    event_size: int
    """Bytes of an `event: ` line beside the name."""
    data_size: int
    """Bytes of a `data: ` line beside the data, the blank line included."""


def _shape(end: str) -> Shape:
    # One excluded byte is many times faster than two: a lone LF among CRLF is looked for afterwards.
    line = f"[^{end[:2]}]"
    block = rf"(?:event: ({line}++){end})?+data: ({line}*+){end}{end}"
    run = rf"(?:{block.replace('([', '(?:[')})*+"
    width = len(end) // 2
    event_size, data_size = len("event: ") + width, len("data: ") + 2 * width
    return Shape(re.compile(run.encode()), re.compile(block.encode()), event_size, data_size)


LF = _shape(r"\n")
CRLF = _shape(r"\r\n")


def plain_frames(chunk: Chunk, begin: int, number: int, index: int, shape: Shape) -> list[Frame]:
    """The frames that `chunk` holds from `begin` on, up to the first block of another shape.

    Bytes that are not UTF-8 end the run too.

    Args:
        chunk: what one socket read brought.
        begin: where a block begins in it.
        number: the number of the first frame.
        index: the number of the chunk.
        shape: how lines end.
    """
    data = chunk.data
    if shape is LF:
        if data.find(b"\n", begin) == len(data) - 2 and data.startswith(b"data: ", begin):
            return _one_frame(chunk, begin, number, index)
        # Nearly always all blocks are usual: then those found are as long together as all up to the last end.
        end = data.rfind(b"\n\n", begin) + 2
        frames = _frames_of(chunk, begin, end, number=number, index=index, shape=shape)
        if not frames or frames[-1].offset + frames[-1].size == chunk.offset + end:
            return frames
    run = shape.run.match(data, begin)
    if run is None or (shape is CRLF and _has_lone_lf(run[0])):
        return []
    return _frames_of(chunk, begin, run.end(), number=number, index=index, shape=shape)


def _one_frame(chunk: Chunk, begin: int, number: int, index: int) -> list[Frame]:
    """The frame of a read that holds one line of data: how a stream comes at a live pace."""
    data = chunk.data
    if not data.endswith(b"\n"):
        return []
    try:
        text = data[begin + 6 : -2].decode()
    except UnicodeDecodeError:
        return []
    place = chunk.offset + begin
    return [Frame(number, "message", text, chunk.at, place, len(data) - begin, (index, index))]


def _frames_of(chunk: Chunk, begin: int, end: int, *, number: int, index: int, shape: Shape) -> list[Frame]:
    """The frames of all usual blocks between two places, as if they followed each other from the first on."""
    at, offset, chunks = chunk.at, chunk.offset + begin, (index, index)
    frames: list[Frame] = []
    data_size, event_size = shape.data_size, shape.data_size + shape.event_size
    append = frames.append
    for name, text in shape.block.findall(chunk.data, begin, end):
        size = len(text) + data_size
        try:
            if name:
                size = len(text) + len(name) + event_size
                append(Frame(number, name.decode(), text.decode(), at, offset, size, chunks))
            else:
                append(Frame(number, "message", text.decode(), at, offset, size, chunks))
        except UnicodeDecodeError:
            break
        offset += size
        number += 1
    return frames


def _has_lone_lf(run: bytes) -> bool:
    """Whether LF ends a line somewhere in a run whose every CR is half of CRLF."""
    return run.count(b"\n") != run.count(b"\r")

"""Bytes as people look at them: as text with marks, or in hex; with the borders of the reads they came in."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline_tui.text.sanitise import reveal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.runlog.bodies import Chunk

SHOWN = 200_000
"""Bytes that are shown as text."""
SHOWN_HEX = 40_000
_ROW = 16
_PRINTABLE = range(0x20, 0x7F)


def bytes_text(raw: bytes, chunks: Sequence[Chunk] = (), offset: int = 0) -> str:
    r"""Bytes as text, every invisible character as a mark and every byte that is no UTF-8 as `\xNN`.

    Args:
        raw: The bytes.
        chunks: The reads that they came in; with several, a line stands where each but the first begins.
        offset: Where the bytes begin in the body.
    """
    text = "".join(
        border + reveal(part.decode("utf-8", "backslashreplace"))
        for border, part in _parts(raw[:SHOWN], chunks, offset)
    )
    return text + _rest(raw, SHOWN)


def hex_text(raw: bytes, chunks: Sequence[Chunk] = (), offset: int = 0) -> str:
    """Bytes in hex: where in the body, sixteen of them, and what of it is ASCII."""
    rows: list[str] = []
    at = offset
    for border, part in _parts(raw[:SHOWN_HEX], chunks, offset):
        rows += [border.strip("\n")] * bool(border)
        rows += [_hex_row(part[n : n + _ROW], at + n) for n in range(0, len(part), _ROW)]
        at += len(part)
    return "\n".join(rows) + _rest(raw, SHOWN_HEX)


def _parts(raw: bytes, chunks: Sequence[Chunk], offset: int) -> Iterator[tuple[str, bytes]]:
    """The bytes of each read, and the line that stands before them."""
    begins = [chunk.offset - offset for chunk in chunks if 0 < chunk.offset - offset < len(raw)]
    times = {chunk.offset - offset: chunk.at for chunk in chunks}
    known = sorted(times)
    for begin, end in pairwise([0, *begins, len(raw)]):
        border = ""
        if begin:
            before = times[known[bisect_right(known, begin) - 2]] if known[0] < begin else times[begin]
            border = f"\n╌╌ next read, {(times[begin] - before) / 1e6:.1f} ms later ╌╌\n"
        yield border, raw[begin:end]


def _hex_row(part: bytes, at: int) -> str:
    halves = part[:8].hex(" "), part[8:].hex(" ")
    text = "".join(chr(byte) if byte in _PRINTABLE else "·" for byte in part)
    return f"{at:06x}  {halves[0]:<23}  {halves[1]:<23}  {text}"


def _rest(raw: bytes, shown: int) -> str:
    return f"\n… and {len(raw) - shown:,} more bytes" if len(raw) > shown else ""

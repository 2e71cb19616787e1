"""A JSON array that is sent piece by piece (Gemini without `alt=sse`; PROTOCOLS.md, section 4).

A frame is one element with the separator before it, so it is out as soon as its last byte is here; the
closing bracket is a frame without data. Bytes are scanned, not parsed: strings and escapes are respected, all
else is counted, and whatever is damaged ends up in some frame.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_runtime.wire.frames import MAX_FRAME
from pipeline_runtime.wire.units import UnitParser

if TYPE_CHECKING:
    from collections.abc import Callable

SEPARATORS = b" \t\r\n,"
_AFTER_BOM = b"\xef\xbb\xbf"
_ELEMENT = re.compile(rb"[^ \t\r\n,]")
_STRUCTURE = re.compile(rb'["\[\]{}]')
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""What is left of a string but for its end, or for a backslash whose character has not come."""
_BACKSLASH = 0x5C
_SCALAR_END = re.compile(rb"[ \t\r\n,\]]")


class JSONArrayParser(UnitParser):
    """An incremental parser that cuts one top-level array into its elements."""

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        super().__init__(max_frame)
        self._scan: Callable[[bytes, int], int] = self._between
        """The state: takes the bytes from a place on, and gives the place where the next state begins."""
        self._depth = 0
        self._is_open = False
        """The scanner is behind the array's `[`."""
        self._reads_inside = False
        """The next unit to be read is behind it."""
        self._ends: list[int] = []

    def ends(self, data: bytes) -> list[int]:
        """Behind each element, and behind the array's `]`."""
        self._ends = []
        place = 0
        while place < len(data):
            place = self._scan(data, place)
        return self._ends

    def content(self, unit: bytes) -> bytes:
        """The element without what separates it from the one before."""
        content = unit.lstrip(SEPARATORS)
        if not self._reads_inside and content.startswith(b"["):
            self._reads_inside = True
            content = content[1:].lstrip(SEPARATORS)
        if content == b"]":
            self._reads_inside = False
            return b""
        return content

    def is_rest(self, tail: bytes) -> bool:
        """White space behind the closed array."""
        return not self._is_open and not tail.strip(SEPARATORS)

    # --- states ---

    def _between(self, data: bytes, place: int) -> int:
        """Before an element."""
        found = _ELEMENT.search(data, place)
        if found is None:
            return len(data)
        begin = found.start()
        byte = data[begin : begin + 1]
        if byte == b"]":
            self._is_open = False
            self._ends.append(begin + 1)
        elif byte == b"[" and not self._is_open:
            self._is_open = True
        elif byte in (b"{", b"["):
            self._depth = 1
            self._scan = self._inside
        elif byte == b'"':
            self._scan = self._string
        elif byte not in _AFTER_BOM or self._is_open:
            self._scan = self._scalar
        return begin + 1

    def _inside(self, data: bytes, place: int) -> int:
        """In an object or array, outside its strings."""
        found = _STRUCTURE.search(data, place)
        if found is None:
            return len(data)
        match found[0]:
            case b'"':
                self._scan = self._string
            case b"{" | b"[":
                self._depth += 1
            case _:
                self._depth -= 1
                if not self._depth:
                    self._end_element(found.end())
        return found.end()

    def _string(self, data: bytes, place: int) -> int:
        rest = _STRING_REST.match(data, place)
        end = place if rest is None else rest.end()
        if end == len(data):
            return end
        if data[end] == _BACKSLASH:
            self._scan = self._escaped
        elif self._depth:
            self._scan = self._inside
        else:
            self._end_element(end + 1)
        return end + 1

    def _escaped(self, data: bytes, place: int) -> int:  # noqa: ARG002  # one byte, whatever it is
        self._scan = self._string
        return place + 1

    def _scalar(self, data: bytes, place: int) -> int:
        """A number or a word, which ends before what follows it."""
        found = _SCALAR_END.search(data, place)
        if found is None:
            return len(data)
        self._end_element(found.start())
        return found.start()

    def _end_element(self, end: int) -> None:
        self._ends.append(end)
        self._scan = self._between

"""Newline-delimited JSON: one value a line (Ollama; PROTOCOLS.md of the recorded corpus, section 5).

Lines end at LF as a byte, with a CR before it or not: U+2028, U+2029, U+0085 and a lone CR are data.
"""

from __future__ import annotations

from pipeline_runtime.wire.units import UnitParser

WHITESPACE = b" \t\r\n"


class NDJSONParser(UnitParser):
    """An incremental NDJSON parser; a blank line is a frame without data."""

    def ends(self, data: bytes) -> list[int]:
        """Behind each LF."""
        ends: list[int] = []
        end = data.find(b"\n") + 1
        while end:
            ends.append(end)
            end = data.find(b"\n", end) + 1
        return ends

    def content(self, unit: bytes) -> bytes:
        """The line without its end; nothing of a line of white space."""
        return unit.removesuffix(b"\n").removesuffix(b"\r") if unit.strip(WHITESPACE) else b""

    def is_rest(self, tail: bytes) -> bool:
        """White space at the end is no line that was cut."""
        return not tail.strip(WHITESPACE)

"""Lines, columns, comments and line breaks of a text, by character offset; and edits to it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BOM = "\ufeff"
_BREAK = re.compile(r"\r\n|\r|\n")
_TAIL = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\r\n]*)?(?=[\r\n]|\Z)")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace `[start, end)` by `text`."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits.

    Raises:
        ValueError: two edits overlap.
    """
    parts: list[str] = []
    done = 0
    for edit in sorted(edits):
        if edit.start < done:
            raise ValueError(f"two changes touch the same place (offset {edit.start})")
        parts += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*parts, text[done:]])


class Source:
    """A text and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        breaks = list(_BREAK.finditer(text))
        self._starts = [0, *(found.end() for found in breaks)]
        self._ends = [*(found.start() for found in breaks), len(text)]
        self._default_break = breaks[0].group() if breaks else "\n"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        return self._line(offset) + 1, self.column(offset) + 1

    def column(self, offset: int) -> int:
        """Characters before it in its line; a byte order mark is none."""
        start = self._starts[self._line(offset)]
        return offset - start - (1 if start == 0 < offset and self.text.startswith(BOM) else 0)

    def line_start(self, offset: int) -> int:
        """Where its line begins, after a byte order mark."""
        start = self._starts[self._line(offset)]
        return 1 if start == 0 < offset and self.text.startswith(BOM) else start

    def line_end(self, offset: int) -> int:
        """Where its line ends, before the line break."""
        return self._ends[self._line(offset)]

    def next_line(self, offset: int) -> int:
        """Where the next line begins; the end of the text after the last one."""
        line = self._line(offset) + 1
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line_break(self, offset: int) -> str:
        """The line break of its line; on the last line, that of the text's first."""
        return self.text[self.line_end(offset) : self.next_line(offset)] or self._default_break

    def first_on_line(self, offset: int) -> bool:
        """Whether only blanks stand before it."""
        return not self.text[self.line_start(offset) : offset].strip(" ")

    def tail(self, offset: int) -> str | None:
        """The blanks and the comment from there to the line's end; `None` if something else stands there."""
        found = _TAIL.match(self.text, offset)
        return found.group().rstrip() if found else None

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1


def shift(text: str, by: int) -> str:
    """Indent the lines after the first by so many blanks more, or fewer."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    if by == 0 or len(lines) == 1:
        return text
    moved = [lines[0]]
    for line in lines[1:]:
        blanks = len(line) - len(line.lstrip(" "))
        if by > 0:
            moved.append(" " * by + line if line.strip() else line)
        else:
            moved.append(line[min(blanks, -by) :])
    return "".join(moved)

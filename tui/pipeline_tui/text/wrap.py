"""Incremental greedy wrap: an append re-wraps the last visual line only.

Greedy wrap is stable: a full line never changes again, whatever follows. So text that comes in deltas wraps
at a cost that does not grow with what is already there.
"""

from __future__ import annotations

from rich.cells import get_character_cell_size

CODE = 1
"""Flag of a line in a fenced code block, its fences included."""
HEADING = 2
"""Flag of a line of a Markdown heading."""

_MIN_WIDTH = 2  # a wide character must fit


class WrapBuffer:
    """Visual lines of a growing text, at most `width` cells each.

    `"".join(lines)` is exactly the text: a hard break keeps its line feed, a soft break the space that it
    hangs on, which may stand beyond the width and is not drawn. The text must have been sanitised. `flags`
    holds a byte per line: `CODE`, `HEADING` or 0.
    """

    __slots__ = ("_fenced", "_logical_start", "_tail_flag", "flags", "lines", "width")

    def __init__(self, width: int) -> None:
        self._reset(width)

    def __len__(self) -> int:
        """How many visual lines there are: at least one."""
        return len(self.lines)

    def append(self, text: str) -> int:
        """Add `text` at the end.

        Returns:
            The index of the first visual line that changed; all after it are new.
        """
        first = len(self.lines) - 1
        text = self.lines.pop() + text
        del self.flags[first:]
        start = 0
        while (feed := text.find("\n", start)) >= 0:
            self._wrap(text[start : feed + 1])
            start = feed + 1
        self._wrap(text[start:])
        return first

    def rewrap(self, width: int) -> None:
        """Wrap the whole text anew for another width."""
        text = "".join(self.lines)
        self._reset(width)
        self.append(text)

    def _reset(self, width: int) -> None:
        self.width = max(_MIN_WIDTH, width)
        self.lines: list[str] = [""]
        self.flags = bytearray(1)
        self._fenced = False
        self._logical_start = True
        self._tail_flag = 0

    def rewrap_part(self, first: int, last: int, width: int) -> None:
        """Wrap the lines from `first` up to `last` for another width, and what will be appended.

        The others stay as they are, too wide or too narrow, until the whole is wrapped anew. Whether a fence
        that opened before `first` is still open is taken from that line's flag.
        """
        at_end = last >= len(self.lines)
        part = WrapBuffer(width)
        fenced = self.flags[first] == CODE and not self.lines[first].startswith("```")
        part._fenced = fenced
        part.append("".join(self.lines[first:last]))
        if at_end:
            self._fenced, self._logical_start = part._fenced, part._logical_start
            self._tail_flag = part._tail_flag
        elif not part.lines[-1]:
            part.lines.pop()
            part.flags.pop()
        self.lines[first:last] = part.lines
        self.flags[first:last] = part.flags
        self.width = part.width

    def _wrap(self, line: str) -> None:
        """Add what is left of one logical line; without its line feed it stays open."""
        hard = line.endswith("\n")
        body = len(line) - hard
        cut = _cut_narrow if line.isascii() else _cut_wide
        start = 0
        while (end := cut(line, start, body, self.width)) >= 0:
            self._emit(line[start:end], closes=False)
            start = end
        if hard:
            self._emit(line[start:], closes=True)
        else:
            self.lines.append(line[start:])
            self.flags.append(self._flag_of(line[start:]))

    def _emit(self, line: str, *, closes: bool) -> None:
        flag = self._flag_of(line)
        if self._logical_start and line.startswith("```"):
            self._fenced = not self._fenced
        self.lines.append(line)
        self.flags.append(flag)
        self._tail_flag = flag
        self._logical_start = closes

    def _flag_of(self, line: str) -> int:
        if not self._logical_start:
            return self._tail_flag
        if self._fenced or line.startswith("```"):
            return CODE
        return HEADING if line.startswith("#") else 0


def _cut_narrow(line: str, start: int, end: int, width: int) -> int:
    """Where a line of one-cell characters must break, or -1 when `line[start:end]` fits."""
    if end - start <= width:
        return -1
    return line.rfind(" ", start, start + width + 1) + 1 or start + width


def _cut_wide(line: str, start: int, end: int, width: int) -> int:
    """The same for any characters; a wide one may be broken after, as in CJK text."""
    used = 0
    breakable = 0
    for index in range(start, end):
        character = line[index]
        cells = 1 if " " <= character <= "~" else get_character_cell_size(character)
        if used + cells > width:
            if character == " ":
                return index + 1
            return breakable or max(index, start + 1)
        used += cells
        if character == " " or cells == 2 or (not cells and index == breakable > start):  # noqa: PLR2004
            breakable = index + 1
    return -1

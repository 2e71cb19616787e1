"""An answer as rows: one section for each block that a stream builds, wrapped as it grows.

Deltas of one choice make a transcript; those of one block and lane in it make a section. A section has a
head row (thinking, a tool's name, a refusal) or none (text); its body is a `WrapBuffer`. Only the section
that a delta belongs to is touched.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pipeline_runtime.pieces import compact
from pipeline_tui.text.rewrap import Rewrap
from pipeline_tui.text.sanitise import sanitise, sanitise_line
from pipeline_tui.text.wrap import WrapBuffer
from pipeline_tui.views.format import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.events import Delta

Role: TypeAlias = Literal["text", "thinking", "tool_input", "refusal", "error"]

GUTTERS: dict[Role, str] = {
    "text": "",
    "thinking": "┊ ",
    "tool_input": "│ ",
    "refusal": "⊘ ",
    "error": "✖ ",
}
"""The mark at the left of every body row: a lane is never told by its colour only."""
AT_ONCE = 48_000
"""Characters of a section that are wrapped at once for another width: about 5 ms."""
_LOOK_BACK = 400


class Key(NamedTuple):
    """What makes two deltas parts of the same section."""

    role: Role
    block: int


class Row(NamedTuple):
    """One visual row."""

    section: Section
    line: int
    """The line in the section's buffer; -1 for its head."""


class Mark(NamedTuple):
    """A place in a transcript that no wrapping moves."""

    section: Section | None
    offset: int
    """Characters before it in the section; -1 for its head."""


class Section:
    """One block of an answer: its head, its wrapped body and its text as it came."""

    __slots__ = ("buffer", "folded", "key", "name", "raw", "rewrap", "size")

    def __init__(self, key: Key, width: int, name: str | None, *, folded: bool) -> None:
        self.key = key
        self.name = name
        self.folded = folded
        self.raw: list[str] = []
        """The text as it came, in pieces."""
        self.size = 0
        """Characters in the buffer."""
        self.rewrap: Rewrap | None = None
        """The work that is left after a change of the width."""
        self.buffer = WrapBuffer(width - len(GUTTERS[key.role]))

    @property
    def role(self) -> Role:
        """The lane, or `error`."""
        return self.key.role

    @property
    def head(self) -> str | None:
        """The text of its head row; `None` when it has none."""
        match self.role:
            case "text":
                return None
            case "thinking":
                count = counted(len(self.buffer), "line")
                return f"▸ thinking · {count} (t unfolds)" if self.folded else "▾ thinking"
            case "tool_input":
                return f"⚒ {sanitise_line(self.name or 'tool')}"
            case "refusal":
                return "⊘ the model refused"
            case "error":
                return f"✖ {sanitise_line(self.name or 'error')}"

    @property
    def rows(self) -> int:
        """How many visual rows it takes."""
        return (self.head is not None) + (0 if self.folded else len(self.buffer))

    def append(self, text: str) -> int:
        """Add raw text; returns the first of its rows that changed."""
        self.raw.append(text)
        compact(self.raw)
        safe = sanitise(text)
        self.size += len(safe)
        if self.rewrap is not None:
            self.rewrap.add(safe)
        line = self.buffer.append(safe)
        return 0 if self.folded else line + (self.head is not None)


class Transcript:
    """All sections of one attempt, and which row is where."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.sections: list[Section] = []
        self.fold_thinking = False
        self._by_key: dict[Key, Section] = {}
        self._starts: list[int] = []
        self._rows = 0

    def __len__(self) -> int:
        """How many visual rows there are."""
        return self._rows

    def extend(self, deltas: Iterable[Delta]) -> int:
        """Add what came, in order.

        Returns:
            The first visual row that changed; everything from it on may be different.
        """
        first = self._rows
        for key, group in groupby(deltas, _key_of):
            parts = list(group)
            name = next((part.tool for part in parts if part.tool), None)
            first = min(first, self._add(key, "".join(part.content for part in parts), name))
        return first

    def add_block(self, role: Role, text: str, name: str | None = None) -> int:
        """Add a block that no delta belongs to; returns the first visual row that changed."""
        return self._add(Key(role, len(self.sections)), text, name)

    def row(self, index: int) -> Row:
        """What stands in visual row `index`."""
        at = bisect_right(self._starts, index) - 1
        section = self.sections[at]
        line = index - self._starts[at] - (section.head is not None)
        return Row(section, line)

    def fold(self, *, folded: bool) -> None:
        """Fold or unfold the thinking, what has come and what will."""
        self.fold_thinking = folded
        for section in self.sections:
            section.folded = folded and section.role == "thinking"
        self._place(0)

    def mark(self, row: int) -> Mark:
        """A place in the text that stays what it is when rows move."""
        section, line = self.row(min(row, self._rows - 1)) if self._rows else (None, -1)
        offset = sum(map(len, section.buffer.lines[:line])) if section is not None and line > 0 else 0
        return Mark(section, line if line < 0 else offset)

    def row_of(self, mark: Mark) -> int:
        """The row where a marked place is now."""
        section = mark.section
        if section is None or section not in self.sections:
            return 0
        row = self._starts[self.sections.index(section)]
        if mark.offset < 0 or section.folded:
            return row
        ends = accumulate(map(len, section.buffer.lines))
        line = next((n for n, end in enumerate(ends) if end > mark.offset), len(section.buffer) - 1)
        return row + (section.head is not None) + line

    def rewrap(self, width: int, top: int, height: int) -> None:
        """Wrap for another width: short sections at once, of long ones what the view shows.

        Args:
            width: The new width.
            top: The first row in view.
            height: How many rows are in view.
        """
        spare = height * (2 + width // max(1, self.width))
        first, last = max(0, top - spare), top + height + spare
        for section, start in zip(self.sections, self._starts, strict=True):
            wide = width - len(GUTTERS[section.role])
            if section.size <= AT_ONCE:
                section.rewrap = None
                section.buffer.rewrap(wide)
                continue
            section.rewrap = Rewrap(section.buffer, wide)
            part = _whole_lines(section.buffer, first - start, last - start)
            section.buffer.rewrap_part(*part, wide)
        self.width = width
        self._place(0)

    def rewrap_some(self) -> bool:
        """Go on with what `rewrap` left; says whether all is wrapped, and `settle` may be called."""
        left = [section.rewrap for section in self.sections if section.rewrap and not section.rewrap.done]
        if left:
            left[0].step()
        return not left or (len(left) == 1 and left[0].done)

    def settle(self) -> None:
        """Show what `rewrap_some` has done; rows move by it."""
        for section in self.sections:
            if section.rewrap is not None and section.rewrap.done:
                section.buffer, section.rewrap = section.rewrap.buffer, None
        self._place(0)

    @property
    def unsettled(self) -> bool:
        """Whether there are rows that are still wrapped for another width."""
        return any(section.rewrap is not None for section in self.sections)

    def answer(self) -> str:
        """The raw answer: text and refusal; where there is neither, the tool inputs, then the thinking."""
        for roles in (("text", "refusal"), ("tool_input",), ("thinking",)):
            parts = ["".join(section.raw) for section in self.sections if section.role in roles]
            if any(parts):
                return "\n\n".join(part for part in parts if part)
        return ""

    @property
    def has_answer(self) -> bool:
        """Whether there is any of it."""
        return any(section.size for section in self.sections if section.role != "error")

    def _add(self, key: Key, text: str, name: str | None) -> int:
        section = self._by_key.get(key)
        if section is None:
            folded = self.fold_thinking and key.role == "thinking"
            section = self._by_key[key] = Section(key, self.width, name, folded=folded)
            self.sections.append(section)
            self._starts.append(self._rows)
            section.append(text)
            self._rows += section.rows
            return self._starts[-1]
        late_name = name is not None and section.name is None
        section.name = section.name or name
        changed = section.append(text)
        if late_name:
            changed = 0  # the head has it
        at = len(self.sections) - 1
        while self.sections[at] is not section:
            at -= 1
        self._place(at)
        return self._starts[at] + changed

    def _place(self, at: int) -> None:
        row = self._starts[at] if at < len(self._starts) else 0
        for index in range(at, len(self.sections)):
            self._starts[index] = row
            row += self.sections[index].rows
        self._rows = row


def _whole_lines(buffer: WrapBuffer, first: int, last: int) -> tuple[int, int]:
    """The lines from `first` up to `last`, and those before of the same hard line, unless there are many."""
    count = len(buffer)
    first, last = min(max(0, first), count - 1), max(1, min(last, count))
    for _ in range(_LOOK_BACK):
        if first == 0 or buffer.lines[first - 1].endswith("\n"):
            break
        first -= 1
    return first, max(first + 1, last)


def _key_of(delta: Delta) -> Key:
    return Key(delta.lane, delta.index)

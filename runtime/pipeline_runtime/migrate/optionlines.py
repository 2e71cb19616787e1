"""The lines of a handler's options, with the comments of the entries that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.migrate.cutting import end_of
from pipeline_runtime.migrate.nodes import Alias
from pipeline_runtime.migrate.writing import Line, value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.migrate.layout import Layout
    from pipeline_runtime.migrate.nodes import Entry
    from pipeline_runtime.migrate.options import Option
    from pipeline_runtime.migrate.settings import Settings


class OptionLines:
    """Makes the lines, and tells which comments they took along."""

    def __init__(
        self, settings: Settings, layout: Layout, *, column: int, at: int, own: Callable[[Entry], bool]
    ) -> None:
        """Make them.

        Args:
            settings: The options.
            layout: The file.
            column: That of their keys.
            at: Where in the text they are written.
            own: Whether an entry is moved; otherwise it is copied, and its comments stay.
        """
        self._layout = layout
        self._column = column
        self._at = at
        self._own = own
        self._sources = [one.entry for one in settings.sources if own(one.entry)]
        self._current: Entry | None = None
        self._seen = 0
        self.moved: list[Entry] = []
        """The legacy entries whose comments are in the lines."""
        self.header = ""
        """The comment behind the first legacy key, with its blanks, if its options stand below it."""
        self.lines: list[Line] = [self._line(option) for option in settings.options]
        self.trailing: list[str] = self._rest() if self.lines else []
        """Comments after the last option."""

    def _line(self, option: Option) -> Line:
        entry = option.entry
        if entry is None:
            return Line(option.name, f": {option.text}")
        source = next((one for one in self._sources if _holds(one, entry)), None)
        value = f": {option.text}"
        if option.text is None:
            value = value_text(entry, self._layout, column=self._column, at=self._at, own=source is not None)
        if source is None or not self._own(entry):
            return Line(option.name, value)
        leads = self._enter(source)
        leads += self._layout.comments_in(self._seen, entry.key.start)
        if option.text is not None or isinstance(entry.value, Alias):
            leads += self._layout.comments_in(entry.key.end, entry.value.end)
        self._seen = end_of(entry)
        tail = ""
        if entry is source or not self._layout.mapping_of(entry).flow:
            tail = "" if self._layout.mapping_of(entry).flow else self._layout.tail(self._seen)
        self._seen += len(tail)
        return Line(option.name, value, tail, leads)

    def _enter(self, source: Entry) -> list[str]:
        """Begin with another legacy entry; the comments that were left of the one before."""
        if source is self._current:
            return []
        left = self._rest()
        is_first = self._current is None
        self._current = source
        self._seen = source.key.end
        colon = self._layout.after_colon(source)
        header = self._layout.source.tail(colon) or ""
        if is_first and header.strip():
            self.header = header
            self._seen = colon + len(header)
        self.moved.append(source)
        return left

    def _rest(self) -> list[str]:
        if self._current is None:
            return []
        end = end_of(self._current)
        if not self._layout.mapping_of(self._current).flow:
            end += len(self._layout.tail(end))
        return self._layout.comments_in(self._seen, end)


def _holds(source: Entry, entry: Entry) -> bool:
    return source.key.start <= entry.key.start < end_of(source)

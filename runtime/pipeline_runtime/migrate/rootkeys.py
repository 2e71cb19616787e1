"""Streaming keys of the file itself: today they stand in its `defaults`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.migrate.contexts import DEFAULTS_KEY
from pipeline_runtime.migrate.geometry import Edit
from pipeline_runtime.migrate.keys import FLAG, HANDLER, IN_OPTIONS, OPTIONS_KEY, OPTS
from pipeline_runtime.migrate.nodes import Mapping
from pipeline_runtime.migrate.rewriting import StepEdits
from pipeline_runtime.migrate.writing import Line, flow, quoted_like

if TYPE_CHECKING:
    from pipeline_runtime.migrate.nodes import Entry

_STREAMING = IN_OPTIONS | {FLAG, HANDLER, OPTS}


class RootEdits(StepEdits):
    """The edits of a file's own keys: they are written into `defaults`, and cut by whoever knows all."""

    def write(self) -> None:
        """Write them, in front of what `defaults` has, or as new ones.

        Raises:
            ValueError: `defaults` says how to stream, too.
        """
        if not self.hoisted:
            return
        defaults = self._defaults()
        if defaults is None:
            self._write_new()
            return
        assert isinstance(defaults.value, Mapping)
        start = defaults.value.entries[0].key.start
        if defaults.value.flow:
            self.edits.append(Edit(start, start, f"{flow(self.hoisted)}, "))
            return
        new_line = self._layout.source.line_break(start) + " " * self._layout.source.column(start)
        self.edits.append(Edit(start, start, self._block(self.hoisted, start) + new_line))

    def _write_new(self) -> None:
        start = self._first()
        key = quoted_like(DEFAULTS_KEY, self._host.mapping.entries[0].key)
        if self._host.mapping.flow:
            self.edits.append(Edit(start, start, f"{key}: {{{flow(self.hoisted)}}}, "))
            return
        source = self._layout.source
        if not source.first_on_line(start):
            raise ValueError("a key of the file does not begin its line")
        text = (
            " " * source.column(start)
            + self._block([Line(key, below=self.hoisted)], start)
            + source.line_break(start)
        )
        self.edits.append(Edit(source.line_start(start), source.line_start(start), text))

    def _defaults(self) -> Entry | None:
        entry = next(iter(self._host.own(DEFAULTS_KEY)), None)
        if entry is None:
            return None
        if not isinstance(entry.value, Mapping) or not entry.value.entries:
            raise ValueError(f"`{DEFAULTS_KEY}` is no mapping that could take the file's streaming keys")
        names = {one.name for one in entry.value.entries}
        if names & (_STREAMING | {OPTIONS_KEY}):
            raise ValueError(f"the file and its `{DEFAULTS_KEY}` both say how to stream")
        return entry

    def _hoisted(self) -> list[Line]:
        defaults = self._defaults()
        if defaults is None:
            column, at = self._layout.source.column(self._first()) + self._step(), self._first()
        else:
            assert isinstance(defaults.value, Mapping)
            at = defaults.value.entries[0].key.start
            column = self._layout.source.column(at)
        rewrites = self._decisions.rewrites
        has_options = bool(self._settings.options or self._settings.whole)
        plain = [one for one in rewrites if not (has_options and one.key == HANDLER)]
        lines = [self._rewritten(one, column, at) for one in plain]
        return [*lines, *self._settings_lines(at, column)] if has_options else lines

    def _rewrite_in_place(self) -> None:
        """Nothing stays where it was."""

    def _first(self) -> int:
        """Where the first streaming key of the file stands."""
        names = (*_STREAMING, OPTIONS_KEY)
        return min(entry.key.start for entry in self._host.own(*names))

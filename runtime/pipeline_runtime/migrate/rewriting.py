"""One step's decisions as edits of its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_runtime.migrate.cutting import end_of
from pipeline_runtime.migrate.geometry import Edit
from pipeline_runtime.migrate.keys import HANDLER, OPTS
from pipeline_runtime.migrate.nodes import Alias, Mapping, Scalar, resolve
from pipeline_runtime.migrate.optionlines import OptionLines
from pipeline_runtime.migrate.writing import (
    Line,
    block,
    changed_scalar,
    flow,
    has_comments,
    quoted_like,
    value_text,
)

if TYPE_CHECKING:
    from pipeline_runtime.migrate.contexts import Host
    from pipeline_runtime.migrate.layout import Layout
    from pipeline_runtime.migrate.nodes import Entry
    from pipeline_runtime.migrate.settings import Settings
    from pipeline_runtime.migrate.slots import Decisions, Rewrite

_COLON = re.compile(r"[ \t]*:[ \t]*")
_LEAST_STEP = 2


class StepEdits:
    """The edits of one step; what goes from its options is cut by whoever knows all steps."""

    def __init__(self, host: Host, decisions: Decisions, settings: Settings, layout: Layout) -> None:
        self._host = host
        self._decisions = decisions
        self._settings = settings
        self._layout = layout
        self._in_list = host.is_defaults and bool(settings.options or settings.whole)
        self.edits: list[Edit] = []
        self.replaced: list[Entry] = []
        """Entries of the step that are written over."""
        self.moved: list[Entry] = []
        """Entries whose comments moved with them."""
        self.hoisted = [*self._hoisted(), *(Line(key, f": {text}") for key, text in decisions.extra)]
        """What the step gets from its options."""
        self._rewrite_in_place()

    def write_hoisted(self, *, instead: bool) -> None:
        """Write what comes from the options.

        Args:
            instead: In the place of `claude_options`, of which nothing stays; otherwise in front of it.
        """
        entry = self._host.options
        assert entry is not None
        source = self._layout.source
        start = entry.key.start
        if self._host.mapping.flow:
            text = flow(self.hoisted)
            self.edits.append(
                Edit(start, entry.value.end, text) if instead else Edit(start, start, f"{text}, ")
            )
            return
        new_line = source.line_break(start) + " " * source.column(start)
        text = self._block(self.hoisted, start)
        if not instead:
            self.edits.append(Edit(start, start, text + new_line))
            return
        end, comments = self._header(entry)
        tail = self._layout.tail(end)
        if tail.strip() and not comments and _takes_comment(self.hoisted[-1]):
            text += tail
        else:
            text = new_line.join([text, *comments, *([tail.strip()] if tail.strip() else [])])
        self.edits.append(Edit(start, end + len(tail), text))

    def _header(self, entry: Entry) -> tuple[int, list[str]]:
        """Where the part of `claude_options` ends that is written over, and the comments in it."""
        value = resolve(entry.value)
        assert isinstance(value, Mapping)
        if value.flow:
            return value.end, self._layout.comments_in(value.content, value.end)
        colon = _COLON.match(self._layout.text, entry.key.end)
        assert colon is not None
        end = value.content if value.start < value.content else colon.end()
        return end - (len(self._layout.text[:end]) - len(self._layout.text[:end].rstrip(" \t"))), []

    def _hoisted(self) -> list[Line]:
        below = [one for one in self._decisions.rewrites if one.legacy.in_options]
        ranked = [(one.legacy.entry.key.start, self._rewritten(one)) for one in below]
        sources = self._settings.sources
        at = self._host.options.key.start if self._host.options else 0
        if self._in_list:
            ranked = [one for one in ranked if one[1].key.strip("'\"") != HANDLER]
        if not self._is_hoisted():
            return [line for _, line in sorted(ranked, key=lambda one: one[0])]
        first = min((one.entry.key.start for one in sources if one.in_options), default=None)
        if first is None:
            first = max((start for start, line in ranked if line.key.strip("'\"") == HANDLER), default=at)
        lines = self._settings_lines(at)
        ranked += [(first, line) for line in lines]
        return [line for _, line in sorted(ranked, key=lambda one: one[0])]

    def _is_hoisted(self) -> bool:
        """Whether the handler's options are written beside what comes from `claude_options`."""
        settings = self._settings
        if not settings.options and settings.whole is None:
            return False
        if settings.sources:
            return all(one.in_options for one in settings.sources) and not self._handler_in_step()
        return not self._handler_in_step()

    def _handler_in_step(self) -> Rewrite | None:
        """The handler that is rewritten in its place, if the options must stand with it."""
        found = next(
            (one for one in self._decisions.rewrites if one.key == HANDLER and not one.legacy.in_options),
            None,
        )
        return found if found and (self._in_list or not self._settings.sources) else None

    def _rewritten(self, rewrite: Rewrite, column: int | None = None, at: int | None = None) -> Line:
        entry = rewrite.legacy.entry
        own = self._owns(entry)
        anchor = self._host.options or entry
        text = value_text(
            entry, self._layout, own=own, changes=rewrite.values,
            column=self._layout.source.column(anchor.key.start) if column is None else column,
            at=anchor.key.start if at is None else at,
        )  # fmt: skip
        tail = ""
        if own and not self._layout.mapping_of(entry).flow:
            tail = self._layout.tail(end_of(entry))
            self.moved.append(entry)
        return Line(quoted_like(rewrite.key, entry.key), text, tail)

    def _settings_lines(self, at: int, base: int | None = None) -> list[Line]:
        """`stream_handler_opts` and what is below it; in the defaults, below the handler itself.

        Args:
            at: Where in the text they are written.
            base: Their column, if it is not that of `at`.
        """
        settings = self._settings
        step = self._step()
        column = self._layout.source.column(at) if base is None else base
        column += 2 * step + 2 if self._in_list else step
        key = settings.sources[0].entry.key if settings.sources else self._any_key()
        if settings.whole is not None:
            value = value_text(
                settings.whole, self._layout, column=column - step, at=at, own=self._owns(settings.whole)
            )
            opts = Line(quoted_like(OPTS, key), value)
            if self._owns(settings.whole) and not self._layout.mapping_of(settings.whole).flow:
                opts.tail = self._layout.tail(end_of(settings.whole))
                self.moved.append(settings.whole)
        else:
            written = OptionLines(settings, self._layout, column=column, at=at, own=self._owns)
            self.moved += written.moved
            for line in written.lines if quoted_like("", key) else []:
                line.key = quoted_like(line.key, key)
            opts = Line(
                quoted_like(OPTS, key), below=written.lines, trailing=written.trailing, tail=written.header
            )
        if self._in_list:
            return [self._listed(opts)]
        named = settings.names_handler
        return [Line(quoted_like(HANDLER, key), f": {named}"), opts] if named else [opts]

    def _listed(self, opts: Line) -> Line:
        """Defaults have no `stream_handler_opts`: a step with a handler of its own must not get them."""
        rewrite = next((one for one in self._decisions.rewrites if one.key == HANDLER), None)
        if rewrite is not None:
            handler = self._rewritten(rewrite)
        elif self._settings.names_handler:
            handler = Line(HANDLER, f": {self._settings.names_handler}")
        else:
            raise ValueError("the options in `defaults` belong to a handler that is named elsewhere")
        quote = handler.key[0] if handler.key[0] in "'\"" else ""
        key, handler.key, handler.is_item = handler.key, f"{quote}handler{quote}", True
        opts.key = f"{quote}opts{quote}"
        return Line(key, below=[handler, opts])

    def _rewrite_in_place(self) -> None:
        bound = self._handler_in_step() if self._settings.options or self._settings.whole else None
        for rewrite in self._decisions.rewrites:
            if not rewrite.legacy.in_options and not (self._in_list and rewrite is bound):
                self._rename(rewrite)
        if self._is_hoisted() or not (self._settings.options or self._settings.whole):
            return
        in_step = [one.entry for one in self._settings.sources if not one.in_options]
        if bound is not None and not self._in_list:
            self._write_after(bound.legacy.entry)
        else:
            entry = bound.legacy.entry if bound is not None else in_step[0]
            self._write_over(entry)

    def _rename(self, rewrite: Rewrite) -> None:
        entry = rewrite.legacy.entry
        key = entry.key
        assert isinstance(key, Scalar)
        if key.value != rewrite.key:
            self.edits.append(Edit(key.content, key.end, quoted_like(rewrite.key, key)))
        if isinstance(entry.value, Alias) and rewrite.values:
            self.edits.append(Edit(entry.value.start, entry.value.end, rewrite.values[0][1]))
            return
        for scalar, text in rewrite.values:
            if not entry.value.start <= scalar.start <= entry.value.end:
                raise ValueError("an alias stands for a part of a value that changes")
            edit = changed_scalar(scalar, text)
            gap = " " if edit.start == edit.end and self._layout.text[edit.start - 1] == ":" else ""
            self.edits.append(Edit(edit.start, edit.end, gap + edit.text))

    def _write_over(self, entry: Entry) -> None:
        start, end = entry.key.start, end_of(entry)
        lines = self._settings_lines(start)
        self.replaced.append(entry)
        if self._host.mapping.flow:
            self.edits.append(Edit(start, end, flow(lines)))
            return
        end += len(self._layout.tail(end))
        self.edits.append(Edit(start, end, self._block(lines, start)))

    def _write_after(self, entry: Entry) -> None:
        start, end = entry.key.start, end_of(entry)
        lines = self._settings_lines(start)
        if self._host.mapping.flow:
            self.edits.append(Edit(end, end, f", {flow(lines)}"))
            return
        end += len(self._layout.tail(end))
        new_line = self._layout.source.line_break(start) + " " * self._layout.source.column(start)
        self.edits.append(Edit(end, end, new_line + self._block(lines, start)))

    def _block(self, lines: list[Line], start: int) -> str:
        source = self._layout.source
        for line in lines:
            if line.below and self._fits_flow(line):
                line.value, line.below = f": {{{flow(line.below)}}}", None
        return block(lines, source.column(start), self._step(), source.line_break(start))

    def _fits_flow(self, line: Line) -> bool:
        """Options that stood in braces stay in braces."""
        sources = [resolve(one.entry.value) for one in self._settings.sources]
        in_braces = [one for one in sources if isinstance(one, Mapping) and one.flow]
        return (
            bool(in_braces)
            and len(in_braces) == len(sources)
            and not has_comments([line])
            and not self._in_list
        )

    def _step(self) -> int:
        """How far the file indents: from `claude_options`, or a legacy mapping, to what is below."""
        pairs = [self._host.options, *(one.entry for one in self._settings.sources)]
        for entry in pairs:
            value = resolve(entry.value) if entry is not None else None
            if (
                entry is not None
                and entry.value is value
                and isinstance(value, Mapping)
                and value.entries
                and not value.flow
            ):
                found = self._layout.source.column(value.entries[0].key.start) - self._layout.source.column(
                    entry.key.start
                )
                return max(found, _LEAST_STEP)
        return _LEAST_STEP

    def _any_key(self) -> Scalar:
        rewrite = next(one for one in self._decisions.rewrites if one.key == HANDLER)
        assert isinstance(rewrite.legacy.entry.key, Scalar)
        return rewrite.legacy.entry.key

    def _owns(self, entry: Entry) -> bool:
        """Whether an entry stands in this step's own text: then it moves, otherwise it is copied."""
        options = self._host.options
        if (
            options is not None
            and isinstance(options.value, Alias)
            and options.value.target is self._layout.mapping_of(entry)
        ):
            return False
        return self._host.mapping.start <= entry.key.start < self._host.mapping.end


def _takes_comment(line: Line) -> bool:
    """Whether a comment may stand behind a line."""
    return line.below is None and not line.tail.strip() and "\n" not in line.value and "\r" not in line.value

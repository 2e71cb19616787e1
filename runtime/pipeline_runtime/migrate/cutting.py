"""Taking entries out of a mapping: comments stay, and so does every byte that is not theirs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pipeline_runtime.migrate.geometry import Edit

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline_runtime.migrate.layout import Layout
    from pipeline_runtime.migrate.nodes import Entry, Mapping


def cut(
    mapping: Mapping, going: Collection[Entry], layout: Layout, *, moved: Collection[Entry] = ()
) -> list[Edit]:
    """Edits that take entries out of a mapping in which something stays.

    Args:
        mapping: The mapping.
        going: Its entries that go.
        layout: The file.
        moved: Those of a block whose comments go with them, because they are written elsewhere.

    Raises:
        ValueError: something stands after an entry on its last line.
    """
    if not mapping.flow:
        gone = [entry for entry in mapping.entries if entry in going]
        return [_cut_lines(mapping, entry, layout, has_moved=entry in moved) for entry in gone]
    indexes = [index for index, entry in enumerate(mapping.entries) if entry in going]
    runs = [
        [index for _, index in run] for _, run in groupby(enumerate(indexes), lambda pair: pair[1] - pair[0])
    ]
    return [_cut_run(mapping, run[0], run[-1] + 1, layout) for run in runs]


def empty_flow(mapping: Mapping, layout: Layout) -> Edit:
    """Take everything out of a flow mapping; comments stay."""
    kept = layout.comments_in(mapping.content, mapping.end)
    return Edit(mapping.content + 1, mapping.end - 1, _on_lines(kept, mapping.content, layout, before=True))


def end_of(entry: Entry) -> int:
    """Where an entry ends, its value empty or not."""
    return max(entry.key.end, entry.value.end)


def _cut_lines(mapping: Mapping, entry: Entry, layout: Layout, *, has_moved: bool) -> Edit:
    source = layout.source
    start, end = entry.key.start, end_of(entry)
    end += len(layout.tail(end))
    kept = [] if has_moved else layout.comments_in(start, end)
    line_break = source.line_break(start)
    if source.first_on_line(start):
        line_start = source.line_start(start)
        indent = layout.text[line_start:start]
        lines = "".join(f"{indent}{comment}{line_break}" for comment in kept)
        return Edit(line_start, source.next_line(end), lines)
    if kept:
        return Edit(start, end, (line_break + " " * source.column(start)).join(kept))
    index = mapping.entries.index(entry) + 1
    if index == len(mapping.entries) or layout.text[end : mapping.entries[index].key.start].strip():
        return Edit(start, end, "")
    return Edit(start, mapping.entries[index].key.start, "")


def _cut_run(mapping: Mapping, first: int, after: int, layout: Layout) -> Edit:
    """Entries between commas that stand together."""
    entries = mapping.entries
    if after < len(entries):
        start, end = entries[first].key.start, entries[after].key.start
    else:
        start = end_of(entries[first - 1])
        body = layout.text[mapping.content : mapping.end - 1]
        end = mapping.content + len(body.rstrip())
    kept = layout.comments_in(start, end)
    return Edit(start, end, _on_lines(kept, entries[first].key.start, layout, before=after == len(entries)))


def _on_lines(comments: list[str], offset: int, layout: Layout, *, before: bool) -> str:
    """Comments on lines of their own, so that none swallows what follows."""
    if not comments:
        return ""
    new_line = layout.source.line_break(offset) + " " * layout.source.column(offset)
    text = "".join(f"{comment}{new_line}" for comment in comments)
    return new_line + text if before else text

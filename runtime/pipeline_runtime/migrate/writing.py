"""Today's keys as text: the values are the file's own words, with their quotes and comments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_runtime.migrate.geometry import Edit, apply_edits, shift
from pipeline_runtime.migrate.nodes import Alias, Scalar, resolve

if TYPE_CHECKING:
    from pipeline_runtime.migrate.layout import Layout
    from pipeline_runtime.migrate.nodes import Entry, Node


@dataclass(slots=True)
class Line:
    """A key with its value, or with keys below it."""

    key: str
    value: str = ""
    """With the colon: `: true`."""
    tail: str = ""
    """The comment behind it, with its blanks."""
    leads: list[str] = field(default_factory=list)
    """Comments above it."""
    below: list[Line] | None = None
    trailing: list[str] = field(default_factory=list)
    """Comments below the keys below it."""
    is_item: bool = False
    """It is the first key of a list's item."""


def quoted_like(name: str, key: Node) -> str:
    """A key in the quotes of the one that it replaces."""
    quote = key.style if isinstance(key, Scalar) and key.style in ("'", '"') else ""
    return f"{quote}{name}{quote}"


def changed_scalar(scalar: Scalar, text: str) -> Edit:
    """An edit that gives a scalar another text, in its own quotes."""
    quote = scalar.style if scalar.style in ("'", '"') and text not in ("true", "false") else ""
    return Edit(scalar.content, scalar.end, f"{quote}{text}{quote}")


def value_text(
    entry: Entry,
    layout: Layout,
    *,
    column: int,
    at: int,
    own: bool,
    changes: tuple[tuple[Scalar, str], ...] = (),
) -> str:
    """An entry's value with its colon, as it is written below or beside another key.

    Args:
        entry: The entry.
        layout: The file.
        column: The new key's column.
        at: Where in the text it is written: an alias of what stands further down is written out.
        own: It is moved, not copied: anchors move too.
        changes: Scalars of it that get another text.
    """
    node: Node = entry.value
    if isinstance(node, Alias):
        if not changes and node.target.start < at:
            return ": " + layout.text[node.start : node.end]
        node, own = node.target, False
    edits = [
        changed_scalar(scalar, text) for scalar, text in changes if node.start <= scalar.start < node.end
    ]
    if len(edits) < len(changes):
        raise ValueError("an alias stands for a part of a value that changes")
    start = entry.key.end
    in_place = own and not layout.mapping_of(entry).flow
    if not in_place:
        start = node.start if own else _content(node)
    text = apply_edits(
        layout.text[start : max(start, node.end)],
        [Edit(edit.start - start, edit.end - start, edit.text) for edit in edits],
    )
    if not in_place:
        return f": {text}" if text else ":"
    return shift(text, column - layout.source.column(entry.key.start))


def _content(node: Node) -> int:
    node = resolve(node)
    return node.content


def block(lines: list[Line], column: int, step: int, line_break: str) -> str:
    """Keys as a block, the first without its indent."""
    return line_break.join(_block(lines, column, step)).lstrip(" ")


def _block(lines: list[Line], column: int, step: int) -> list[str]:
    written: list[str] = []
    for line in lines:
        indent = " " * column
        written += [indent + comment for comment in line.leads]
        if line.is_item:
            indent = " " * (column - 2) + "- "
        written.append(f"{indent}{line.key}{line.value if line.below is None else ':'}{line.tail}")
        if line.below is not None:
            lower = column + (step if not (line.below and line.below[0].is_item) else step + 2)
            written += _block(line.below, lower, step)
            written += [" " * lower + comment for comment in line.trailing]
    return written


def flow(lines: list[Line]) -> str:
    """Keys inside of braces, without these. Comments have no place there.

    Raises:
        ValueError: there is a comment.
    """
    return ", ".join(_flow(line) for line in lines)


def _flow(line: Line) -> str:
    if line.leads or line.tail or line.trailing:
        raise ValueError("a comment stands inside of braces")
    if line.below is None:
        return f"{line.key}{line.value}"
    inner = "{" + flow(line.below) + "}"
    return f"{line.key}: [{inner}]" if line.below and line.below[0].is_item else f"{line.key}: {inner}"


def has_comments(lines: list[Line]) -> bool:
    """Whether there is a comment in or between them."""
    return any(
        line.leads or line.tail.strip() or line.trailing or has_comments(line.below or []) for line in lines
    )

"""What could stand at the cursor: field names, their words, and the joining words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.expression.fields import ALIASES, FIELDS, NumberField, TextField, WordField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_AT_CURSOR = re.compile(r"(?:(?P<field>[A-Za-z_]+)(?:!=|:|=)(?:[^\s()\",]*,)*)?(?P<word>[^\s()\",:=<>~!]*)$")
_JOINING = {"and": "both", "or": "one of both", "not": "the opposite", "nth(": "the nth that matches"}


class Candidate(Struct, frozen=True):
    """One completion: put `text` in place of what stands from `start` to the cursor."""

    text: str
    start: int
    says: str


def complete(text: str, cursor: int, known: Mapping[str, Sequence[str]] | None = None) -> list[Candidate]:
    """The candidates for the word before the cursor, best first; none inside quotes and patterns.

    Args:
        text: The expression as far as it is typed.
        cursor: Where the cursor stands, in characters from 0.
        known: Words of fields that depend on the run, e.g. `{"step": ["draft", "polish"]}`.
    """
    before = text[:cursor]
    if _inside_text(before):
        return []
    match = _AT_CURSOR.search(before)
    if match is None:
        return []
    word, start = match["word"].lower(), match.start("word")
    found = _values(match["field"], known or {}) if match["field"] else _names()
    return [
        Candidate(name, start, says)
        for name, says in found
        if name.lower().startswith(word) and name.lower() != word
    ]


def _names() -> Iterator[tuple[str, str]]:
    for name, field in FIELDS.items():
        operator = ">" if isinstance(field, NumberField) else "~/" if isinstance(field, TextField) else ":"
        yield f"{name}{operator}", field.says
    yield from _JOINING.items()


def _values(name: str, known: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, str]]:
    name = ALIASES.get(name.lower(), name.lower())
    field = FIELDS.get(name)
    if not isinstance(field, WordField):
        return []
    return [(word, field.says) for word in dict.fromkeys((*known.get(name, ()), *field.known))]


def _inside_text(before: str) -> bool:
    """Whether a quote or a pattern is open at the end."""
    opened = ""
    escaped = False
    for at, character in enumerate(before):
        if escaped:
            escaped = False
        elif character == "\\" and opened:
            escaped = True
        elif opened:
            opened = "" if character == opened else opened
        elif character == '"' or (character == "/" and (at == 0 or before[at - 1] in " (~:=,")):
            opened = character
    return bool(opened)

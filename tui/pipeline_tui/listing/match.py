"""The list's filter: every word of the query must be found in a row, as it is or letter by letter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.listing.rows import Row

WORD = re.compile(r"[^\W_]+")
LETTERS_FOR_FUZZY = 2
"""Shorter words are searched as they are: one letter would fit nearly every row."""


def matching(rows: Sequence[Row], query: str) -> list[Row]:
    """The rows that fit the query: those with all its words as written first, each group in list order."""
    words = query.casefold().split()
    if not words:
        return list(rows)
    ranked = [(rank, row) for row in rows if (rank := _rank(row, words)) is not None]
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])]


def _rank(row: Row, words: Sequence[str]) -> int | None:
    """0: all words are in the name; 1: all are somewhere; 2: by their letters; `None`: no match."""
    name = row.name.casefold()
    elsewhere = " ".join((row.description, *row.providers, row.path.name)).casefold()
    if all(word in name for word in words):
        return 0
    if all(word in name or word in elsewhere for word in words):
        return 1
    parts = [name, *WORD.findall(elsewhere)]
    if all(word in elsewhere or any(_in_order(word, part) for part in parts) for word in words):
        return 2
    return None


def _in_order(letters: str, text: str) -> bool:
    """Whether all letters are in the text in this order, beginning with its first."""
    if len(letters) < LETTERS_FOR_FUZZY or not text.startswith(letters[0]):
        return letters in text
    rest = iter(text)
    return all(letter in rest for letter in letters)

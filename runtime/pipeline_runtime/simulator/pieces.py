"""Text cut into pieces as a tokenizer would: a few characters each, words with their leading space."""

from __future__ import annotations

import math
import re
from itertools import pairwise

_WORDS = re.compile(r"\s?\w+|\s?[^\w\s]+|\s+")
_LONGEST_ASCII = 6
_LONGEST_OTHER = 2


def split_pieces(text: str) -> tuple[str, ...]:
    """Pieces of at most 6 ASCII (2 other) characters plus a leading space; joined they are the text."""
    return tuple(piece for word in _WORDS.findall(text) for piece in _cut(word))


def _cut(word: str) -> list[str]:
    longest = _LONGEST_ASCII if word.isascii() else _LONGEST_OTHER
    led = word[0].isspace() and not word.isspace()
    parts = math.ceil((len(word) - led) / longest)
    borders = [round(part * len(word) / parts) for part in range(parts + 1)]
    return [word[start:end] for start, end in pairwise(borders)]

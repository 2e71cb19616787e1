"""The end of a long Markdown text, to be rendered alone."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ {0,3}```", re.MULTILINE)
LEFT_OUT = "*… the beginning is left out here: `m` shows all of the text*\n\n"


def markdown_ending(text: str, characters: int, lines: int) -> str:
    """A text, or where it is longer its last lines, with a word about what is left out.

    Args:
        text: Markdown.
        characters: How many are left at most, of a text that has lines.
        lines: How many lines are left at most.
    """
    start = _line_start(text, max(0, len(text) - characters))
    for _ in range(max(0, text.count("\n", start, len(text) - 1) + 1 - lines)):
        start = text.index("\n", start) + 1
    if not start:
        return text
    in_code = len(_FENCE.findall(text, 0, start)) % 2
    return LEFT_OUT + ("```\n" if in_code else "") + text[start:]


def _line_start(text: str, place: int) -> int:
    """The beginning of the next line; the place itself where no line begins any more."""
    if not place:
        return 0
    return text.find("\n", place - 1, len(text) - 1) + 1 or place

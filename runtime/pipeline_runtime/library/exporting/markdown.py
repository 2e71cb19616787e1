"""Text inside Markdown: so that nothing a model said can be taken for the report's own marks. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_runtime.sanitise import copyable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def fenced(text: str, language: str = "") -> str:
    """A code block; its fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{copyable(text).rstrip(chr(10))}\n{fence}"


def code(text: str) -> str:
    """A word in code marks."""
    text = _line(text)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{marks}{pad}{text}{pad}{marks}"


def plain(text: str) -> str:
    """A line of text without marks."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", _line(text))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cell(text: str) -> str:
    """Code marks inside a table, where a bar would end the cell."""
    return code(text).replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(copyable(text).split())

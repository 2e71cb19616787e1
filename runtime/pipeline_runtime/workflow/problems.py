"""Collects what is wrong with a file, each with the place it is at."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from pipeline_runtime.errors import WorkflowError

Loc: TypeAlias = tuple[str | int, ...]
"""Where in the data: `("steps", 0, "prompt")`."""


class Place(NamedTuple):
    """Where a value stands in the text. Lines and columns count from 1."""

    key_line: int
    key_column: int
    line: int
    column: int
    literal: bool = False
    """The value is a literal block (`|`): its lines are the text's lines, one further down."""


def dotted(loc: Loc) -> str:
    """`steps[0].prompt`: the key as people write it."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


class Report:
    """The problems of one file, and the places of its values as far as they are known."""

    def __init__(self, path: str | None, places: dict[Loc, Place] | None = None) -> None:
        self.path = path
        self.places = places or {}
        self._problems: dict[tuple[int, int, str], WorkflowError] = {}

    def add(
        self, message: str, loc: Loc = (), *, cure: str = "", at_key: bool = False, text_line: int = 0
    ) -> None:
        """Record a problem with the value at `loc`, or with the nearest thing around it that has a place.

        Args:
            message: What is wrong.
            loc: Where in the data.
            cure: What to do.
            at_key: It is the key that is wrong.
            text_line: Which line of a multi-line text, from 1; 0: the text as a whole.
        """
        place = self.place(loc)
        line: int | None = None
        column: int | None = None
        if place is None:
            pass  # made in code: no text, no place
        elif at_key:
            line, column = place.key_line, place.key_column
        else:
            line, column = place.line, place.column
            if text_line and place.literal:
                line, column = line + text_line, 1
        self.add_at(message, line, column, key=dotted(loc) or None, cure=cure)

    def add_at(
        self,
        message: str,
        line: int | None,
        column: int | None,
        *,
        key: str | None = None,
        cure: str = "",
    ) -> None:
        """Record a problem at a place of the text; the same one is kept once."""
        error = WorkflowError(message, path=self.path, line=line, column=column, key=key, cure=cure)
        self._problems.setdefault((line or 0, column or 0, message), error)

    def place(self, loc: Loc) -> Place | None:
        """The place of the value at `loc`, or of the nearest thing around it."""
        for end in range(len(loc), -1, -1):
            if loc[:end] in self.places:
                return self.places[loc[:end]]
        return None

    def sorted(self) -> list[WorkflowError]:
        """All of them, by line and column."""
        return [self._problems[key] for key in sorted(self._problems)]

    def __bool__(self) -> bool:
        return bool(self._problems)

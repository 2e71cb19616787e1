"""Breakpoints and watches that outlive a session: of each workflow, in one small file of the state folder."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pipeline_runtime.paths import state_dir
from pipeline_runtime.shared_file import locked, read, read_locked, write_whole

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    Value = TypeVar("Value", bound=Hashable)

MOST_WORKFLOWS = 500
"""Of more, those that were changed longest ago are forgotten."""


class KeptBreakpoint(msgspec.Struct, frozen=True):
    """A breakpoint, without what it has done so far."""

    expression: str
    enabled: bool = True
    once: bool = False


class Kept(msgspec.Struct, frozen=True):
    """What is kept of one workflow. No expression is there twice, and no watch."""

    breakpoints: tuple[KeptBreakpoint, ...] = ()
    watches: tuple[str, ...] = ()


def merged(base: Kept, mine: Kept, theirs: Kept) -> Kept:
    """What becomes of two changes of the same: each of mine counts, all that I did not touch is theirs.

    Args:
        base: What both began with.
        mine: What I made of it.
        theirs: What others made of it meanwhile.
    """
    points = _merged(*({one.expression: one for one in kept.breakpoints} for kept in (base, mine, theirs)))
    watches = _merged(*({text: text for text in kept.watches} for kept in (base, mine, theirs)))
    return Kept(tuple(points), tuple(watches))


def _merged(base: Mapping[str, Value], mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> list[Value]:
    found = dict(theirs)
    for name in {**base, **mine}:
        if base.get(name) == mine.get(name):
            continue
        if name in mine:
            found[name] = mine[name]
        else:
            found.pop(name, None)
    return list(found.values())


class DebuggingBook:
    """The file of all workflows. Safe to use from several processes; one that is not right is put aside."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or state_dir() / "debugging.json"

    def read(self, workflow: str) -> Kept:
        """What is kept of a workflow, by the path of its file."""
        try:
            book = read(self.path, _decode) or {}
        except OSError:
            return Kept()
        return book.get(workflow, Kept())

    def settle(self, workflow: str, base: Kept, mine: Kept) -> Kept:
        """Keep what changed from `base` to `mine`, and give what is kept now, others' changes among it.

        Raises:
            OSError: The file cannot be written.
        """
        if base == mine:
            return self.read(workflow)
        with locked(self.path):
            book = self._book()
            theirs = book.pop(workflow, Kept())
            kept = merged(base, mine, theirs)
            if kept != Kept():
                book[workflow] = kept
            if kept != theirs:
                book = dict(islice(book.items(), max(0, len(book) - MOST_WORKFLOWS), None))
                write_whole(self.path, msgspec.json.format(msgspec.json.encode(book), indent=2) + b"\n")
        return kept

    def _book(self) -> dict[str, Kept]:
        """All workflows; needs `locked`."""
        try:
            return read_locked(self.path, _decode) or {}
        except FileNotFoundError:
            return {}


def _decode(data: bytes) -> dict[str, Kept]:
    return msgspec.json.decode(data, type=dict[str, Kept])

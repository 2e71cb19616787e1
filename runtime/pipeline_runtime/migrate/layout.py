"""A composed document: its comments, and which mapping an entry belongs to."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from pipeline_runtime.migrate.geometry import Source
from pipeline_runtime.migrate.nodes import Alias, Mapping, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.migrate.nodes import Entry, Node

_COMMENT = re.compile(r"(?:(?<=[\s\ufeff,\[\]{}])|\A)#[^\r\n]*")
_COLON = re.compile(r"[ \t]*:")


class Comment(NamedTuple):
    """A comment; its span has no blanks at the end."""

    start: int
    end: int


class Layout:
    """Where things stand in a file."""

    def __init__(self, text: str, documents: list[Node]) -> None:
        self.source = Source(text)
        self.text = text
        self.aliased: set[int] = set()
        """The ids of what aliases stand for."""
        self.colons: list[int] = []
        """Where the colons of all keys end, in the order of the text."""
        self._homes: dict[int, Mapping] = {}
        leaves = sorted(leaf for document in documents for leaf in self._walk(document))
        self.comments = list(self._find_comments(leaves))
        self.colons.sort()

    def mapping_of(self, entry: Entry) -> Mapping:
        """The mapping that an entry stands in."""
        return self._homes[id(entry)]

    def after_colon(self, entry: Entry) -> int:
        """Where the colon of a key ends; the key's own end if there is none."""
        found = _COLON.match(self.text, entry.key.end)
        return found.end() if found else entry.key.end

    def comments_in(self, start: int, end: int) -> list[str]:
        """The comments that begin in a span."""
        first = bisect_left(self.comments, (start, 0))
        last = bisect_left(self.comments, (end, 0))
        return [self.text[one.start : one.end] for one in self.comments[first:last]]

    def tail(self, offset: int) -> str:
        """The blanks and the comment after a value, to the end of its line.

        Raises:
            ValueError: something else stands there.
        """
        found = self.source.tail(offset)
        if found is None:
            line, column = self.source.position(offset)
            raise ValueError(f"something stands after the value on line {line}, column {column}")
        return found

    def _find_comments(self, leaves: list[tuple[int, int]]) -> Iterator[Comment]:
        done = 0
        for start, end in [*leaves, (len(self.text), len(self.text))]:
            for found in _COMMENT.finditer(self.text, done, start):
                yield Comment(found.start(), found.start() + len(found.group().rstrip()))
            done = max(done, end)

    def _walk(self, document: Node) -> Iterator[tuple[int, int]]:
        waiting: list[Node] = [document]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Mapping):
                for entry in node.entries:
                    self._homes[id(entry)] = node
                    self.colons.append(self.after_colon(entry))
                    waiting += (entry.key, entry.value)
            elif isinstance(node, Sequence):
                waiting += node.items
            else:
                if isinstance(node, Alias):
                    self.aliased.add(id(node.target))
                yield node.start, node.end

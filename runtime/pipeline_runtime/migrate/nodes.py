"""YAML text to a tree that knows where everything stands: what edits by span need.

Composed from ruamel.yaml's parser events. Aliases stay aliases, merge keys stay keys, nothing is resolved and
nothing is lost; spans are character offsets into the text as given.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from pipeline_runtime.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 100
MERGE_KEY = "<<"
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]*)*")
_COLON = re.compile(r"[ \t]*:")
_BLOCK_HEADER = re.compile(r"[|>][0-9+-]*")
_TRAILING_BREAK = re.compile(r"(?:\r\n|\r|\n)\Z")


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A text, number, truth value or null."""

    start: int
    end: int
    """After its last character; of a block scalar, before the line break of its last line."""
    value: str
    """As text, quotes and escapes resolved."""
    style: str | None
    """`'`, `"`, `|`, `>`, or `None` for a plain one."""
    tag: str | None
    anchor: str | None
    content: int
    """Where it begins after its anchor and tag."""


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """`*name`."""

    start: int
    end: int
    name: str
    target: Scalar | Mapping | Sequence


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A key and its value."""

    key: Node
    value: Node

    @property
    def name(self) -> str | None:
        """The key's text; `None` if it is no scalar."""
        return self.key.value if isinstance(self.key, Scalar) else None


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys and values, in the order of the text."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    flow: bool
    anchor: str | None
    content: int


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    start: int
    end: int
    items: tuple[Node, ...]
    flow: bool
    anchor: str | None
    content: int


Node: TypeAlias = "Scalar | Alias | Mapping | Sequence"


def compose(text: str) -> list[Node]:
    """The documents of a YAML text; empty ones are left out.

    Raises:
        WorkflowError: it is not YAML, with line and column, or is nested too deep.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ruamel warns of `%YAML 1.3`
            return _Composer(text).documents()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        problem = str(error.problem or error.context or "it cannot be read").partition("\n")[0]
        raise WorkflowError(f"this is not YAML: {problem}", line=line, column=column) from None
    except ReaderError as error:
        before = text[: int(error.position)]
        line = before.count("\n") + 1
        raise WorkflowError("a character here is not allowed in YAML", line=line, column=1) from None
    except (YAMLError, ValueError, OverflowError, IndexError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise WorkflowError(f"this is not YAML: {reason}", line=1, column=1) from None


def resolve(node: Node) -> Scalar | Mapping | Sequence:
    """What a node or its alias stands for."""
    return node.target if isinstance(node, Alias) else node


class _Composer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
        self.anchors: dict[str, Scalar | Mapping | Sequence] = {}

    def documents(self) -> list[Node]:
        found: list[Node] = []
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.anchors = {}
            elif not isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
                found.append(self._node(event, 0, event.start_mark.index))
        return found

    def _node(self, event: Any, depth: int, earliest: int) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if isinstance(event, ScalarEvent):
            node: Scalar | Mapping | Sequence = self._scalar(event, earliest)
        elif depth >= MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} deep", event)
        elif isinstance(event, MappingStartEvent):
            node = self._mapping(event, depth)
        else:
            node = self._sequence(event, depth)
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        return node

    def _alias(self, event: Any) -> Alias:
        target = self.anchors.get(event.anchor)
        if target is None:
            raise self._error(f"the alias `*{event.anchor}` names no anchor above it", event)
        return Alias(event.start_mark.index, event.end_mark.index, event.anchor, target)

    def _scalar(self, event: Any, earliest: int) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        if start == end:  # an empty value is marked where the next token begins
            start = end = earliest
        content = self._content(start)
        if event.style in ("|", ">"):
            end = self._block_end(content, end)
        return Scalar(start, end, event.value, event.style, event.tag, event.anchor, min(content, end))

    def _block_end(self, content: int, end: int) -> int:
        body = self.text[content:end]
        header = _BLOCK_HEADER.match(body)
        if header is not None and "+" in header.group():
            return content + len(_TRAILING_BREAK.sub("", body))
        return content + len(body.rstrip())

    def _mapping(self, event: Any, depth: int) -> Mapping:
        start = event.start_mark.index
        content = self._content(start)
        entries: list[Entry] = []
        end = content
        for key_event in self.events:
            if isinstance(key_event, MappingEndEvent):
                if event.flow_style:
                    end = key_event.end_mark.index
                break
            key = self._node(key_event, depth + 1, key_event.start_mark.index)
            colon = _COLON.match(self.text, key.end)
            value = self._node(next(self.events), depth + 1, colon.end() if colon else key.end)
            entries.append(Entry(key, value))
            end = max(end, value.end)
        return Mapping(start, end, tuple(entries), bool(event.flow_style), event.anchor, content)

    def _sequence(self, event: Any, depth: int) -> Sequence:
        start = event.start_mark.index
        content = self._content(start)
        items: list[Node] = []
        end = content
        for item in self.events:
            if isinstance(item, SequenceEndEvent):
                if event.flow_style:
                    end = item.end_mark.index
                break
            items.append(self._node(item, depth + 1, end))
            end = max(end, items[-1].end)
        return Sequence(start, end, tuple(items), bool(event.flow_style), event.anchor, content)

    def _content(self, start: int) -> int:
        found = _PROPERTIES.match(self.text, start)
        return found.end() if found else start

    def _error(self, message: str, event: Any) -> WorkflowError:
        mark = event.start_mark
        return WorkflowError(message, line=mark.line + 1, column=mark.column + 1)

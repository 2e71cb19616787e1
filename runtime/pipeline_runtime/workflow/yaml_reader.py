"""YAML text to plain data, with the line and column of every key and value.

Composes from ruamel.yaml's parser events itself, so that size, depth and aliases are bounded while they are
read, and duplicate keys are seen.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

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
from pipeline_runtime.workflow.problems import Loc, Place, Report, dotted
from pipeline_runtime.workflow.scalars import join_surrogates, plain, tagged
from pipeline_runtime.workflow.spelling import shorten
from pipeline_runtime.workflow.yaml_words import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES = 50_000
"""Values in one file, aliases counted as often as they are used."""
MAX_DEPTH = 50
MERGE_KEY = "<<"
_COLLECTION_TAGS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def read_yaml(text: str, report: Report) -> Any:
    """The data of a YAML text; `report` gets its places, and the problems that reading can go on after.

    Raises:
        WorkflowError: the text is not YAML, holds several documents, or is too large or too deep.
    """
    report.places[()] = Place(1, 1, 1, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # ruamel warns of `%YAML 1.3`; the text is read as 1.2 all the same
            return _Composer(text, report).document()
    except MarkedYAMLError as error:
        raise _marked(error, report.path) from None
    except ReaderError as error:
        line, column = _line_column(text, int(error.position))
        raise WorkflowError(
            f"the character U+{ord(str(text[error.position])):04X} is not allowed in YAML",
            path=report.path,
            line=line,
            column=column,
            cure='remove it, or write it as an escape in double quotes: "\\x1b"',
        ) from None
    except (YAMLError, ValueError, OverflowError, IndexError, AssertionError) as error:
        raise WorkflowError(
            f"this is not YAML: {shorten(str(error))}", path=report.path, line=1, column=1
        ) from None


def _marked(error: MarkedYAMLError, path: str | None) -> WorkflowError:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context or "it cannot be read")
    if "end of stream" in problem and error.context_mark is not None:
        mark = error.context_mark
    message, cure = explain(problem, str(error.context or ""))
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return WorkflowError(message, path=path, line=line, column=column, cure=cure)


def _line_column(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


class _Composer:
    """Builds the data of one document from parser events."""

    def __init__(self, text: str, report: Report) -> None:
        self.events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
        self.report = report
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def document(self) -> Any:
        data: Any = None
        seen = False
        for event in self.events:
            if isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
                continue
            if isinstance(event, DocumentStartEvent):
                if seen:
                    raise self._error(
                        "a second document begins here", event, "one workflow a file: split it at `---`"
                    )
                seen = True
                continue
            mark = event.start_mark
            self.report.places[()] = Place(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 1)
            data = self._value(event, (), 0)
        return data

    def _value(self, event: Any, loc: Loc, depth: int) -> Any:
        self._spend(1, event)
        if isinstance(event, AliasEvent):
            return self._alias(event)
        before = self.count - 1
        if isinstance(event, ScalarEvent):
            value: Any = self._scalar(event, loc)
        else:
            if depth >= MAX_DEPTH:
                raise self._error(f"nested more than {MAX_DEPTH} deep", event, "flatten it")
            self._check_tag(event, loc)
            is_mapping = isinstance(event, MappingStartEvent)
            value = self._mapping(loc, depth) if is_mapping else self._sequence(loc, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.count - before)
        return value

    def _sequence(self, loc: Loc, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            where = (*loc, len(items))
            self._note(where, event, event)
            items.append(self._value(event, where, depth + 1))
        return items

    def _mapping(self, loc: Loc, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_event in self.events:
            if isinstance(key_event, MappingEndEvent):
                break
            key = self._key(key_event, loc, depth)
            value_event = next(self.events)
            if key == MERGE_KEY and getattr(key_event, "style", None) is None:
                merged = self._merge(merged, value_event, (*loc, MERGE_KEY), depth)
                continue
            where = (*loc, key) if key is not None else (*loc, "?")
            if key is not None and key not in own:
                self._note(where, key_event, value_event)
            value = self._value(value_event, where, depth + 1)
            if key in own:
                self._duplicate(key, where, key_event)
            elif key is not None:
                own[key] = value
        return {**merged, **own}

    def _merge(self, merged: dict[str, Any], event: Any, loc: Loc, depth: int) -> dict[str, Any]:
        self._note(loc, event, event)
        value = self._value(event, loc, depth + 1)
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                self.report.add("`<<` takes a mapping", loc, cure="give it an alias of one: `<<: *name`")
                continue
            merged = {**source, **merged}
        return merged

    def _key(self, event: Any, loc: Loc, depth: int) -> str | None:
        if isinstance(event, ScalarEvent) and event.style is not None:
            return self._text(event, loc)
        value = self._value(event, (*loc, "?"), depth + 1)
        if isinstance(value, str):
            return value
        mark = event.start_mark
        shown = f"`{value}`" if isinstance(value, bool | int | float) else "this"
        self.report.add_at(
            f"a key must be text, and {shown} is not",
            mark.line + 1,
            mark.column + 1,
            key=dotted(loc) or None,
            cure="put the key in quotes; so must be a text that begins with `{{`",
        )
        return None

    def _alias(self, event: Any) -> Any:
        known = self.anchors.get(event.anchor)
        if known is None:
            raise self._error(
                f"the alias `*{event.anchor}` names no anchor above it",
                event,
                f"write `&{event.anchor}` before the value it stands for, outside of that value",
            )
        value, size = known
        self._spend(size, event)
        return value

    def _scalar(self, event: Any, loc: Loc) -> Any:
        try:
            if event.tag is not None:
                return tagged(event.tag, event.value)
            if event.style is None:
                return plain(event.value)
        except ValueError as error:
            self._add(str(error), event, loc, "write a plain value, or put text in quotes")
            return None
        return self._text(event, loc)

    def _text(self, event: Any, loc: Loc) -> str:
        try:
            return join_surrogates(event.value)
        except ValueError as error:
            self._add(str(error), event, loc, "write the character itself")
            return ""

    def _check_tag(self, event: Any, loc: Loc) -> None:
        if event.tag not in _COLLECTION_TAGS:
            self._add(f"the tag `{event.tag}` is not known here", event, loc, "leave it out")

    def _duplicate(self, key: str | None, where: Loc, event: Any) -> None:
        first = self.report.places[where]
        self._add(
            f"the key `{key}` stands twice (first on line {first.key_line})",
            event,
            where,
            "keep one of the two",
        )

    def _add(self, message: str, event: Any, loc: Loc, cure: str) -> None:
        mark = event.start_mark
        self.report.add_at(message, mark.line + 1, mark.column + 1, key=dotted(loc) or None, cure=cure)

    def _note(self, loc: Loc, key_event: Any, value_event: Any) -> None:
        key, value = key_event.start_mark, value_event.start_mark
        literal = getattr(value_event, "style", None) == "|"
        self.report.places[loc] = Place(
            key.line + 1, key.column + 1, value.line + 1, value.column + 1, literal
        )

    def _spend(self, size: int, event: Any) -> None:
        self.count += size
        if self.count > MAX_VALUES:
            raise self._error(
                f"more than {MAX_VALUES:,} values (aliases count as often as they are used)",
                event,
                "split the workflow, or use fewer aliases",
            )

    def _error(self, message: str, event: Any, cure: str) -> WorkflowError:
        mark = event.start_mark
        return WorkflowError(
            message, path=self.report.path, line=mark.line + 1, column=mark.column + 1, cure=cure
        )

"""Gemini's streamed function arguments: values at JSON paths become one JSON text, piece by piece.

The wire (google-genai 3.4.0, `types.PartialArg`): `{"jsonPath": "$.place.city", "stringValue": "Bos",
"willContinue": true}`, where the next value of the same path continues the string.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.protocols.jsontext import as_text, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.protocols.jsontext import JsonObject

Path: TypeAlias = tuple[str | int, ...]

_LONGEST_INDEX = 9
_STEP = re.compile(
    r"""
    \.(?P<name>[^.\[\]]+) | \[(?P<index>[0-9]+)\]
    | \['(?P<single>(?:[^'\\]|\\.)*)'\] | \["(?P<double>(?:[^"\\]|\\.)*)"\]
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")


def read_path(text: str) -> Path:
    """The keys and indexes of a normalised JSON path (RFC 9535); what is no step of one becomes a key."""
    steps: list[str | int] = []
    place = 1 if text.startswith("$") else 0
    while place < len(text):
        found = _STEP.match(text, place)
        if found is None:
            steps.append(text[place:])
            break
        quoted = found["single"] or found["double"]
        index = found["index"]
        if index is not None and len(index) <= _LONGEST_INDEX:
            steps.append(int(index))
        else:
            steps.append(found["name"] or _ESCAPE.sub(r"\1", quoted or "") or index or "")
        place = found.end()
    return tuple(steps) or ("",)


class ArgumentWriter:
    """Writes the JSON text of one call's arguments as their values come, in the order in which they come."""

    def __init__(self) -> None:
        self._path: Path = ()
        """Where the last value is: all its containers are open."""
        self._in_string = False
        self._seen: set[Path] = set()
        self.revisited: str | None = None
        """The first path whose place had been closed when a value came for it."""

    def add(self, argument: JsonObject) -> str:
        """The new text that one element of `partialArgs` makes."""
        path = read_path(as_text(argument.get("jsonPath")))
        value = _value(argument)
        goes_on = bool(argument.get("willContinue")) and isinstance(value, str)
        text = ""
        if not (self._in_string and path == self._path):
            text = self._go_to(path) + ('"' if isinstance(value, str) else "")
        text += encode(value)[1:-1] if isinstance(value, str) else encode(value)
        self._in_string = goes_on
        return text + ('"' if isinstance(value, str) and not goes_on else "")

    def close(self) -> str:
        """The text that ends the arguments."""
        text = self._end_string() + _closing(self._path)
        self._path = ()
        return text

    def _go_to(self, path: Path) -> str:
        """Ends what does not lead to the path and opens what does."""
        old, text = self._path, self._end_string()
        shared = _shared(old, path)
        self._note(path, shared)
        if old:
            text += _closing(old[shared + 1 :]) + "," + _key(path[shared])
        else:
            text += _opening(path[0])
        self._path = path
        return text + "".join(_opening(step) for step in path[shared + 1 :])

    def _note(self, path: Path, shared: int) -> None:
        for length in range(shared + 1, len(path) + 1):
            if path[:length] in self._seen and self.revisited is None:
                self.revisited = "$" + "".join(f"[{encode(step)}]" for step in path)
            self._seen.add(path[:length])

    def _end_string(self) -> str:
        text = '"' if self._in_string else ""
        self._in_string = False
        return text


def _shared(old: Path, new: Path) -> int:
    """How many containers the two paths share below the root; the last step of either is no container."""
    most = min(len(old), len(new)) - 1
    return next((place for place in range(max(0, most)) if old[place] != new[place]), max(0, most))


def _opening(step: str | int) -> str:
    return "[" if isinstance(step, int) else "{" + _key(step)


def _key(step: str | int) -> str:
    return "" if isinstance(step, int) else encode(step) + ":"


def _closing(steps: Sequence[str | int]) -> str:
    return "".join("]" if isinstance(step, int) else "}" for step in reversed(steps))


def _value(argument: JsonObject) -> object:
    """The value of an element; one without any begins a text."""
    for name in ("stringValue", "numberValue", "boolValue"):
        if argument.get(name) is not None:
            return argument[name]
    return None if "nullValue" in argument else ""

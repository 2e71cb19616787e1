"""Reads the JSON of a frame, leniently where a strict parser gives up: nothing that can be read is lost."""

from __future__ import annotations

import json
import re
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from typing import Any, Literal

    JsonObject: TypeAlias = dict[str, Any]
    Flaw: TypeAlias = Literal["malformed_json", "lenient_json"]

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What parsing any input may raise: malformed, out of range, nested too deeply."""

_LEAST_INT, _GREATEST_INT = -(2**63), 2**64 - 1
"""What msgspec, and so the run log, can write."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_decode = msgspec.json.Decoder().decode


def parse(text: str | bytes) -> tuple[object, Flaw | None]:
    """The value of a JSON text, and the lint code when it is not strict JSON.

    NaN, Infinity (vLLM sends them as logprobs) and numbers that no 64 bits hold are read as null or the
    nearest float, so that what is held is what JSON can say again; lone surrogate escapes (a character cut
    between deltas) as U+FFFD.

    Returns:
        The value (`None` when it is malformed) and `None`, `lenient_json` or `malformed_json`.
    """
    try:
        return _decode(text), None
    except UNREADABLE:
        return _parse_leniently(text)


def _parse_leniently(text: str | bytes) -> tuple[object, Flaw | None]:
    try:
        value = _read(text)
        return _read(_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False))), "lenient_json"
    except UNREADABLE:
        return None, "malformed_json"


def _no_value(_: str) -> None:
    """NaN and Infinity have no JSON value."""


def _float(digits: str) -> float | None:
    value = float(digits)
    return value if isfinite(value) else None


def _int(digits: str) -> int | float | None:
    value = int(digits)
    return value if _LEAST_INT <= value <= _GREATEST_INT else _float(digits)


_read = partial(json.loads, parse_constant=_no_value, parse_float=_float, parse_int=_int)


def parse_object(text: str | bytes) -> JsonObject | None:
    """The value when it is an object, else `None`."""
    value, _ = parse(text)
    return value if isinstance(value, dict) else None


def encode(value: object) -> str:
    """Compact JSON, as servers stream it.

    Raises:
        TypeError: the value is no JSON value.
    """
    return msgspec.json.encode(value).decode()


def as_object(value: object) -> JsonObject:
    """The value when it is an object, else an empty one: for reading fields that may be missing or null."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """The value when it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_word(value: object) -> str:
    """The value when it is a string or a whole number, which some servers send for a word; else empty."""
    count = as_count(value)
    return as_text(value) if count is None else str(count)


def as_count(value: object) -> int | None:
    """The value when it is a whole number (a token count), else `None`."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_index(value: object) -> int | None:
    """The value when it can number a block, choice or call, else `None`."""
    count = as_count(value)
    return count if count is not None and count >= 0 else None

"""Plain YAML scalars to values, by the core schema of YAML 1.2 (section 10.3.2): `yes` and `no` are text."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

MAX_INTEGER = 2**63 - 1
MOST_DIGITS = 40
Scalar: TypeAlias = bool | int | float | str | None

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CORE_TAGS = ("null", "bool", "int", "float", "str")


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar.

    Raises:
        ValueError: a number that JSON cannot carry (`.inf`, `.nan`, `1e999`, thousands of digits).
    """
    if text in _WORDS:
        return _WORDS[text]
    if _SPECIAL.fullmatch(text):
        raise ValueError(f"`{text}` is no number that can be sent as JSON")
    if _DECIMAL.fullmatch(text) or _BASED.fullmatch(text):
        return _integer(text)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"`{text}` is too large a number")
    return number


def _integer(text: str) -> int:
    base = 0 if _BASED.fullmatch(text) else 10
    number = int(text, base) if len(text) <= MOST_DIGITS else MAX_INTEGER + 1
    if abs(number) > MAX_INTEGER:
        raise ValueError(f"`{text[:MOST_DIGITS]}` is too large a number")
    return number


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit core tag (`!!str`, `!!int`, ...).

    Raises:
        ValueError: the tag is not one of the core schema's, or the text does not fit it.
    """
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind == "str" or tag == "!":
        return text
    if kind not in _CORE_TAGS:
        raise ValueError(f"the tag `{tag}` is not known here")
    value = plain(text)
    if kind == "float" and type(value) is int:
        return float(value)
    fits = {"null": value is None, "bool": type(value) is bool, "int": type(value) is int}
    if not fits.get(kind, type(value) is float):
        raise ValueError(f"the text does not fit its tag `!!{kind}`")
    return value


def join_surrogates(text: str) -> str:
    r"""`text` with JSON-style pairs (`"\ud83d\ude00"`) joined to the characters they mean.

    Raises:
        ValueError: half a pair stands alone: it cannot be sent as UTF-8.
    """
    if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise ValueError("half of a surrogate pair stands alone") from None

"""The filter of the debug panel: words and `field:value` terms, all of which must hold.

`type:delta`, `lane:thinking`, `step:draft`, `n:17`, `gap>500ms`, `bytes>4096`, plain words and "quoted text".
Words ignore case unless they hold a capital.
"""

from __future__ import annotations

import difflib
import operator
import re
from typing import TYPE_CHECKING, TypeAlias, get_args

from pipeline_runtime.events import Delta, Lane
from pipeline_tui.views.frame_row import BURST

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_tui.views.frame_row import FrameRow

    Predicate: TypeAlias = Callable[[FrameRow], bool]
    Compare: TypeAlias = Callable[[float, float], bool]

_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)(?P<end>"?)|(?P<word>\S+))')
_TERM = re.compile(r"(?P<field>[A-Za-z_]+)(?P<op>:|>=|<=|>|<|=)(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[A-Za-z]*)")
_OPERATORS: dict[str, Compare] = {
    ":": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_TIME_UNITS = {"": 1e6, "ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9}
_BYTE_UNITS = {"": 1.0, "b": 1.0, "k": 1e3, "kb": 1e3, "kib": 1024.0, "m": 1e6, "mb": 1e6, "mib": 1048576.0}
_COUNT_UNITS = {"": 1.0}
_FIELDS = ("type", "lane", "step", "n", "gap", "bytes")
_RESERVED = frozenset({"and", "or", "not"})


class FilterError(ValueError):
    """The filter cannot be understood. `column` counts from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


def parse_filter(text: str) -> Predicate:
    """The test that a row must pass to be shown.

    Raises:
        FilterError: names the column and what is wrong there.
    """
    tests: list[Predicate] = []
    position = 0
    while (token := _TOKEN.match(text, position)) is not None:
        quoted, word = token["quoted"], token["word"]
        if quoted is not None:
            if not token["end"]:
                raise FilterError(token.start("quoted"), 'this quote is not closed: add "')
            tests.append(_contains(quoted))
        else:
            tests.append(_term(word, token.start("word") + 1))
        position = token.end()
    return lambda row: all(test(row) for test in tests)


def _term(word: str, column: int) -> Predicate:
    if word.lower() in _RESERVED:
        raise FilterError(
            column, f'{word} is a word of the language to come: put it in quotes to search "{word}"'
        )
    term = _TERM.fullmatch(word)
    if term is None:
        return _contains(word)
    field, op, value = term["field"].lower(), term["op"], term["value"]
    if field not in _FIELDS:
        near = difflib.get_close_matches(field, _FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_FIELDS)}"
        raise FilterError(column, f"no field is called {field}: {hint} (quote text that holds {op})")
    if not value:
        raise FilterError(
            column + term.start("value"), f"{field}{op} needs a value, as in {_EXAMPLES[field]}"
        )
    if field in {"type", "lane", "step"}:
        if op not in {":", "="}:
            raise FilterError(column + term.start("op"), f"{field} has no order: write {_EXAMPLES[field]}")
        return _word_test(field, value, column + term.start("value"))
    return _number_test(field, _OPERATORS[op], value, column + term.start("value"))


_EXAMPLES = {
    "type": "type:delta",
    "lane": "lane:thinking",
    "step": "step:draft",
    "n": "n:17",
    "gap": "gap>500ms",
    "bytes": "bytes>4096",
}


def _contains(text: str) -> Predicate:
    if text != text.lower():
        return lambda row: text in row.text or text in row.type
    return lambda row: text in row.text.lower() or text in row.type.lower()


def _word_test(field: str, value: str, column: int) -> Predicate:
    value = value.lower()
    if field == "step":
        return lambda row: value in (row.event.step or "").lower()
    if field == "type":
        return lambda row: _is_type(row, value)
    lanes = get_args(Lane)
    if value not in lanes:
        raise FilterError(column, f"no lane is called {value}: there are {', '.join(lanes)}")
    return lambda row: any(
        isinstance(event, Delta) and event.lane == value for event in (row.event, *row.events)
    )


def _is_type(row: FrameRow, value: str) -> bool:
    """Whether the row is of this type, by the wire's name or ours, or one of its events is."""
    if value in row.type.lower() or value == row.kind:
        return True
    return any(value == event.__struct_config__.tag for event in row.events)


def _number_test(field: str, compare: Compare, value: str, column: int) -> Predicate:
    match = _NUMBER.fullmatch(value)
    units = {"gap": _TIME_UNITS, "bytes": _BYTE_UNITS}.get(field, _COUNT_UNITS)
    if match is None:
        raise FilterError(column, f"{value} is no number: write {_EXAMPLES[field]}")
    unit = match["unit"].lower()
    if unit not in units:
        known = ", ".join(name for name in units if name) or "none"
        raise FilterError(column + match.start("unit"), f"no unit {unit} for {field}: there are {known}")
    limit = float(match["number"]) * units[unit]
    if field == "gap":
        return lambda row: row.gap != BURST and compare(row.gap, limit)
    if field == "bytes":
        return lambda row: compare(row.size, limit)
    return lambda row: row.frame is not None and compare(row.frame.n, limit)

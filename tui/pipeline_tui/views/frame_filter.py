"""The filter of the debug panel: words and `field:value` terms, all of which must hold.

`type:delta`, `lane:thinking`, `step:draft`, `n:17`, `gap>500ms`, `bytes>4096`, plain words and "quoted text".
Words ignore case unless they hold a capital.
"""

from __future__ import annotations

import difflib
import operator
import re
from typing import TYPE_CHECKING, TypeAlias, get_args

from pipeline_runtime.events import Lane
from pipeline_tui.views.frame_terms import CountTerm, LaneTerm, StepTerm, TextTerm, TypeTerm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.views.frame_row import FrameRow
    from pipeline_tui.views.frame_terms import Column, Compare, Term

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
_Units: TypeAlias = dict[str, float]
_TIME_UNITS: _Units = {"": 1e6, "ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9}
_BYTE_UNITS: _Units = {
    "": 1.0,
    "b": 1.0,
    "k": 1e3,
    "kb": 1e3,
    "kib": 1024.0,
    "m": 1e6,
    "mb": 1e6,
    "mib": 1048576.0,
}
_NUMBERS: dict[str, tuple[Column, _Units]] = {
    "n": ("numbers", {"": 1.0}),
    "gap": ("gaps", _TIME_UNITS),
    "bytes": ("sizes", _BYTE_UNITS),
}
_FIELDS = ("type", "lane", "step", *_NUMBERS)
_RESERVED = frozenset({"and", "or", "not"})


class FilterError(ValueError):
    """The filter cannot be understood. `column` counts from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


class Filter:
    """What was typed, compiled once."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)

    def __call__(self, row: FrameRow) -> bool:
        """Whether a row passes."""
        return all(term.test(row) for term in self.terms)

    def narrows(self, other: Filter) -> bool:
        """Whether every row that passes this one passes the other one too; false when that is not plain."""
        return all(any(own.implies(term) for own in self.terms) for term in other.terms)


def parse_filter(text: str) -> Filter:
    """The test that a row must pass to be shown.

    Raises:
        FilterError: names the column and what is wrong there.
    """
    terms: list[Term] = []
    position = 0
    while (token := _TOKEN.match(text, position)) is not None:
        quoted, word = token["quoted"], token["word"]
        if quoted is not None:
            if not token["end"]:
                raise FilterError(token.start("quoted"), 'this quote is not closed: add "')
            terms.append(TextTerm(quoted))
        else:
            terms.append(_term(word, token.start("word") + 1))
        position = token.end()
    return Filter(terms)


def _term(word: str, column: int) -> Term:
    if word.lower() in _RESERVED:
        raise FilterError(
            column, f'{word} is a word of the language to come: put it in quotes to search "{word}"'
        )
    term = _TERM.fullmatch(word)
    if term is None:
        return TextTerm(word)
    field, op, value = term["field"].lower(), term["op"], term["value"]
    if field not in _FIELDS:
        near = difflib.get_close_matches(field, _FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_FIELDS)}"
        raise FilterError(column, f"no field is called {field}: {hint} (quote text that holds {op})")
    if not value:
        raise FilterError(
            column + term.start("value"), f"{field}{op} needs a value, as in {_EXAMPLES[field]}"
        )
    if field not in _NUMBERS:
        if op not in {":", "="}:
            raise FilterError(column + term.start("op"), f"{field} has no order: write {_EXAMPLES[field]}")
        return _word_term(field, value.lower(), column + term.start("value"))
    return _number_term(field, _OPERATORS[op], value, column + term.start("value"))


_EXAMPLES = {
    "type": "type:delta",
    "lane": "lane:thinking",
    "step": "step:draft",
    "n": "n:17",
    "gap": "gap>500ms",
    "bytes": "bytes>4096",
}


def _word_term(field: str, value: str, column: int) -> Term:
    if field == "step":
        return StepTerm(value)
    if field == "type":
        return TypeTerm(value)
    lanes = get_args(Lane)
    if value not in lanes:
        raise FilterError(column, f"no lane is called {value}: there are {', '.join(lanes)}")
    return LaneTerm(value)


def _number_term(field: str, compare: Compare, value: str, column: int) -> Term:
    match = _NUMBER.fullmatch(value)
    if match is None:
        raise FilterError(column, f"{value} is no number: write {_EXAMPLES[field]}")
    of, units = _NUMBERS[field]
    unit = match["unit"].lower()
    if unit not in units:
        known = ", ".join(name for name in units if name) or "none"
        raise FilterError(column + match.start("unit"), f"no unit {unit} for {field}: there are {known}")
    return CountTerm(of, compare, float(match["number"]) * units[unit])

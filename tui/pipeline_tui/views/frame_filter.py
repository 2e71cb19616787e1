"""The filter of the debug panel: an expression (docs/expressions.md), held against rows.

A row is a frame with the events made of it. A term is true of a row when it is true of one of these, so that
`type:frame lane:thinking` finds the frames that brought thinking.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from pipeline_runtime.expression import ExpressionError, parse_expression
from pipeline_runtime.expression.syntax import And, Compare, OneOf, Text
from pipeline_tui.views.frame_terms import CountTerm, LaneTerm, StepTerm, TextTerm, TypeTerm
from pipeline_tui.views.looking import LookTerm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pipeline_runtime.expression.syntax import Node
    from pipeline_tui.views.frame_row import FrameRow
    from pipeline_tui.views.frame_terms import Column, Term

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_COLUMNS: Mapping[str, Column] = {"n": "numbers", "gap": "gaps", "bytes": "sizes"}
_WORDS: Mapping[str, type[StepTerm | TypeTerm | LaneTerm]] = {
    "step": StepTerm,
    "type": TypeTerm,
    "lane": LaneTerm,
}


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
        ExpressionError: names the column and what is wrong there.
    """
    expression = parse_expression(text)
    if expression.counts or expression.looks_back:
        what = "nth counts" if expression.counts else "text so far looks at"
        raise ExpressionError(
            text,
            1,
            f"{what} events in their order, and rows are filtered in any",
            cure="use it in a breakpoint",
        )
    return Filter([term_of(part) for part in _parts(expression.node)])


def _parts(node: Node | None) -> list[Node]:
    """What must hold together, however it is grouped."""
    if node is None:
        return []
    return [one for part in node.parts for one in _parts(part)] if isinstance(node, And) else [node]


def term_of(node: Node) -> Term:
    """The term for a node: by columns where these have the field, else by looking at the row."""
    if isinstance(node, Text):
        return TextTerm(node.text)
    if isinstance(node, Compare) and node.field in _COLUMNS:
        return CountTerm(_COLUMNS[node.field], _OPERATORS[node.operator], node.limit)
    if isinstance(node, OneOf) and node.field in _WORDS and not node.negated:
        return _WORDS[node.field](node.words)
    return LookTerm(node, term_of)

"""An expression in plain words, for a dialog or a help line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.expression.syntax import And, Compare, Holds, Not, Nth, OneOf, Or, Regex, Text

if TYPE_CHECKING:
    from pipeline_runtime.expression.syntax import Node

_OPERATORS = {
    "=": "is",
    "!=": "is not",
    ">": "is over",
    "<": "is under",
    ">=": "is at least",
    "<=": "is at most",
}


def describe(node: Node | None) -> str:
    """What it is true of: `type is delta and gap is over 500ms`."""
    if node is None:
        return "every event"
    return _leaf(node) if isinstance(node, Text | Regex | Compare | OneOf | Holds) else _joined(node)


def _leaf(node: Text | Regex | Compare | OneOf | Holds) -> str:
    match node:
        case Text():
            return f"says “{node.text}”"
        case Regex():
            return f"says a match of {node}"
        case Compare():
            return f"{node.field} {_OPERATORS[node.operator]} {node.written}"
        case OneOf():
            return f"{node.field} {'is not' if node.negated else 'is'} {' or '.join(node.words)}"
        case Holds():
            return f"{node.field} holds a match of {node.regex}"


def _joined(node: Nth | Not | And | Or) -> str:
    match node:
        case Nth():
            return f"number {node.n} of those where {describe(node.inner)}"
        case Not():
            return f"not ({describe(node.inner)})"
        case And() | Or():
            word = " and " if isinstance(node, And) else " or "
            return word.join(
                f"({describe(part)})" if isinstance(part, And | Or) else describe(part) for part in node.parts
            )

"""An expression that was read, and what applies it to events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.expression.facts import Facts
from pipeline_runtime.expression.matching import compile_node, counts, looks_back
from pipeline_runtime.expression.parsing import parse

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.expression.syntax import Node


class Expression:
    """What was typed, as a tree. Immutable: two matchers of one expression count apart."""

    __slots__ = ("node", "text")

    def __init__(self, text: str, node: Node | None) -> None:
        self.text = text
        """As it was typed."""
        self.node = node
        """`None`: empty, true of every event."""

    def __str__(self) -> str:
        """Written down again, in the language's own form."""
        return "" if self.node is None else str(self.node)

    @property
    def counts(self) -> bool:
        """Whether it must see every event in order, because it counts (`nth`)."""
        return self.node is not None and counts(self.node)

    @property
    def looks_back(self) -> bool:
        """Whether it asks for accumulated text, and must see every event in order for that."""
        return self.node is not None and looks_back(self.node)

    def matcher(self) -> Matcher:
        """Something to feed events to; each has counts of its own."""
        return Matcher(self)


class Matcher:
    """Applies one expression to the events of one run. Its cost per event does not grow with the run."""

    __slots__ = ("_facts", "_test")

    def __init__(self, expression: Expression) -> None:
        self._test = compile_node(expression.node) if expression.node is not None else None
        self._facts = Facts(keeps_text=expression.looks_back)

    def feed(self, event: AnyEvent) -> bool:
        """Take the run's next event: is the expression true of it?"""
        if self._test is None:
            return True
        self._facts.feed(event)
        return self._test(event, self._facts)

    def matches(self, event: AnyEvent, facts: Facts) -> bool:
        """Whether it is true of one event out of order, with facts that the caller knows.

        Right for expressions that neither count nor look back.
        """
        return self._test is None or self._test(event, facts)


def parse_expression(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: It cannot be understood; names the column and the cure.
    """
    return Expression(text, parse(text))

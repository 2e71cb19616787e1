"""Terms that no column decides: the row itself must be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.expression import Expression, Facts, Matcher
from pipeline_runtime.expression.syntax import And, Not, Or
from pipeline_runtime.runlog.index import BURST
from pipeline_tui.views.frame_terms import Term

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.expression.syntax import Node
    from pipeline_runtime.runlog.index import RowColumns
    from pipeline_tui.views.frame_row import FrameRow


class LookTerm(Term):
    """A node of an expression, true of a row when it is true of one of its events."""

    def __init__(self, node: Node, term_of: Callable[[Node], Term]) -> None:
        """Compile it.

        Args:
            node: The node; `not`, `and` and `or` join what their parts say of the whole row.
            term_of: Makes the terms of the parts.
        """
        self.node = node
        self._parts: tuple[Term, ...] = ()
        self._matcher: Matcher | None = None
        if isinstance(node, And | Or):
            self._parts = tuple(term_of(part) for part in node.parts)
        elif isinstance(node, Not):
            self._parts = (term_of(node.inner),)
        else:
            self._matcher = Expression(str(node), node).matcher()

    def test(self, row: FrameRow) -> bool:
        """Look at the row."""
        if isinstance(self.node, Not):
            return not self._parts[0].test(row)
        if isinstance(self.node, And):
            return all(part.test(row) for part in self._parts)
        if isinstance(self.node, Or):
            return any(part.test(row) for part in self._parts)
        return self._is_true_of_one(row)

    def _is_true_of_one(self, row: FrameRow) -> bool:
        assert self._matcher is not None
        facts = Facts(keeps_text=False)
        facts.gap = None if row.gap == BURST else row.gap
        return any(self._matcher.matches(event, facts) for event in (row.event, *row.events))

    def pick(self, columns: RowColumns, rows: Sequence[int]) -> Sequence[int]:  # noqa: ARG002 - no column has it
        """All: they must be looked at."""
        return rows

    def implies(self, other: Term) -> bool:
        """The same node."""
        return isinstance(other, LookTerm) and self.node == other.node

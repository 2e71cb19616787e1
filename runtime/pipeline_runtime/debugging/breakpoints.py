"""Where to stop: expressions, each on or off, for once or always, with a count of how often it was true."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.events import AnyEvent
from pipeline_runtime.expression import ExpressionError, parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.expression import Expression, Matcher


class Breakpoint:
    """One place to stop at. `enabled` may be changed at any time."""

    def __init__(self, number: int, expression: Expression, *, once: bool) -> None:
        self.number = number
        """How it is called in lists: counted from 1, never given twice."""
        self.expression = expression
        self.once = once
        """It turns itself off when it stops a run."""
        self.enabled = True
        self.hits = 0
        """How often it stopped a run."""


class Hit(Struct, frozen=True):
    """A run was stopped."""

    number: int
    """The breakpoint's."""
    expression: str
    event: AnyEvent
    """The event that the expression is true of; it was handed on, unless it is a request not yet sent."""


class Breakpoints:
    """A list of them; several runs may share it."""

    def __init__(self) -> None:
        self._list: list[Breakpoint] = []
        self._numbers = count(1)

    def __iter__(self) -> Iterator[Breakpoint]:
        """In the order in which they were added."""
        return iter(self._list)

    def __len__(self) -> int:
        """How many there are, on or off."""
        return len(self._list)

    def add(self, expression: str, *, once: bool = False) -> Breakpoint:
        """Stop where this is true. An older one that says the same makes way, and counting begins anew.

        Raises:
            ExpressionError: It cannot be read, or is empty and so true of everything.
        """
        read = parse_expression(expression)
        if read.node is None:
            raise ExpressionError(
                expression, 1, "an empty expression would stop everywhere", cure="say at what"
            )
        same = next((one for one in self._list if one.expression.text == read.text), None)
        if same is not None:
            self._list.remove(same)
            once = once and (same.once or not same.enabled)
        point = Breakpoint(next(self._numbers), read, once=once)
        self._list.append(point)
        return point

    def remove(self, point: Breakpoint) -> None:
        """Forget one."""
        self._list.remove(point)

    def clear(self) -> None:
        """Forget all."""
        self._list.clear()


class BreakpointWatch:
    """Holds the breakpoints against the events of one run, each event once, in the order of handing on."""

    def __init__(self, points: Breakpoints) -> None:
        self._points = points
        self._matchers: dict[int, Matcher] = {}

    @property
    def idle(self) -> bool:
        """There is nothing to look for."""
        return not len(self._points)

    def check(self, event: AnyEvent) -> Hit | None:
        """The first breakpoint that stops at this event. Those behind it see the event too."""
        hit: Hit | None = None
        for point in self._points:
            if self._matcher(point).feed(event) and point.enabled and hit is None:
                point.hits += 1
                point.enabled = not point.once
                hit = Hit(point.number, point.expression.text, event)
        return hit

    def _matcher(self, point: Breakpoint) -> Matcher:
        matcher = self._matchers.get(point.number)
        if matcher is None:
            matcher = self._matchers[point.number] = point.expression.matcher()
        return matcher

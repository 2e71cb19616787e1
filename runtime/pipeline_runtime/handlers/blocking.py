"""Measures how long a handler keeps the event loop to itself: everything else waits meanwhile."""

from __future__ import annotations

import inspect
import types
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

LIMIT = 50_000_000
"""Blocked is what took longer, in ns."""


class BlockWatch:
    """Counts the calls of one handler that blocked, and tells of the first and, at the end, of all."""

    def __init__(self, name: str, on_block: Callable[[str, int, int, int], None] | None) -> None:
        """Watch.

        Args:
            name: The handler's.
            on_block: Called with the name, with how many calls blocked, and with the longest and the total
                time in ns.
        """
        self._name = name
        self._on_block = on_block
        self._calls = 0
        self._longest = 0
        self._total = 0

    def check(self, began: int) -> None:
        """A call that began at `began` (`perf_counter_ns`) has given the loop back."""
        took = perf_counter_ns() - began
        if took > LIMIT:
            self._calls += 1
            self._total += took
            self._longest = max(self._longest, took)
            if self._calls == 1:
                self._tell()

    def end(self) -> None:
        """The handler is closed."""
        if self._calls > 1:
            self._tell()

    def _tell(self) -> None:
        if self._on_block is not None:
            self._on_block(self._name, self._calls, self._longest, self._total)

    async def drive(self, awaitable: Awaitable[Any]) -> None:
        """Await it, and measure each stretch between two of its own awaits."""
        if inspect.iscoroutine(awaitable):
            await self._stretches(awaitable)
        else:
            await awaitable

    @types.coroutine
    def _stretches(self, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, None]:
        go_on: Callable[[Any], Any] = coroutine.send
        value: Any = None
        while True:
            began = perf_counter_ns()
            try:
                waits_for = go_on(value)
            except StopIteration:
                return
            finally:
                self.check(began)
            try:
                go_on, value = coroutine.send, (yield waits_for)
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:  # noqa: BLE001 - a cancellation, or what was awaited: it is the handler's
                go_on, value = coroutine.throw, error

"""Calls a function of the user's own, for the events that it wants and no more often than it wants."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Literal

from pipeline_runtime.events import Delta
from pipeline_runtime.handlers.finding import find_object
from pipeline_runtime.handlers.kinds import DEFAULT_KINDS
from pipeline_runtime.handlers.options import OptionError
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.events import AnyEvent

LANES = ("text", "thinking", "tool_input", "refusal")


class CallbackHandler:
    """Calls a function for each event: by kind and lane, at most so often, in a thread if it blocks.

    Args:
        callback: The function, by its dotted path: it takes one event and may be async.
        kinds: The kinds of events that it gets; `delta` and `done` when not given.
        lanes: Of the deltas, only those of these lanes.
        rate_limit: The most calls a second; all when not given.
        over_limit: What comes sooner must `wait` its turn (a slow handler slows the stream; nothing is lost),
            or `skip` it: deltas only.
        on_error: After the callback has raised, which is told: `continue` with the next event, or `stop`
            calling it.
        error_callback: A function, by its dotted path: it gets the exception and the event, and the run is
            not told.
        thread: Call it in a thread: for a function that blocks.
    """

    def __init__(
        self,
        callback: str | Callable[[AnyEvent], Any],
        *,
        kinds: Sequence[str] | None = None,
        lanes: Sequence[str] | None = None,
        rate_limit: float | None = None,
        over_limit: Literal["wait", "skip"] = "wait",
        on_error: Literal["continue", "stop"] = "continue",
        error_callback: str | Callable[[Exception, AnyEvent], Any] | None = None,
        thread: bool = False,
    ) -> None:
        self._callback = _function("callback", callback, 1)
        self._error_callback = None
        if error_callback is not None:
            self._error_callback = _function("error_callback", error_callback, 2)
        if rate_limit is not None and rate_limit <= 0:
            raise OptionError(
                "rate_limit", f"{rate_limit:g} is no rate", cure="give calls a second, such as 10"
            )
        for lane in lanes or ():
            if lane not in LANES:
                raise OptionError("lanes", f"there is no lane `{lane}`", cure=suggest(lane, LANES))
        self.kinds = frozenset(DEFAULT_KINDS if kinds is None else kinds)
        self._lanes = frozenset(LANES if lanes is None else lanes)
        self._interval = 1 / rate_limit if rate_limit else 0.0
        self._skips = over_limit == "skip"
        self._stops = on_error == "stop"
        self._thread = thread
        self._next = 0.0
        self._stopped = False
        self.called = 0
        self.skipped = 0
        """Deltas that came too soon, with `over_limit: skip`."""

    async def handle_event(self, event: AnyEvent) -> None:
        """Call the function, if it is its turn."""
        if self._stopped or (isinstance(event, Delta) and event.lane not in self._lanes):
            return
        if self._interval and not await self._turn(event):
            self.skipped += 1
            return
        self.called += 1
        try:
            await self._call(self._callback, event)
        except Exception as error:
            self._stopped = self._stops
            if self._error_callback is None:
                raise
            await self._call(self._error_callback, error, event)

    async def _turn(self, event: AnyEvent) -> bool:
        """Wait until it may be called; False: leave this event out."""
        loop = asyncio.get_running_loop()
        wait = self._next - loop.time()
        if wait > 0:
            if self._skips and isinstance(event, Delta):
                return False
            if not self._skips:
                await asyncio.sleep(wait)
        self._next = max(loop.time(), self._next) + self._interval
        return True

    async def _call(self, function: Callable[..., Any], *arguments: object) -> None:
        if self._thread and not inspect.iscoroutinefunction(function):
            result = await asyncio.to_thread(function, *arguments)
        else:
            result = function(*arguments)
        if inspect.isawaitable(result):
            await result


def _function(option: str, given: str | Callable[..., Any], count: int) -> Callable[..., Any]:
    found = find_object(given, given) if isinstance(given, str) else given
    if not callable(found):
        raise OptionError(option, f"`{given}` is no function", cure="write package.module:function")
    try:
        inspect.signature(found).bind(*[None] * count)
    except TypeError as error:
        takes = "one event" if count == 1 else "an exception and an event"
        raise OptionError(option, f"`{given}` does not take {takes}", cure="mend its parameters") from error
    except ValueError:  # a function of C that does not tell
        return found
    return found

"""Feeds one handler its events, in order, from a queue of its own, and isolates what it raises.

A plain function that has nothing waiting gets events at once, without a turn of the loop in between.
"""

from __future__ import annotations

import asyncio
import inspect
import traceback
from contextvars import copy_context
from time import perf_counter_ns
from typing import TYPE_CHECKING

from pipeline_runtime.handlers.blocking import LIMIT, BlockWatch
from pipeline_runtime.handlers.kinds import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.handlers.contract import RunInfo
    from pipeline_runtime.handlers.loading import LoadedHandler

HIGH_WATER = 10_000
LAST_FRAMES = 4
TURN = 5_000_000
"""Nanoseconds after which a handler with much to do lets others have the event loop."""
MOST_TOLD = 5
"""So many different errors of one handler are told, each once; the rest is counted."""


class HandlerRunner:
    """One handler of one step."""

    def __init__(
        self,
        handler: LoadedHandler,
        *,
        on_error: Callable[[str, str, str], bool | None],
        on_block: Callable[[str, int, int, int], None] | None = None,
        run: RunInfo | None = None,
        at_once: bool = True,
    ) -> None:
        """Run it.

        Args:
            handler: The handler.
            on_error: Called with the handler's name, a message and a short traceback; when it gives True, the
                handler gets no more events and is closed.
            on_block: Called when it has blocked the event loop, with its name, in how many calls, the longest
                and the total time in ns.
            run: What its `start` gets.
            at_once: Whether `push_now` may call it. Not when `on_error` cancels the task that pushes: it
                could be over before its next await, where a cancellation arrives.
        """
        self._handler = handler
        self._types = frozenset(EVENT_TYPES[kind] for kind in handler.kinds)
        self._on_error = on_error
        self._run_info = run
        self._watch = BlockWatch(handler.name, on_block)
        self._events: list[AnyEvent] = []
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._started = asyncio.Event()
        self._closing = False
        self._stopped = False
        self._errors = 0
        self._last_error = ("", "")
        self._told: set[str] = set()
        self._awaited: Awaitable[object] | None = None
        """What the last call gave to be awaited."""
        self._at_once = at_once and not inspect.iscoroutinefunction(handler.handle_event)
        self._idle = False
        """It may be called at once: its task, if there is one, waits, and so does no event."""
        self._context = copy_context()
        self._task: asyncio.Task[None] | None = None
        """A plain function that never had to wait for its turn needs none."""
        if self._at_once and handler.start is None:
            self._idle = True
        else:
            self._begin()

    @property
    def congested(self) -> bool:
        """It is far behind: the intake should wait."""
        return len(self._events) > HIGH_WATER

    def push(self, events: Sequence[AnyEvent]) -> None:
        """Queue those of these events that it wants. Never blocks."""
        types = self._types
        wanted = [event for event in events if type(event) in types]
        if wanted and not self._stopped:
            self._queue(wanted)

    def push_now(self, events: Sequence[AnyEvent]) -> None:
        """As `push`, but call a plain function at once when nothing waits for it.

        It runs in the context that its task would have, from wherever the events come.
        """
        types = self._types
        wanted = [event for event in events if type(event) in types]
        if not wanted or self._stopped:
            return
        if self._idle:
            self._idle = False  # what comes of the call waits behind these events
            waiting = iter(wanted)
            if self._context.run(self._handle_some, waiting) or self._stopped:
                self._idle = not self._events
                return
            self._at_once = self._awaited is None
            wanted = list(waiting)
        self._queue(wanted)

    def _queue(self, events: Sequence[AnyEvent]) -> None:
        self._idle = False
        self._events.extend(events)
        self._drained.clear()
        self._wake.set()
        self._begin()

    def _begin(self) -> asyncio.Task[None]:
        task = self._task
        if task is None:
            name = f"handler {self._handler.name}"
            self._task = task = asyncio.create_task(self._run(), name=name, context=self._context)
        return task

    async def started(self) -> None:
        """Wait until its `start`, if it has one, has come back."""
        if self._handler.start is not None:
            await self._started.wait()

    async def ready(self) -> None:
        """Wait until it has handled what is queued."""
        if self.congested:
            await self._drained.wait()

    async def close(self) -> None:
        """Let it handle what is queued, then close it."""
        self._closing = True
        self._idle = False
        self._wake.set()
        if self._task is None and self._handler.close is None:
            self._tell_rest()
            return
        await self._begin()

    def abandon(self) -> None:
        """Do not wait for it any longer, and call it no more."""
        self._stopped = True
        self._idle = False
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        begun = await self._start()
        self._started.set()
        await self._handle_all()
        if begun and self._handler.close is not None:
            await self._call(self._handler.close)
        self._tell_rest()

    def _tell_rest(self) -> None:
        """It is over: tell what was only counted."""
        self._watch.end()
        if self._errors > len(self._told):
            message, trace = self._last_error
            self._on_error(self._handler.name, f"{message} ({self._errors} errors in all)", trace)

    async def _start(self) -> bool:
        if self._handler.start is None or self._run_info is None:
            return True
        begun = await self._call(self._handler.start, self._run_info)
        self._stopped = self._stopped or not begun
        return begun

    async def _handle_all(self) -> None:
        while True:
            await self._woken()
            events, self._events = self._events, []
            await self._handle(events)
            if self._events and not self._stopped:
                self._wake.set()
                continue
            self._events = []
            self._drained.set()
            if self._closing:
                return

    async def _woken(self) -> None:
        """Wait until there is something to do; meanwhile a plain function may be called at once."""
        self._idle = self._at_once
        try:
            await self._wake.wait()
        finally:
            self._idle = False
        self._wake.clear()

    async def _handle(self, events: list[AnyEvent]) -> None:
        """Each event to the handler; others get the loop every few milliseconds."""
        await self._finish_call()
        waiting = iter(events)
        while not self._stopped and not self._handle_some(waiting):
            if self._awaited is not None:
                await self._finish_call()
            else:
                await asyncio.sleep(0)

    async def _finish_call(self) -> None:
        """Await what the last call gave."""
        awaited, self._awaited = self._awaited, None
        if awaited is None:
            return
        try:
            await self._watch.drive(awaited)
        except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - as in `_call`
            self._failed(error)

    def _handle_some(self, waiting: Iterator[AnyEvent]) -> bool:
        """Call it with one event after the other; gives whether none is left.

        Ends before that when something is to be awaited, when it was stopped, and after a few milliseconds.
        """
        handle = self._handler.handle_event
        began = perf_counter_ns()
        until = began + TURN
        for event in waiting:
            try:
                result = handle(event)
            except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - foreign code
                result = None
                self._tell(error)
            now = perf_counter_ns()
            if now - began > LIMIT:
                self._watch.check(began)
            if result is not None and inspect.isawaitable(result):
                self._awaited = result
                return False
            if now > until or self._stopped:
                return False
            began = now
        return True

    async def _call(self, function: Callable[..., object], *arguments: object) -> bool:
        try:
            began = perf_counter_ns()
            try:
                result = function(*arguments)
            finally:
                self._watch.check(began)
            if inspect.isawaitable(result):
                await self._watch.drive(result)
        except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - foreign code
            self._failed(error)
        else:
            return True
        return False

    def _failed(self, error: BaseException) -> None:
        """What a handler raises becomes an event; the cancellation of its task is none of its doing."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise error
        self._tell(error)

    def _tell(self, error: BaseException) -> None:
        self._errors += 1
        trace = "".join(traceback.format_exception(error, limit=-LAST_FRAMES))
        message = f"{type(error).__name__}: {error}"
        self._last_error = (message, trace)
        if message in self._told or len(self._told) == MOST_TOLD:
            return
        self._told.add(message)
        if self._on_error(self._handler.name, message, trace):
            self._stopped = True

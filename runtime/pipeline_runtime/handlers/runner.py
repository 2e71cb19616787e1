"""Feeds one handler its events, in order, from a queue of its own, and isolates what it raises."""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback
from time import perf_counter_ns
from typing import TYPE_CHECKING

from pipeline_runtime.handlers.blocking import LIMIT, BlockWatch
from pipeline_runtime.handlers.kinds import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.handlers.contract import RunInfo
    from pipeline_runtime.handlers.loading import LoadedHandler

HIGH_WATER = 10_000
LAST_FRAMES = 4
TURN = 5_000_000
"""Nanoseconds after which a handler with much to do lets others have the event loop."""
_MEASURED = sys.maxsize
"""In place of a time: the watch itself has taken care of this call."""
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
    ) -> None:
        """Run it.

        Args:
            handler: The handler.
            on_error: Called with the handler's name, a message and a short traceback; when it gives True, the
                handler gets no more events and is closed.
            on_block: Called when it has blocked the event loop, with its name, in how many calls, the longest
                and the total time in ns.
            run: What its `start` gets.
        """
        self._handler = handler
        self._types = frozenset(EVENT_TYPES[kind] for kind in handler.kinds)
        self._on_error = on_error
        self._run_info = run
        self._watch = BlockWatch(lambda *facts: on_block(handler.name, *facts) if on_block else None)
        self._events: list[AnyEvent] = []
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._started = asyncio.Event()
        self._closing = False
        self._stopped = False
        self._errors = 0
        self._last_error = ("", "")
        self._told: set[str] = set()
        self._task = asyncio.create_task(self._run(), name=f"handler {handler.name}")

    @property
    def congested(self) -> bool:
        """It is far behind: the intake should wait."""
        return len(self._events) > HIGH_WATER

    def push(self, events: Sequence[AnyEvent]) -> None:
        """Queue those of these events that it wants. Never blocks."""
        types = self._types
        wanted = [event for event in events if type(event) in types]
        if wanted and not self._stopped:
            self._events.extend(wanted)
            self._drained.clear()
            self._wake.set()

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
        self._wake.set()
        await self._task

    def abandon(self) -> None:
        """Do not wait for it any longer."""
        self._task.cancel()

    async def _run(self) -> None:
        begun = await self._start()
        self._started.set()
        await self._handle_all()
        if begun and self._handler.close is not None:
            await self._call(self._handler.close)
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
            await self._wake.wait()
            self._wake.clear()
            events, self._events = self._events, []
            await self._handle(events)
            if self._events and not self._stopped:
                self._wake.set()
                continue
            self._events = []
            self._drained.set()
            if self._closing:
                return

    async def _handle(self, events: list[AnyEvent]) -> None:
        """Each event to the handler; others get the loop every few milliseconds.

        What `_call` does, without a coroutine an event.
        """
        handle = self._handler.handle_event
        began = perf_counter_ns()
        until = began + TURN
        for event in events:
            if self._stopped:
                break
            try:
                result = handle(event)
                if result is not None and inspect.isawaitable(result):
                    self._watch.check(began)
                    began = _MEASURED
                    await self._watch.drive(result)
            except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - as in `_call`
                self._failed(error)
            now = perf_counter_ns()
            if now - began > LIMIT:
                self._watch.check(began)
            if now > until:
                await asyncio.sleep(0)
                now = perf_counter_ns()
                until = now + TURN
            began = now

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

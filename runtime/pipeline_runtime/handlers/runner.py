"""Feeds one handler its events, in order, from a queue of its own, and isolates what it raises."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from typing import TYPE_CHECKING

from pipeline_runtime.handlers.kinds import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.handlers.loading import LoadedHandler

HIGH_WATER = 10_000
LAST_FRAMES = 4


class HandlerRunner:
    """One handler of one step."""

    def __init__(self, handler: LoadedHandler, *, on_error: Callable[[str, str, str], None]) -> None:
        """Run it.

        Args:
            handler: The handler.
            on_error: Called with the handler's name, a message and a short traceback.
        """
        self._handler = handler
        self._types = frozenset(EVENT_TYPES[kind] for kind in handler.kinds)
        self._on_error = on_error
        self._events: list[AnyEvent] = []
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name=f"handler {handler.name}")

    @property
    def congested(self) -> bool:
        """It is far behind: the intake should wait."""
        return len(self._events) > HIGH_WATER

    def push(self, events: Sequence[AnyEvent]) -> None:
        """Queue those of these events that it wants. Never blocks."""
        types = self._types
        wanted = [event for event in events if type(event) in types]
        if wanted:
            self._events.extend(wanted)
            self._drained.clear()
            self._wake.set()

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
        while True:
            await self._wake.wait()
            self._wake.clear()
            events, self._events = self._events, []
            for event in events:
                await self._call(self._handler.handle_event, event)
            if self._events:
                self._wake.set()
                continue
            self._drained.set()
            if self._closing:
                break
        if self._handler.close is not None:
            await self._call(self._handler.close)

    async def _call(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            result = function(*arguments)
            if inspect.isawaitable(result):
                await result
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._tell(error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code: what it raises becomes an event
            self._tell(error)

    def _tell(self, error: BaseException) -> None:
        trace = "".join(traceback.format_exception(error, limit=-LAST_FRAMES))
        self._on_error(self._handler.name, f"{type(error).__name__}: {error}", trace)

"""The body of one response on its way from the socket to its consumer."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.transport.settings import HIGH_WATER, LOW_WATER
from pipeline_runtime.transport.slices import is_light

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from pipeline_runtime.errors import TransportError

Sink: TypeAlias = "Callable[[int, bytes], bool]"
"""Takes the arrival and the bytes of a read at once; True: the consumer has to look."""


class Inbox:
    """Stamped reads, in order, with backpressure and one lazy timer.

    The side that reads the socket calls `put`, `end` and `wake`; one consumer calls `take` while `queue`
    holds something and awaits `wait` when it does not. Nothing here is awaited for each read: reads that came
    together are taken without a turn of the loop, and light ones that come while it waits go to its sink.
    """

    __slots__ = (
        "_limit", "_loop", "_pause", "_paused", "_resume", "_since", "_sink", "_size", "_timer", "_waiter",
        "ended", "error", "queue",
    )  # fmt: skip

    def __init__(
        self, loop: asyncio.AbstractEventLoop, pause: Callable[[], None], resume: Callable[[], None]
    ) -> None:
        self.queue: deque[tuple[int, bytes]] = deque()
        self.ended = False
        self.error: TransportError | None = None
        self._loop = loop
        self._pause = pause
        self._resume = resume
        self._paused = False
        self._size = 0
        self._waiter: asyncio.Future[bool] | None = None
        self._sink: Sink | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._limit = 0.0

    @property
    def full(self) -> bool:
        """Whether the reading side has been paused."""
        return self._paused

    def put(self, at: int, data: bytes) -> None:
        """Add what one read brought; `at` is its `time.monotonic_ns()`."""
        waiter = self._waiter
        if self._sink is not None and waiter is not None and not waiter.done() and is_light(data):
            self._hand_over(self._sink, waiter, at, data)
            return
        self.queue.append((at, data))
        self._size += len(data)
        if self._size > HIGH_WATER and not self._paused and not self.ended:
            self._paused = True
            self._pause()
        self.wake()

    def _hand_over(self, sink: Sink, waiter: asyncio.Future[bool], at: int, data: bytes) -> None:
        self._since = self._loop.time()
        try:
            if sink(at, data):
                self.wake()
        except Exception as error:  # noqa: BLE001 - the consumer raises it
            self._waiter = self._sink = None
            if not waiter.done():
                waiter.set_exception(error)

    def take(self) -> tuple[int, bytes]:
        """The oldest read."""
        item = self.queue.popleft()
        self._size -= len(item[1])
        if self._paused and self._size <= LOW_WATER:
            self._paused = False
            self._resume()
        return item

    def end(self, error: TransportError | None = None) -> None:
        """Nothing more comes. What is queued can still be taken; `error` is for after that."""
        if self.ended:
            return
        self.ended = True
        self.error = error
        self.wake()
        self.disarm()

    def drop(self) -> None:
        """The consumer wants no more: forget what is queued."""
        self.queue.clear()
        self._size = 0

    def wake(self) -> None:
        """Let the consumer look again."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = self._sink = None
            if not waiter.done():
                waiter.set_result(True)

    def touch(self) -> None:
        """There was progress: the limit counts from now."""
        self._since = self._loop.time()

    def wait(self, limit: float, sink: Sink | None = None) -> asyncio.Future[bool]:
        """Awaitable: True when there is something to look at, False when `limit` seconds have passed.

        What `sink` takes meanwhile is not queued, and ends no wait unless it gives True; the limit counts
        from its last read.
        """
        loop = self._loop
        self._sink = sink
        self._waiter = waiter = loop.create_future()
        self._since = now = loop.time()
        self._limit = limit
        timer = self._timer
        # Most waits end long before their limit: the timer stays armed and finds out by itself what is left.
        if timer is None or timer.when() > now + limit:
            self.disarm()
            self._timer = loop.call_later(limit, self._check)
        return waiter

    def disarm(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        self._timer = None
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        due = self._since + self._limit
        if due > self._loop.time():
            self._timer = self._loop.call_at(due, self._check)
            return
        self._waiter = self._sink = None
        waiter.set_result(False)

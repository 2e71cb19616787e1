"""One tapped request while it comes in: handed on piece by piece, and kept to be shown."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pipeline_runtime.tap.heads import RawHeaders, RequestHead

KEPT_BYTES = 32 << 20
"""A body up to this size is kept to be shown, edited, and sent again."""
HIGH_WATER = 256 * 1024
"""Body bytes waiting for the upstream above which the client is not read."""


class IncomingRequest:
    """The client's connection fills it; the passage takes the body out as it comes."""

    def __init__(
        self, head: RequestHead, at: int, *, pause: Callable[[], None], resume: Callable[[], None]
    ) -> None:
        """`pause` and `resume`: stop reading the client, and read again."""
        self.head = head
        self.at = at
        """`time.monotonic_ns()` when its head was complete."""
        self.complete = False
        self.keep_alive = False
        self.trailers: RawHeaders = []
        self.size = 0
        self.whole = True
        """All of the body so far is kept."""
        self._kept: list[bytes] = []
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._paused = False
        self._pause = pause
        self._resume = resume
        self._moved = asyncio.Event()
        self.ended = asyncio.Event()
        """The body is complete."""

    # --- for the client's connection ----------------------------------------------------------------------

    def put(self, data: bytes) -> None:
        """The next piece of the body."""
        self.size += len(data)
        if self.size <= KEPT_BYTES:
            self._kept.append(data)
        else:
            self.whole = False
            self._kept.clear()
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > HIGH_WATER and not self._paused:
            self._paused = True
            self._pause()
        self._moved.set()

    def end(self, *, keep_alive: bool) -> None:
        """The body is complete."""
        self.keep_alive = keep_alive
        self.complete = True
        self._moved.set()
        self.ended.set()

    # --- for the passage ----------------------------------------------------------------------------------

    @property
    def body(self) -> bytes:
        """The body so far; of one that is too large to be kept, nothing."""
        return b"".join(self._kept)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, each piece once."""
        while True:
            while self._waiting:
                data = self._waiting.popleft()
                self._waiting_bytes -= len(data)
                yield data
            if self._paused:
                self._paused = False
                self._resume()
            if self.complete:
                return
            self._moved.clear()
            await self._moved.wait()

    async def read_whole(self) -> None:
        """Wait for the whole body without taking it out, or until it is too large to be kept."""
        while not self.complete and self.whole:
            self._moved.clear()
            if self._paused:
                self._paused = False
                self._resume()
            await self._moved.wait()

    def forget(self) -> None:
        """It has been sent, and told: the run that stays must not keep its body."""
        self._kept.clear()
        self._waiting.clear()

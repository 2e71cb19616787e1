"""Carries a body from stock httpcore into an inbox, so that both transports give the same chunks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline_runtime.transport.failures import given_up
from pipeline_runtime.transport.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpcore

    from pipeline_runtime.errors import TransportError
    from pipeline_runtime.transport.stamping import StampedStream


class Pump:
    """One task for each response.

    h11 gives several parts for one read; when the read is used up (`stream.hungry`) they become one chunk.
    """

    def __init__(
        self,
        response: httpcore.Response,
        stream: StampedStream,
        peer: str,
        explain: Callable[[Exception], TransportError],
    ) -> None:
        self.inbox = Inbox(asyncio.get_running_loop(), self._pause, self._resume)
        self.peer = peer
        self.sent_at = 0
        self.opened_at = stream.at
        self.trailers: list[tuple[bytes, bytes]] = []
        self._response = response
        self._stream = stream
        self._explain = explain
        self._room = asyncio.Event()
        self._room.set()
        self._parts: list[bytes] = []
        self._closing = False
        self.task = asyncio.create_task(self._run(), name=f"body of {peer}")

    def abort(self) -> None:
        """Stop, and close the connection unless the body is whole."""
        self.inbox.drop()
        if not self.inbox.ended:
            self.inbox.end(given_up(self.peer))
            if not self._closing:  # a cancelled close would leave the connection open
                self.task.cancel()
        self._room.set()

    async def aclose(self) -> None:
        """`abort`, and wait until the connection is closed."""
        self.abort()
        await asyncio.wait([self.task])
        await self._response.aclose()  # a task that is cancelled before it began has closed nothing

    async def _run(self) -> None:
        hungry = self._stream.hungry
        hungry.add(self._flush)
        error: TransportError | None = given_up(self.peer)
        try:
            async for part in self._response.aiter_stream():
                self._parts.append(part)
                if self.inbox.full:
                    self._flush()
                    await self._room.wait()
            error = None
        except Exception as failure:  # noqa: BLE001 - not swallowed: the consumer raises it
            error = self._explain(failure)
        finally:
            hungry.discard(self._flush)
            self._flush()
            self._closing = True
            await self._response.aclose()  # before the end is told: the next request may want this connection
            self.inbox.end(error)

    def _flush(self) -> None:
        parts = self._parts
        if parts and not self.inbox.ended:
            self.inbox.put(self._stream.at, b"".join(parts))
        parts.clear()

    def _pause(self) -> None:
        self._room.clear()

    def _resume(self) -> None:
        self._room.set()

"""A response as its caller sees it: the head, and the body as stamped chunks."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import monotonic_ns
from typing import TYPE_CHECKING, Protocol

from pipeline_runtime.transport.coding import coding_for
from pipeline_runtime.transport.failures import idle_timeout, limit_exceeded
from pipeline_runtime.transport.settings import ERROR_BODY_BYTES
from pipeline_runtime.transport.slices import slices_of
from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from pipeline_runtime.transport.inbox import Inbox

Headers = tuple[tuple[str, str], ...]
TURN = 10_000_000
"""Nanoseconds of work on reads that came together after which others get the event loop."""


class Received(Protocol):
    """What a transport leaves in `response.extensions["received"]`. Times are `time.monotonic_ns()`."""

    inbox: Inbox
    peer: str
    sent_at: int
    opened_at: int
    trailers: list[tuple[bytes, bytes]]

    def abort(self) -> None:
        """Close at once, unless everything has come. Does not wait."""

    async def aclose(self) -> None:
        """`abort`, and wait until it is done."""


class ServerResponse:
    """The head of a response, and its body as it comes. Close it when done, best in a `finally`."""

    def __init__(
        self,
        received: Received,
        *,
        status: int,
        headers: list[tuple[bytes, bytes]],
        http_version: str,
        url: str,
        epoch: int,
        idle: float,
    ) -> None:
        self.status = status
        self.headers: Headers = decode_headers(headers)
        """As received, names in lower case."""
        self.http_version = http_version
        self.url = url
        """The URL that answered (after redirects), without credentials and query."""
        self.sent_at = (received.sent_at or received.opened_at) - epoch
        """When the request had been written, ns since `epoch`."""
        self.opened_at = received.opened_at - epoch
        """When the headers were complete, ns since `epoch`."""
        self._received = received
        self._epoch = epoch
        self._idle = idle
        self._offset = 0
        self._at = 0
        self._parts: Iterator[bytes] = iter(())
        """What is left of the read that came at `_at`."""
        self._take: Callable[[Chunk], bool] | None = None
        self._taken = False
        """What it gave for a read that was handed to it at once."""
        self._coding = coding_for(self.header("content-encoding") or "", received.peer)

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name."""
        return next((value for given, value in self.headers if given == name), None)

    @property
    def trailers(self) -> Headers:
        """Headers that came after the body; known when the body has been read (HTTP/1.1, direct, only)."""
        return decode_headers(self._received.trailers)

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The body, one chunk for each socket read that held some of it.

        Chunks that came together are given without waiting in between, but for a turn of the loop when that
        takes long; a read of thousands of tiny frames is given as several chunks of the same arrival. A body
        compressed against our request is decoded: then chunks hold the decoded bytes of their read. Leaving
        early (cancelled, or by `aclose` of the iterator) closes the socket at once.

        Raises:
            IdleTimeout: nothing came for `timeouts.idle` seconds.
            Disconnected, BadResponse, LimitExceeded: after the chunks that came before.
        """
        inbox = self._received.inbox
        try:
            while True:
                until = monotonic_ns() + TURN
                while (chunk := self._next()) is not None:
                    if monotonic_ns() > until:
                        await asyncio.sleep(0)
                        until = monotonic_ns() + TURN
                    yield chunk
                if inbox.ended:
                    break
                if not await inbox.wait(self._idle):
                    raise idle_timeout(self._received.peer, self._idle)
            self._end()
        finally:
            if inbox.queue or not inbox.ended:
                self._received.abort()

    async def pass_on(self, take: Callable[[Chunk], bool]) -> bool:
        """Hand each chunk to `take` until it gives True; light reads straight from the socket.

        The same chunks as those of `chunks`, of which it takes the place; call it again to go on. `take` is
        called in this task or between its turns. Leaving early leaves the socket open: `aclose` closes it.

        Returns:
            True when `take` has given True, False at the end of the body.

        Raises:
            As `chunks`, and what `take` raises.
        """
        inbox = self._received.inbox
        self._take = take
        sink = self._pass_at_once if self._coding is None else None
        try:
            while True:
                if await self._pass_queued(take):
                    return True
                if inbox.ended:
                    self._end()
                    return False
                self._taken = False
                if not await inbox.wait(self._idle, sink):
                    raise idle_timeout(self._received.peer, self._idle)
                if self._taken:
                    return True
        finally:
            self._take = None  # who takes may hold this response: the two would wait for the collector

    def _pass_at_once(self, at: int, data: bytes) -> bool:
        """The inbox's sink."""
        assert self._take is not None
        offset = self._offset
        self._offset = offset + len(data)
        self._taken = self._take(Chunk(data, at - self._epoch, offset))
        return self._taken

    async def _pass_queued(self, take: Callable[[Chunk], bool]) -> bool:
        task = asyncio.current_task()
        until = monotonic_ns() + TURN
        while (chunk := self._next()) is not None:
            if take(chunk):
                return True
            # A cancellation that `take` itself brought about comes through at the next turn of the loop.
            if monotonic_ns() > until or (task is not None and task.cancelling()):
                await asyncio.sleep(0)
                until = monotonic_ns() + TURN
        return False

    def _next(self) -> Chunk | None:
        """The next chunk of the reads that wait."""
        inbox, coding = self._received.inbox, self._coding
        while True:
            part = next(self._parts, None)
            if part is not None:
                offset = self._offset
                self._offset = offset + len(part)
                return Chunk(part, self._at - self._epoch, offset)
            if not inbox.queue:
                return None
            self._at, data = inbox.take()
            self._parts = slices_of(data if coding is None else coding.decode(data))

    def _end(self) -> None:
        """The body is over: it may have ended in an error, or in the middle of its coding."""
        inbox = self._received.inbox
        if inbox.error is not None:
            raise inbox.error
        if self._coding is not None and self._offset:
            self._coding.close()

    async def read(self, limit: int = ERROR_BODY_BYTES) -> bytes:
        """The rest of the body.

        Raises:
            LimitExceeded: it is larger than `limit` bytes.
            TransportError: as `chunks`.
        """
        parts: list[bytes] = []
        size = 0
        async with aclosing(self.chunks()) as chunks:
            async for chunk in chunks:
                size += len(chunk.data)
                if size > limit:
                    raise limit_exceeded(self._received.peer, f"the body is larger than {limit} bytes")
                parts.append(chunk.data)
        return b"".join(parts)

    async def aclose(self) -> None:
        """Close the socket, unless the body came to its end: then the connection is kept."""
        await self._received.aclose()


def decode_headers(headers: list[tuple[bytes, bytes]]) -> Headers:
    """Names in lower case; any byte is legal in a value, and latin-1 keeps each."""
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)

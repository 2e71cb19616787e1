"""The upstream's side of the tap: each read is written on to the client at once, then parsed for our view."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING

from pipeline_runtime.transport.exchange import Exchange
from pipeline_runtime.transport.failures import given_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.transport.address import Address

WRITE_HIGH = 64 * 1024


class UpstreamLink(asyncio.BufferedProtocol):
    """One connection to an upstream, for one exchange after the other."""

    def __init__(self, address: Address, buffer: memoryview) -> None:
        """`buffer` may be shared: what a read brings is taken out before the next can begin."""
        self.address = address
        self.used = 0
        """How many exchanges began on it."""
        self.lost = False
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._forward: Callable[[bytes], None] = _drop
        self._over: Callable[[], None] = _nothing
        self._discards = False
        self._stopped_by: set[str] = set()
        self._writable = asyncio.Event()
        self._writable.set()

    # --- exchanges ----------------------------------------------------------------------------------------

    @property
    def free(self) -> bool:
        """Whether an exchange can begin on it."""
        return not self.lost and self._exchange is None and self._transport is not None

    def begin(self, method: str, *, forward: Callable[[bytes], None], over: Callable[[], None]) -> Exchange:
        """An exchange begins.

        Args:
            method: The request's.
            forward: Takes each read before anything looks at it.
            over: Called when the response is complete or the connection is gone.
        """
        self.used += 1
        self._discards = False
        self._forward, self._over = forward, over
        self._exchange = exchange = Exchange(self._loop, self, self.address.peer, method)
        return exchange

    async def send(self, data: bytes) -> None:
        """Write a part of the request, and wait until the socket takes more."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            if not self._writable.is_set():
                await self._writable.wait()

    def discard(self) -> None:
        """Our view wants no more of this response: what comes is only written on."""
        exchange = self._exchange
        if exchange is not None and not exchange.inbox.ended:
            self._discards = True
            exchange.inbox.drop()
            self.resume()

    def abort(self) -> None:
        """Close the socket at once."""
        if self._exchange is not None:
            self._exchange.fail(given_up(self.address.peer))
        if self._transport is not None:
            self._transport.abort()

    # --- holding back: the view (`pause`, `resume`), the client and the gate each for itself --------------

    def pause(self) -> None:
        """Stop reading: the view is behind."""
        self.stop("view")

    def resume(self) -> None:
        """Read again."""
        self.go("view")

    def stop(self, who: str) -> None:
        """Stop reading for this reason."""
        self._stopped_by.add(who)
        if self._transport is not None:
            self._transport.pause_reading()

    def go(self, who: str) -> None:
        """This reason is gone: read again if it was the last one."""
        self._stopped_by.discard(who)
        if self._transport is not None and not self._stopped_by and not self._transport.is_closing():
            self._transport.resume_reading()

    # --- asyncio ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected, TLS included."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=WRITE_HIGH)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Where the next read goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """One read has come: stamped, written on, then parsed."""
        at = monotonic_ns()
        exchange = self._exchange
        if exchange is None:
            self.abort()  # nobody asked
            return
        data = self._buffer[:nbytes]
        self._forward(bytes(data))
        if exchange.inbox.ended:  # our parser gave up on it; the client may know better
            return
        exchange.feed(at, data)
        if self._discards:
            exchange.inbox.drop()
        if exchange.complete:
            self._finish(exchange)

    def eof_received(self) -> None:
        """The upstream has shut its side; asyncio closes ours after this."""
        exchange = self._exchange
        if exchange is not None:
            exchange.eof()
            self._finish(exchange)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, whoever closed it."""
        self.lost = True
        self._transport = None
        self._writable.set()
        exchange = self._exchange
        if exchange is not None:
            if exc is None:
                exchange.eof()
            else:
                exchange.lost()
            self._finish(exchange)

    def pause_writing(self) -> None:
        """The upstream takes no more for now."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It takes more."""
        self._writable.set()

    def _finish(self, exchange: Exchange) -> None:
        self._exchange = None
        over, self._over, self._forward = self._over, _nothing, _drop
        self._stopped_by.clear()
        if self._transport is not None and not self._transport.is_closing():
            if exchange.reusable and exchange.complete:
                self._transport.resume_reading()  # or the end of the connection would go unseen
            else:
                self._transport.abort()
        over()


def _drop(data: bytes) -> None:
    """Nobody wants it."""


def _nothing() -> None:
    """Nobody listens."""

"""One socket: reads are stamped before anything looks at them, writes go out in slices."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, Protocol

from pipeline_runtime.transport.exchange import Exchange
from pipeline_runtime.transport.failures import disconnected, given_up

if TYPE_CHECKING:
    from pipeline_runtime.transport.address import Address

_SLICE = 64 * 1024
_REFUSED = 400


class Keeper(Protocol):
    """Who opened a connection."""

    def keep(self, connection: Connection) -> None:
        """An exchange on it is over, and another one may begin."""

    def forget(self, connection: Connection) -> None:
        """It is closed."""


class Connection(asyncio.BufferedProtocol):
    """A connection for one exchange after the other.

    `BufferedProtocol` with a buffer that stays costs two thirds of a `Protocol`, which takes 256 KiB anew for
    each read. Connections share it: what a read brings is taken out before the next one can begin.
    """

    def __init__(self, address: Address, keeper: Keeper, buffer: memoryview) -> None:
        self.address = address
        self.reused = False
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._keeper = keeper
        self._buffer = buffer
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._unsent = memoryview(b"")
        self._writable = True
        self._request_cut = False

    # --- exchanges ----------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether an exchange can begin on it."""
        return self._transport is not None and not self._transport.is_closing() and self._exchange is None

    def socket_number(self) -> int:
        """The file descriptor, -1 when there is none any more."""
        socket = None if self._transport is None else self._transport.get_extra_info("socket")
        return -1 if socket is None else int(socket.fileno())

    def begin(self, method: str, message: bytes) -> Exchange:
        """Start sending a request; the response may come before it has been sent."""
        self._exchange = exchange = Exchange(self._loop, self, self.address.peer, method)
        self._unsent = memoryview(message)
        self._push()
        return exchange

    def abort(self) -> None:
        """Close the socket at once; what is not sent or not read is dropped."""
        self._unsent = memoryview(b"")
        if self._exchange is not None:
            self._exchange.fail(given_up(self.address.peer))
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Stop reading: the peer feels it."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()

    # --- asyncio: reading ---------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Where the next read goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """One read has come. The stamp is taken first."""
        at = monotonic_ns()
        exchange = self._exchange
        if exchange is None:
            self.abort()  # nobody asked: the next response on this connection could not be told from it
            return
        exchange.feed(at, self._buffer[:nbytes])
        if exchange.opened_at:
            self._after_read(exchange)
        elif exchange.inbox.ended:
            self.abort()

    def _after_read(self, exchange: Exchange) -> None:
        if exchange.complete:
            self._release(exchange)
        elif exchange.inbox.ended:
            self.abort()
        elif self._unsent and exchange.status >= _REFUSED:
            self._unsent = memoryview(
                b""
            )  # the rest of the request would only delay the reading of the reason
            self._request_cut = True

    def _release(self, exchange: Exchange) -> None:
        self._exchange = None
        sent = not self._unsent and self._writable and not self._request_cut
        if not (exchange.reusable and sent):
            self.abort()
            return
        if exchange.inbox.full:
            self.resume()  # or the end of the connection would go unseen
        self._keeper.keep(self)

    def eof_received(self) -> None:
        """The peer has shut its side: asyncio closes ours after this."""
        if self._exchange is not None:
            self._exchange.eof()

    # --- asyncio: writing ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected, TLS included."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=1, low=0)

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._writable = False

    def resume_writing(self) -> None:
        """Everything handed over so far has left."""
        self._writable = True
        if self._exchange is not None and not self._exchange.sent_at:
            self._push()

    def _push(self) -> None:
        exchange = self._exchange
        transport = self._transport
        assert exchange is not None
        if transport is None or transport.is_closing():
            exchange.fail(disconnected(self.address.peer, "before the request was sent"))
            return
        while self._unsent and self._writable:
            part, self._unsent = self._unsent[:_SLICE], self._unsent[_SLICE:]
            transport.write(part)
            exchange.inbox.touch()
        if self._writable:
            exchange.sent(monotonic_ns())

    # --- asyncio: the end ---------------------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, whoever closed it."""
        exchange, self._exchange = self._exchange, None
        self._transport = None
        if exchange is not None:
            # TLS tells of the peer's end here alone when it came without a close_notify.
            if exc is None:
                exchange.eof()
            else:
                exchange.lost()
        if not self.closed.done():
            self.closed.set_result(None)
        self._keeper.forget(self)

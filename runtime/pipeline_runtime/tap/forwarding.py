"""A request on its way to its upstream, and the connection that the response comes back on."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, Protocol

from pipeline_runtime.errors import TransportError
from pipeline_runtime.tap.chunked import chunked, chunked_end
from pipeline_runtime.tap.heads import outgoing
from pipeline_runtime.transport.failures import given_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.tap.request import IncomingRequest
    from pipeline_runtime.tap.routing import Route
    from pipeline_runtime.tap.switchboard import Switchboard
    from pipeline_runtime.tap.upstream import UpstreamLink
    from pipeline_runtime.transport.exchange import Exchange

FOREVER = 365 * 86_400.0
"""Seconds: time limits are the client's, not the tap's."""


class WayBack(Protocol):
    """Where a response goes, and who is told how its way ended."""

    stirred: asyncio.Event
    """Set when the request has been sent on."""
    over: asyncio.Event
    """Nothing more moves: it is not told any more how it ended."""
    forward: Callable[[bytes], None]
    """Takes each read of the response before anything looks at it."""

    @property
    def full(self) -> bool:
        """It takes no more for now."""
        ...

    def came(self, error: TransportError | None) -> None:
        """The response is complete, or it broke off."""
        ...

    def fail(self, error: TransportError) -> None:
        """There is no response."""
        ...


class Forwarding:
    """Sends a request on as it comes; once more, where a kept connection was closed just when it was used."""

    def __init__(
        self, request: IncomingRequest, route: Route, switchboard: Switchboard, back: WayBack
    ) -> None:
        """Make it; nothing is sent before `begin`."""
        self.begun_at = 0
        """`time.monotonic_ns()` when it was sent on."""
        self._request = request
        self._route = route
        self._switchboard = switchboard
        self._back = back
        self._exchange = _expect_exchange()
        self._task: asyncio.Task[None] | None = None
        self._retried = False
        self._unwatched = False

    @property
    def begun(self) -> bool:
        """The request is on its way."""
        return self._task is not None

    def begin(self, body: bytes | None) -> None:
        """Send it on; `body`: instead of the client's, `None`: the client's, as it comes."""
        self.begun_at = monotonic_ns()
        self._start(body, resized=body is not None)

    async def opened(self) -> Exchange:
        """Wait for the response's head.

        Raises:
            TransportError: There is none.
        """
        while True:
            current = self._exchange
            try:
                exchange = await asyncio.shield(current)
                await exchange.head(FOREVER)
            except TransportError:
                if self._exchange is current:
                    raise
                continue  # sent again
            return exchange

    # --- reading ----------------------------------------------------------------------------------------

    def stop(self, who: str) -> None:
        """Read no more of the response for this reason."""
        if (link := self._link) is not None:
            link.stop(who)

    def go(self, who: str) -> None:
        """This reason is gone: read on if it was the last one."""
        if (link := self._link) is not None:
            link.go(who)

    def unwatch(self) -> None:
        """Nobody looks at the rest of the response: it is only written on."""
        self._unwatched = True
        if (link := self._link) is not None:
            link.discard()

    @property
    def _link(self) -> UpstreamLink | None:
        return None if self._back.over.is_set() else self._switchboard.link

    # --- ends -------------------------------------------------------------------------------------------

    def end(self, error: TransportError | None) -> None:
        """Close the upstream; the view sees the response end with `error`, or as if it were complete."""
        exchange = self._found
        if exchange is not None:
            exchange.inbox.end(error)
        elif not self._exchange.done():
            self._exchange.set_exception(error or given_up(self._route.address.peer))
        self._cancel()
        self._switchboard.abort()

    def finish(self) -> bool:
        """Nothing more moves: whether the connection may serve another request; if not, it is closed."""
        exchange = self._found
        sent = self._request.complete and self._task is not None and self._task.done()
        self._cancel()
        free = exchange is not None and exchange.complete and exchange.reusable and sent
        if not (free and self._request.keep_alive):
            self._switchboard.abort()
            return False
        return True

    @property
    def _found(self) -> Exchange | None:
        """The exchange, once the request has a connection."""
        future = self._exchange
        begun = future.done() and not future.cancelled() and future.exception() is None
        return future.result() if begun else None

    def _cancel(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    # --- sending ----------------------------------------------------------------------------------------

    def _start(self, body: bytes | None, *, resized: bool = False, fresh: bool = False) -> None:
        name = f"tap to {self._route.provider}"
        self._task = asyncio.create_task(self._send(body, resized=resized, fresh=fresh), name=name)

    async def _send(self, body: bytes | None, *, resized: bool, fresh: bool) -> None:
        head, exchange = self._request.head, self._exchange
        try:
            link = await self._switchboard.connect(self._route.address, fresh=fresh)
            begun = link.begin(head.method, forward=self._back.forward, over=self._response_over)
            if self._back.full:
                link.stop("client")
            if self._unwatched:
                link.discard()
            if not exchange.done():
                exchange.set_result(begun)
            length = len(body) if body is not None and resized else None
            await link.send(outgoing(head, self._route, length=length).encode())
            await self._send_body(link, body, in_chunks=head.is_chunked and not resized)
            begun.sent(monotonic_ns())
        except TransportError as error:
            self._back.fail(error)
        finally:
            self._back.stirred.set()

    async def _send_body(self, link: UpstreamLink, body: bytes | None, *, in_chunks: bool) -> None:
        frame = chunked if in_chunks else bytes
        if body is not None:
            await link.send(frame(body))
        else:
            async for piece in self._request.pieces():
                await link.send(frame(piece))
        if in_chunks:
            await link.send(chunked_end(self._request.trailers))

    def _response_over(self) -> None:
        """The response is complete, or its connection is gone."""
        exchange = self._found
        if exchange is None or self._back.over.is_set():
            return
        error = exchange.inbox.error
        if exchange.complete or error is None:
            self._back.came(None)
        elif self._may_send_again(exchange):
            self._retried = True
            self._cancel()
            self._exchange = _expect_exchange()
            self._start(self._request.body, fresh=True)
        else:
            self._back.came(error)

    def _may_send_again(self, exchange: Exchange) -> bool:
        """A kept connection may be closed by the peer just when it is used (RFC 9112, section 9.3.1)."""
        whole = self._request.complete and self._request.whole
        return whole and self._switchboard.was_kept and not (exchange.touched or self._retried)


def _expect_exchange() -> asyncio.Future[Exchange]:
    future: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
    future.add_done_callback(_retrieve)
    return future


def _retrieve(future: asyncio.Future[Exchange]) -> None:
    """An exception that nobody awaits is no mistake: the client has been told."""
    if not future.cancelled():
        future.exception()

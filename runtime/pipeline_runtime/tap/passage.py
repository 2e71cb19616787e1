"""One request's way through the tap: to its upstream as it comes, and the response back."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING

from pipeline_runtime.errors import TransportError
from pipeline_runtime.tap.errors import client_gone, told
from pipeline_runtime.tap.heads import outgoing, own_answer
from pipeline_runtime.transport.failures import given_up

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from pipeline_runtime.tap.client import ClientConnection
    from pipeline_runtime.tap.request import IncomingRequest
    from pipeline_runtime.tap.routing import Route
    from pipeline_runtime.tap.switchboard import Switchboard
    from pipeline_runtime.tap.upstream import UpstreamLink
    from pipeline_runtime.transport.exchange import Exchange

FOREVER = 365 * 86_400.0
"""Seconds: time limits are the client's, not the tap's."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Passage:
    """Moves one request and its response. What is seen of it is a `TapRun`'s matter, and cannot stop it."""

    def __init__(
        self,
        request: IncomingRequest,
        client: ClientConnection,
        route: Route,
        switchboard: Switchboard,
        *,
        gives: bool = False,
    ) -> None:
        """Make it; `gives`: the response does not go back by itself, but as `give` is called."""
        self.request = request
        self.client = client
        self.route = route
        self.stirred = asyncio.Event()
        """There is something to see: the request has been sent on, or its way has ended."""
        self.over = asyncio.Event()
        """Nothing more moves."""
        self.failure: TransportError | None = None
        """What ended it."""
        self.writable = asyncio.Event()
        """The client takes more."""
        self.writable.set()
        self.begun_at = 0
        """`time.monotonic_ns()` when it was sent on."""
        self._gives = gives
        self._switchboard = switchboard
        self._sent_before = client.sent
        self._exchange = self._expect_exchange()
        self._forwarding: asyncio.Task[None] | None = None
        self._retried = False
        self._unwatched = False
        self._is_answered: Callable[[], bool] = _never
        client.on_gone = self._client_gone
        client.on_full = self._client_full
        client.on_free = self._client_free

    # --- steering -----------------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """The request is on its way."""
        return self._forwarding is not None

    @property
    def delivered(self) -> int:
        """How many bytes of the response the client was given."""
        return self.client.sent - self._sent_before

    def begin(self, body: bytes | None = None) -> None:
        """Send it on, unless it is on its way.

        Args:
            body: Instead of the client's; `None`: the client's, as it comes.
        """
        if self._forwarding is None and not self.over.is_set():
            self.begun_at = monotonic_ns()
            self._start(body, resized=body is not None)

    async def hold_request(self) -> None:
        """Wait for all of the request before any of it is sent on, or until it is too large or ended."""
        if self.request.head.expects_continue:
            self.client.write(CONTINUE)
            self._sent_before = self.client.sent
        await first_of(self.request.read_whole(), self.stirred.wait())

    def when_gone(self, is_answered: Callable[[], bool]) -> None:
        """Have `is_answered` say whether the answer was complete when the client hangs up: no harm then."""
        self._is_answered = is_answered

    @property
    def is_answered(self) -> bool:
        """The answer was complete, by what its protocol says."""
        return self._is_answered()

    async def opened(self) -> Exchange:
        """Wait for the response's head.

        Raises:
            TransportError: There is none; the client has been told.
        """
        while True:
            current = self._exchange
            try:
                exchange = await asyncio.shield(current)
                await exchange.head(FOREVER)
            except TransportError as error:
                if self._exchange is not current:  # sent again
                    continue
                self._fail(error)
                raise
            return exchange

    def hold(self) -> None:
        """Read no more of the response for now: the client gets nothing either."""
        if (link := self._link) is not None:
            link.stop("gate")

    def release(self) -> None:
        """Read on."""
        if (link := self._link) is not None:
            link.go("gate")

    def discard(self) -> None:
        """Nobody looks at the rest of the response: it is only written on; one that is given ends here."""
        if self._gives:
            self.give_up(given_up(self.route.address.peer))
        self.unwatch()

    def unwatch(self) -> None:
        """Nobody looks at the rest of what the upstream sends; what is given of it is said elsewhere."""
        self._unwatched = True
        if (link := self._link) is not None:
            link.discard()

    def abort(self, error: TransportError | None = None) -> None:
        """Close both sides at once."""
        self._end(error or given_up(self.route.address.peer))
        self.client.abort()

    def refuse(self, error: TransportError) -> None:
        """It was not let through: the client is told why."""
        self._fail(error)

    # --- giving -------------------------------------------------------------------------------------------

    def give(self, data: bytes) -> None:
        """Write a part of the response to the client."""
        if not self.over.is_set():
            self.client.write(data)

    def give_end(self, data: bytes) -> None:
        """Write the last of it: the response is complete."""
        self.give(data)
        if not self.over.is_set():
            self._note_over()

    def give_up(self, error: TransportError) -> None:
        """The response breaks off here: what was written goes, and the connection is closed."""
        if not self.over.is_set():
            self._end(error)
            self.client.close()

    async def finish(self) -> None:
        """Wait until nothing more moves; the client's connection is then ready for a request, or closed."""
        await self.over.wait()
        exchange = self._exchange.result() if _has_result(self._exchange) else None
        sent = self.request.complete and self._forwarding is not None and self._forwarding.done()
        self._stop_forwarding()
        complete = exchange is not None and exchange.complete and exchange.reusable
        if not (complete and sent and self.request.keep_alive):
            self._switchboard.abort()
            self.client.close()

    # --- the request's way --------------------------------------------------------------------------------

    def _start(self, body: bytes | None, *, resized: bool = False, fresh: bool = False) -> None:
        name = f"tap to {self.route.provider}"
        self._forwarding = asyncio.create_task(self._forward(body, resized=resized, fresh=fresh), name=name)

    async def _forward(self, body: bytes | None, *, resized: bool, fresh: bool) -> None:
        head, exchange = self.request.head, self._exchange
        try:
            link = await self._switchboard.connect(self.route.address, fresh=fresh)
            forward = _drop if self._gives else self.client.write
            begun = link.begin(head.method, forward=forward, over=self._response_over)
            if self.client.full:
                link.stop("client")
            if self._unwatched:
                link.discard()
            if not exchange.done():
                exchange.set_result(begun)
            length = len(body) if body is not None and resized else None
            await link.send(outgoing(head, self.route, length=length).encode())
            await self._send_body(link, body, chunked=head.is_chunked and not resized)
            begun.sent(monotonic_ns())
        except TransportError as error:
            self._fail(error)
        finally:
            self.stirred.set()

    async def _send_body(self, link: UpstreamLink, body: bytes | None, *, chunked: bool) -> None:
        frame = _chunk if chunked else bytes
        if body is not None:
            await link.send(frame(body))
        else:
            async for piece in self.request.pieces():
                await link.send(frame(piece))
        if chunked:
            trailers = b"".join(b"%b: %b\r\n" % one for one in self.request.trailers)
            await link.send(b"0\r\n" + trailers + b"\r\n")

    # --- ends ---------------------------------------------------------------------------------------------

    def _response_over(self) -> None:
        """The response is complete, or its connection is gone."""
        exchange = self._exchange.result() if _has_result(self._exchange) else None
        if exchange is None or self.over.is_set():
            return
        error = exchange.inbox.error
        if exchange.complete or error is None:
            if not self._gives:
                self._note_over()
        elif self._may_send_again(exchange):
            self._retried = True
            self._stop_forwarding()
            self._exchange = self._expect_exchange()
            self._start(self.request.body, fresh=True)
        elif not self._gives:
            self._fail(error)

    def _may_send_again(self, exchange: Exchange) -> bool:
        """A kept connection may be closed by the peer just when it is used (RFC 9112, section 9.3.1)."""
        whole = self.request.complete and self.request.whole
        return whole and self._switchboard.was_kept and not (exchange.touched or self._retried)

    def _fail(self, error: TransportError) -> None:
        """There is no response, or no more of it: tell the client, where it has had nothing yet."""
        if self.over.is_set():
            return
        if not self.delivered:
            with_body = self.request.head.method != "HEAD"
            self.client.write(own_answer(502, "Bad Gateway", told(error, error.type), body=with_body))
        self._end(error)
        self.client.close()

    def _client_gone(self) -> None:
        if not self.over.is_set():
            self._end(None if self._is_answered() else client_gone(self.client.name, self.delivered))

    def _end(self, error: TransportError | None) -> None:
        """Close the upstream; the view's end of the response is `error`, or as if it were complete."""
        if self.over.is_set():
            return
        self.failure = error
        self._note_over()
        if _has_result(self._exchange):
            self._exchange.result().inbox.end(error)
        elif not self._exchange.done():
            self._exchange.set_exception(error or given_up(self.route.address.peer))
        self._stop_forwarding()
        self._switchboard.abort()

    def _note_over(self) -> None:
        self.over.set()
        self.stirred.set()

    def _stop_forwarding(self) -> None:
        if self._forwarding is not None and self._forwarding is not asyncio.current_task():
            self._forwarding.cancel()

    # --- the client's pace --------------------------------------------------------------------------------

    def _client_full(self) -> None:
        self.writable.clear()
        if (link := self._link) is not None:
            link.stop("client")

    def _client_free(self) -> None:
        self.writable.set()
        if (link := self._link) is not None:
            link.go("client")

    @property
    def _link(self) -> UpstreamLink | None:
        return None if self.over.is_set() else self._switchboard.link

    def _expect_exchange(self) -> asyncio.Future[Exchange]:
        future: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_retrieve)
        return future


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for the first of them, and drop the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _has_result(future: asyncio.Future[Exchange]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _retrieve(future: asyncio.Future[Exchange]) -> None:
    """An exception that nobody awaits is no mistake: the client has been told."""
    if not future.cancelled():
        future.exception()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _drop(data: bytes) -> None:
    """It is given otherwise."""


def _never() -> bool:
    return False

"""One request's way through the tap: to its upstream as it comes, and the response back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline_runtime.errors import TransportError
from pipeline_runtime.tap.errors import client_gone, told
from pipeline_runtime.tap.forwarding import Forwarding
from pipeline_runtime.tap.heads import own_answer
from pipeline_runtime.transport.failures import given_up

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from pipeline_runtime.tap.client import ClientConnection
    from pipeline_runtime.tap.request import IncomingRequest
    from pipeline_runtime.tap.routing import Route
    from pipeline_runtime.tap.switchboard import Switchboard
    from pipeline_runtime.transport.exchange import Exchange

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Passage:
    """Moves one request and its response. What is seen of it is a `TapRun`'s matter, and cannot stop it.

    This is the client's side; the upstream's is a `Forwarding`, which this is the `WayBack` of.
    """

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
        self.forward: Callable[[bytes], None] = _drop if gives else client.write
        self._gives = gives
        self._sent_before = client.sent
        self._forwarding = Forwarding(request, route, switchboard, self)
        self._is_answered: Callable[[], bool] = _never
        client.on_gone = self._client_gone
        client.on_full = self._client_full
        client.on_free = self._client_free

    # --- steering -----------------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """The request is on its way."""
        return self._forwarding.begun

    @property
    def begun_at(self) -> int:
        """`time.monotonic_ns()` when it was sent on; 0 before."""
        return self._forwarding.begun_at

    @property
    def delivered(self) -> int:
        """How many bytes of the response the client was given."""
        return self.client.sent - self._sent_before

    def begin(self, body: bytes | None = None) -> None:
        """Send it on, unless it is on its way.

        Args:
            body: Instead of the client's; `None`: the client's, as it comes.
        """
        if not self.begun and not self.over.is_set():
            self._forwarding.begin(body)

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
        try:
            return await self._forwarding.opened()
        except TransportError as error:
            self.fail(error)
            raise

    def hold(self) -> None:
        """Read no more of the response for now: the client gets nothing either."""
        self._forwarding.stop("gate")

    def release(self) -> None:
        """Read on."""
        self._forwarding.go("gate")

    def discard(self) -> None:
        """Nobody looks at the rest of the response: it is only written on; one that is given ends here."""
        if self._gives:
            self.give_up(given_up(self.route.address.peer))
        self.unwatch()

    def unwatch(self) -> None:
        """Nobody looks at the rest of what the upstream sends; what is given of it is said elsewhere."""
        self._forwarding.unwatch()

    def abort(self, error: TransportError | None = None) -> None:
        """Close both sides at once."""
        self._end(error or given_up(self.route.address.peer))
        self.client.abort()

    async def finish(self) -> None:
        """Wait until nothing more moves; the client's connection is then ready for a request, or closed."""
        await self.over.wait()
        if not self._forwarding.finish():
            self.client.close()

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

    # --- the way back -------------------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """The client takes no more for now."""
        return self.client.full

    def came(self, error: TransportError | None) -> None:
        """The response is complete, or it broke off; one that is given ends where it is given."""
        if self._gives:
            return
        if error is None:
            self._note_over()
        else:
            self.fail(error)

    def fail(self, error: TransportError) -> None:
        """There is no response, or no more of it: tell the client, where it has had nothing yet."""
        if self.over.is_set():
            return
        if not self.delivered:
            with_body = self.request.head.method != "HEAD"
            self.client.write(own_answer(502, "Bad Gateway", told(error, error.type), body=with_body))
        self._end(error)
        self.client.close()

    # --- the client ---------------------------------------------------------------------------------------

    def _client_gone(self) -> None:
        if not self.over.is_set():
            self._end(None if self._is_answered() else client_gone(self.client.name, self.delivered))

    def _client_full(self) -> None:
        self.writable.clear()
        self._forwarding.stop("client")

    def _client_free(self) -> None:
        self.writable.set()
        self._forwarding.go("client")

    # --- ends ---------------------------------------------------------------------------------------------

    def _end(self, error: TransportError | None) -> None:
        """Close the upstream; the view's end of the response is `error`, or as if it were complete."""
        if self.over.is_set():
            return
        self.failure = error
        self._note_over()
        self._forwarding.end(error)

    def _note_over(self) -> None:
        self.over.set()
        self.stirred.set()


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for the first of them, and drop the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _drop(data: bytes) -> None:
    """It is given otherwise."""


def _never() -> bool:
    return False

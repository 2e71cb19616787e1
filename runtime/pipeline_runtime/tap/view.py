"""What is seen of a passage: the same attempt, decoders and verdicts as of our own calls, over its bytes."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.events import AttemptStarted, Done, Error
from pipeline_runtime.protocols import RAW
from pipeline_runtime.stream.attempt import Attempt
from pipeline_runtime.stream.call import CallCancelled, CallResult
from pipeline_runtime.stream.judging import failed
from pipeline_runtime.stream.outcome import Completed, Failed, Refused
from pipeline_runtime.tap.forwarding import FOREVER
from pipeline_runtime.transport.client import Transport
from pipeline_runtime.transport.response import ServerResponse
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.stream.call import ModelCall
    from pipeline_runtime.stream.outcome import Outcome
    from pipeline_runtime.stream.outlet import Outlet
    from pipeline_runtime.stream.sender import Sender
    from pipeline_runtime.tap.passage import Passage
    from pipeline_runtime.transport import Timeouts
    from pipeline_runtime.transport.exchange import Exchange
    from pipeline_runtime.wire.frames import Chunk

HTTP_ERROR = 400
NO_MISFIT = frozenset({"not_a_stream", "not_an_answer", "truncated"})
"""What cannot be said of traffic whose protocol is not known."""


class SeenTransport(Transport):
    """Sends nothing by itself: the passage does, and its response is looked at."""

    def __init__(self, passage: Passage) -> None:
        super().__init__()
        self._passage = passage

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> ServerResponse:  # noqa: ARG002 - as the base's
        """The response's head, once the request has gone on its way.

        Raises:
            TransportError: There is none, or its body cannot be read by us; the traffic goes on.
        """
        passage = self._passage
        edited = None if request.body == passage.request.body else request.body
        passage.begin(edited)
        exchange = await passage.opened()
        return ServerResponse(
            _Seen(exchange, passage),
            status=exchange.status,
            headers=exchange.headers,
            http_version=exchange.http_version,
            url=passage.route.address.base,
            epoch=epoch,
            idle=FOREVER,
        )


class _Seen:
    """What `ServerResponse` reads. To close it ends our view and leaves the traffic alone."""

    def __init__(self, exchange: Exchange, passage: Passage) -> None:
        self.inbox = exchange.inbox
        self.peer = exchange.peer
        self.sent_at = exchange.sent_at
        self.opened_at = exchange.opened_at
        self.trailers = exchange.trailers
        self._passage = passage

    def abort(self) -> None:
        """Look no longer."""
        self._passage.unwatch()

    async def aclose(self) -> None:
        """Look no longer."""
        self._passage.unwatch()


class SeenClock:
    """The time that events are told by: up to the request, the time at which that was sent on."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._told_request = False

    def __call__(self) -> int:
        """Nanoseconds, monotonic."""
        return monotonic_ns() if self._told_request else self._passage.begun_at or monotonic_ns()

    def go_on(self) -> None:
        """The request has been told."""
        self._told_request = True


class SeenOutlet:
    """The step's outlet; while it is held, the client gets nothing more."""

    def __init__(self, outlet: Outlet, passage: Passage, clock: SeenClock) -> None:
        self._outlet = outlet
        self._passage = passage
        self._clock = clock

    @property
    def congested(self) -> bool:
        """As the step's."""
        return self._outlet.congested

    async def approve(self, event: Callable[[], AttemptStarted], request: HttpRequest) -> HttpRequest:
        """Asks the gate, unless the request is on its way already."""
        return request if self._passage.begun else await self._outlet.approve(event, request)

    def emit(self, event: AnyEvent) -> None:
        """As the step's."""
        if isinstance(event, AttemptStarted):
            self._clock.go_on()
        self._outlet.emit(event)

    def emit_derived(self, events: Sequence[AnyEvent]) -> None:
        """As the step's."""
        self._outlet.emit_derived(events)

    def chunk(self, origin: Origin, chunk: Chunk) -> None:
        """As the step's."""
        self._outlet.chunk(origin, chunk)

    def body_end(self, origin: Origin, at: int, *, given_up: bool) -> None:
        """As the step's."""
        self._outlet.body_end(origin, at, given_up=given_up)

    async def ready(self) -> None:
        """Hold the traffic until the step's outlet is ready."""
        self._passage.hold()
        try:
            await self._outlet.ready()
        finally:
            self._passage.release()


class View:
    """Watches one passage from its request to its end, and tells it as the events of a step."""

    def __init__(
        self, call: ModelCall, passage: Passage, outlet: Outlet, origin: Origin, *, sender: Sender
    ) -> None:
        """Make it; `sender` gives the passage's response."""
        self._call = call
        self._sender = sender
        self._passage = passage
        self._outlet = outlet
        self._origin = origin.of_attempt(1)
        self._attempt = Attempt(call, call.request, self._origin, outlet)

    async def watch(self) -> CallResult:
        """How it ended.

        Raises:
            CallCancelled: The client hung up, or the run was cancelled, which closes both sides.
        """
        self._passage.when_gone(self._is_answered)
        try:
            outcome = await self._attempt.run(self._sender, "first")
        except asyncio.CancelledError:
            self._passage.abort()
            raise CallCancelled(self._cancelled()) from None
        finally:
            self._passage.discard()
        return self._settle(outcome)

    def _is_answered(self) -> bool:
        decoder = self._attempt.exchange.decoder
        return decoder is not None and decoder.terminated

    def _settle(self, outcome: Outcome) -> CallResult:
        if isinstance(outcome, Refused):
            outcome = self._read_refusal(outcome)
        elif isinstance(outcome, Failed) and self._is_no_misfit(outcome):
            outcome = Completed(self._attempt.exchange.response(self._now(), "complete"))
        if isinstance(outcome, Completed):
            self._outlet.emit(Done(*self._stamp(), outcome.response))
            return CallResult("ok", 1, outcome.response)
        return self._fail(outcome)

    def _is_no_misfit(self, failure: Failed) -> bool:
        opened = self._attempt.exchange.opened
        if opened is None or opened.status >= HTTP_ERROR:
            return False
        return self._call.protocol.name == RAW and failure.type in NO_MISFIT

    def _read_refusal(self, refused: Refused) -> Failed:
        """The server wants another form of the request: the client's to send, not ours."""
        exchange = self._attempt.exchange
        body = exchange.body.whole if exchange.body is not None else b""
        told = self._call.protocol.read_failure(refused.status, body)
        return failed(exchange, self._now(), told.type, told.message, retryable=told.retryable)

    def _fail(self, failure: Failed) -> CallResult:
        response = failure.response
        gone = failure.type == "client_disconnected"
        if response is not None:
            response = msgspec.structs.replace(response, finish_reason="cancelled" if gone else "error")
        self._outlet.emit(
            Error(
                *self._stamp(),
                type=failure.type,
                message=failure.message,
                cure=failure.cure,
                status=failure.status,
                request_id=failure.request_id,
                response=response,
            )
        )
        result = CallResult("failed", 1, response, f"{failure.type}: {failure.message}")
        if gone:
            raise CallCancelled(result)
        return result

    def _cancelled(self) -> CallResult:
        response = self._attempt.partial()
        if response is not None:
            response = msgspec.structs.replace(response, finish_reason="cancelled")
        deltas = response.timings.deltas if response is not None else 0
        message = "cancelled here: both sides were closed" + (
            f" after {counted(deltas, 'delta')}" if deltas else ""
        )
        cure = "what had come is kept; the client sees a broken connection"
        self._outlet.emit(Error(*self._stamp(), "cancelled", message, cure, response=response))
        return CallResult("failed", 1, response, message)

    def _now(self) -> int:
        return self._call.clock() - self._call.epoch

    def _stamp(self) -> tuple[str, str | None, int | None, int, int]:
        origin = self._origin
        return origin.run, origin.step, origin.attempt, origin.next_seq(), self._now()

"""One try at a call: send, read, judge. Everything that happens is told to the outlet."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import (
    BadResponse,
    Disconnected,
    FrameTooLarge,
    LimitExceeded,
    TotalTimeout,
    TransportError,
)
from pipeline_runtime.events import Delta, FallbackInfo, FrameReceived
from pipeline_runtime.metrics import Meter, looks_buffered
from pipeline_runtime.secrets import ChunkMasker
from pipeline_runtime.stream.body import Body, holds_error, is_json
from pipeline_runtime.stream.cures import cure_for
from pipeline_runtime.stream.outcome import (
    Completed,
    Failed,
    Refused,
    describe_other,
    describe_truncation,
    is_blank,
    is_passing,
)
from pipeline_runtime.stream.refusals import read_refusal
from pipeline_runtime.stream.reporter import Reporter
from pipeline_runtime.stream.stalls import StallWatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from pipeline_runtime.events import AnyEvent, Delivery, Response, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import Decoder, HttpRequest, ModelRequest, WireFailure
    from pipeline_runtime.stream.call import ModelCall
    from pipeline_runtime.stream.outcome import Outcome
    from pipeline_runtime.stream.outlet import Outlet
    from pipeline_runtime.stream.reporter import Why
    from pipeline_runtime.transport import ServerResponse, Transport
    from pipeline_runtime.wire.frames import Chunk

HTTP_ERROR = 400
GRACE = 2.0
"""Seconds in which a body has to end after the protocol's own end."""
REQUEST_ID_HEADERS = ("request-id", "x-request-id", "x-amzn-requestid", "apim-request-id")


@dataclass(frozen=True, slots=True)
class Resumed:
    """How a broken attempt is gone on with: its decoder and its meter go on too."""

    http: HttpRequest
    earlier: Attempt


class Attempt:
    """One HTTP exchange of a call."""

    def __init__(
        self,
        call: ModelCall,
        request: ModelRequest,
        origin: Origin,
        outlet: Outlet,
        *,
        fallback: FallbackInfo | None = None,
        resumed: Resumed | None = None,
    ) -> None:
        self._call = call
        self._request = request
        self._origin = origin
        self._outlet = outlet
        self._fallback = fallback
        self._resume = resumed.http if resumed else None
        self._meter: Meter = resumed.earlier._meter if resumed else Meter()  # noqa: SLF001
        self.decoder: Decoder | None = resumed.earlier.decoder if resumed else None
        """What has come of the answer; `None` before there is a response."""
        self._mask = ChunkMasker(call.masker)
        self._report = report = Reporter(origin, outlet, self._meter, call.masker, call.epoch)
        self._watch = StallWatch(self._meter, report.now, began=report.stall_began, ended=report.stall_ended)
        self._opened: ServerResponse | None = None
        self._body: Body | None = None
        self._verdict: Verdict | None = None

    async def run(self, transport: Transport, why: Why) -> Outcome:
        """Do it. A cancellation passes through, with the socket closed; `partial` then has what came."""
        http = self._resume or self._call.protocol.build(self._request, self._call.endpoint)
        self._report.started(http, streamed=self._request.stream, why=why)
        total = self._call.timeouts.total
        limit = asyncio.timeout(total)
        try:
            async with limit:
                await self._read(await transport.send(http, self._call.timeouts, self._call.epoch))
            self._end_body()
        except TimeoutError:
            if not limit.expired():
                raise
            return self._broken(TotalTimeout(f"not finished within {total:g} s (timeout.total)"))
        except TransportError as error:
            return self._broken(error)
        finally:
            self._end_body(given_up=True)
        return self._judge()

    def partial(self, verdict: Verdict = "truncated") -> Response | None:
        """The answer as far as it came; `None` when nothing had."""
        return self._response(verdict) if self._meter.deltas else None

    # --- reading ------------------------------------------------------------------------------------------

    async def _read(self, response: ServerResponse) -> None:
        self._opened = response
        self._report.opened(response)
        content_type = _header(response.headers, "content-type")
        body = self._body = Body(
            self._call.protocol,
            self._origin,
            status=response.status,
            content_type=content_type,
            decoder=self.decoder,
        )
        self.decoder = body.decoder
        try:
            async with aclosing(response.chunks()) as chunks:
                if await self._consume(chunks, body):
                    self._watch.stop(self._report.now())
                    await self._drain(chunks, body)
        finally:
            await response.aclose()

    async def _consume(self, chunks: AsyncIterator[Chunk], body: Body) -> bool:
        """Read until the protocol's own end (True) or the body's (False)."""
        decoder = body.decoder
        outlet = self._outlet
        mask = self._mask.feed
        async for received in chunks:
            chunk = mask(received)
            if chunk is None:
                continue
            outlet.chunk(self._origin, chunk)
            self._take(body.feed(chunk))
            if body.overflowed:
                raise LimitExceeded(f"the body is no stream and larger than {body.limit} bytes")
            if outlet.congested:
                self._watch.hold()
                await outlet.ready()
                self._watch.release(self._report.now())
            if decoder.terminated or decoder.failure is not None:
                return True
        return False

    async def _drain(self, chunks: AsyncIterator[Chunk], body: Body) -> None:
        """Read what follows the protocol's end, but not for long: some servers never close."""
        try:
            async with asyncio.timeout(GRACE):
                while await self._consume(chunks, body):
                    pass
        except TimeoutError:
            if body.decoder.failure is None:
                self._report.lint("body_not_ended")
        except TransportError as error:
            if body.decoder.failure is None:
                self._report.lint("dropped_after_end", error=error.message)

    def _take(self, events: Sequence[AnyEvent]) -> None:
        if not events:
            return
        self._meter.feed(events)
        self._outlet.emit_derived(events)
        if any(_is_progress(event) for event in events):
            self._watch.progress(events[0].at)

    def _end_body(self, *, given_up: bool = False) -> None:
        """The body is over, whatever the reason: close the framing, so that nothing is left inside it."""
        body = self._body
        if body is None or self._verdict is not None:
            return
        given_up = given_up and not body.decoder.terminated and body.decoder.failure is None
        at = self._report.now()
        self._watch.stop(at)
        self._take_rest(body)
        if body.kind == "json" and self._request.stream and not given_up and not holds_error(body.whole):
            self._tell_silent_fallback()
        self._outlet.body_end(self._origin, at, given_up=given_up)
        self._verdict, events = body.close(at, given_up=given_up)
        self._take(events)

    def _take_rest(self, body: Body) -> None:
        rest = self._mask.rest()
        if rest is None:
            return
        self._outlet.chunk(self._origin, rest)
        with suppress(FrameTooLarge):
            self._take(body.feed(rest))

    def _tell_silent_fallback(self) -> None:
        assert self._opened is not None
        content_type = _header(self._opened.headers, "content-type") or "no content type"
        self._fallback = FallbackInfo(
            reason="the server answered without a stream although one was asked for",
            source="response",
            evidence=f"status {self._opened.status}, {content_type}, a whole JSON body",
        )
        self._report.fell_back(self._fallback, self._opened.status)

    # --- judging ------------------------------------------------------------------------------------------

    def _judge(self) -> Outcome:
        body, opened = self._body, self._opened
        assert body is not None
        assert opened is not None
        if opened.status >= HTTP_ERROR:
            return self._judge_status(opened, body)
        failure = body.decoder.failure
        if failure is not None:
            return self._told(failure)
        misfit = self._misfit(body, _header(opened.headers, "content-type"))
        if misfit is not None:
            return self._failed(*misfit)
        if self._verdict in ("truncated", "error"):
            return self._failed("truncated", describe_truncation(self._meter.deltas), retryable=True)
        return Completed(self._response(self._verdict or "complete"))

    def _misfit(self, body: Body, content_type: str) -> tuple[str, str] | None:
        """Type and message when what came is no answer of this protocol at all."""
        if body.kind in ("html", "binary"):
            return describe_other(body.kind, content_type)
        empty = not body.decoder.assembly.has_content
        if body.kind == "json" and empty and self._verdict == "truncated" and is_json(body.whole):
            return "not_an_answer", "the answer is JSON, and not what this protocol answers with"
        if empty and self._meter.unknowns and is_blank(self._response("complete")):
            name = self._call.protocol.name
            return "not_an_answer", f"frames came, and none of them speaks {name}"
        return None

    def _judge_status(self, opened: ServerResponse, body: Body) -> Outcome:
        whole = body.whole
        refusal = read_refusal(
            opened.status,
            dict(opened.headers),
            whole,
            streamed=self._request.stream,
            option_sent=self._request.stream and self._request.include_usage,
        )
        if refusal is not None and self._resume is None:  # half an answer is not asked for anew
            return Refused(refusal, opened.status)
        failure = self._call.protocol.read_failure(opened.status, whole)
        return self._told(failure)

    def _broken(self, error: TransportError) -> Outcome:
        self._end_body(given_up=not isinstance(error, Disconnected | BadResponse))
        body, opened = self._body, self._opened
        if opened is not None and body is not None:
            told = opened.status >= HTTP_ERROR and body.size
            if told or body.decoder.terminated or body.decoder.failure is not None:
                if body.decoder.terminated and body.decoder.failure is None:
                    self._report.lint("dropped_after_end", error=error.message)
                return self._judge()  # what the server had said before counts
        failed = self._failed(error.type, error.message, retryable=is_passing(error))
        return msgspec.structs.replace(failed, cure=error.cure or failed.cure)

    def _told(self, failure: WireFailure) -> Failed:
        """An error in the server's own words."""
        failed = self._failed(failure.type, failure.message, retryable=failure.retryable)
        return msgspec.structs.replace(failed, retry_after=failure.retry_after)

    def _failed(self, error_type: str, message: str, retryable: bool = False) -> Failed:  # noqa: FBT001, FBT002
        opened = self._opened
        status = opened.status if opened else None
        return Failed(
            type=error_type,
            message=self._call.masker.text(message),
            cure=cure_for(error_type, status, self._call.endpoint),
            retryable=retryable,
            status=status,
            request_id=self._request_id(),
            headers=dict(opened.headers) if opened else {},
            response=self.partial("error" if self._verdict == "error" else "truncated"),
        )

    def _response(self, verdict: Verdict) -> Response:
        body = self._body
        assert self.decoder is not None
        assembly = self.decoder.assembly
        usage = assembly.usage
        timings = self._meter.timings(
            self._report.now(),
            output_tokens=usage.output if usage else None,
            body_bytes=body.size if body else None,
        )
        delivery: Delivery = "stream"
        if body is not None and body.kind == "json":
            delivery = "sync"
        elif looks_buffered(timings, self._meter.characters):
            delivery = "buffered"
        return assembly.response(
            delivery=delivery,
            timings=timings,
            verdict=verdict,
            request_id=self._request_id(),
            fallback=self._fallback,
        )

    def _request_id(self) -> str | None:
        if self._opened is None:
            return None
        headers = dict(self._opened.headers)
        return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)


def _is_progress(event: AnyEvent) -> bool:
    """Whether an event shows that the answer goes on: not a comment, not a ping."""
    if isinstance(event, Delta):
        return True
    return isinstance(event, FrameReceived) and event.data is not None and event.event != "ping"


def _header(headers: Sequence[tuple[str, str]], name: str) -> str:
    return next((value for key, value in headers if key == name), "")

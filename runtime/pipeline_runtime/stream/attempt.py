"""One try at a call: send, read, have it judged. Everything that happens is told to the outlet."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING

from pipeline_runtime.errors import (
    BadResponse,
    Disconnected,
    FrameTooLarge,
    LimitExceeded,
    TotalTimeout,
    TransportError,
)
from pipeline_runtime.events import FallbackInfo
from pipeline_runtime.metrics import Meter
from pipeline_runtime.secrets import ChunkMasker
from pipeline_runtime.stream.body import Body, holds_error
from pipeline_runtime.stream.exchange import Exchange, Resumed, header
from pipeline_runtime.stream.judging import failed_by, has_spoken, judge, usage_finding
from pipeline_runtime.stream.keepalives import KeepaliveWatch
from pipeline_runtime.stream.outcome import Completed
from pipeline_runtime.stream.reporter import Reporter
from pipeline_runtime.stream.sender import pass_on, straight_from
from pipeline_runtime.stream.stalls import StallWatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent, Response
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import ModelRequest
    from pipeline_runtime.stream.call import ModelCall
    from pipeline_runtime.stream.keepalives import KeepaliveFinding
    from pipeline_runtime.stream.outcome import Outcome
    from pipeline_runtime.stream.outlet import Outlet
    from pipeline_runtime.stream.reporter import Why
    from pipeline_runtime.stream.sender import Answer, PassOn, Sender
    from pipeline_runtime.wire.frames import Chunk

GRACE = 2.0
"""Seconds in which a body has to end after the protocol's own end."""


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
        earlier = resumed.earlier if resumed else None
        self.exchange = Exchange(
            call,
            request,
            fallback,
            is_resumed=resumed is not None,
            meter=earlier.meter if earlier else Meter(),
            decoder=earlier.decoder if earlier else None,
        )
        self._call = call
        self._request = request
        self._origin = origin
        self._outlet = outlet
        self._http = resumed.http if resumed else None
        self._mask = ChunkMasker(call.masker)
        self._meter = self.exchange.meter
        self._report = report = Reporter(
            origin, outlet, self._meter, call.masker, call.epoch, clock=call.clock
        )
        self._watch = StallWatch(self._meter, report.now, began=report.stall_began, ended=report.stall_ended)
        self._keepalives = KeepaliveWatch(call.timeouts.idle)
        self._progress = 0

    async def run(self, transport: Sender, why: Why) -> Outcome:
        """Do it. A cancellation passes through, with the socket closed; `partial` then has what came."""
        built = self._http or self._call.protocol.build(self._request, self._call.endpoint)
        streamed = self._request.stream
        planned = partial(self._report.planned, built, streamed=streamed, why=why)
        http = await self._outlet.approve(planned, built)
        self._report.started(http, streamed=streamed, why=why)
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

    def partial(self) -> Response | None:
        """The answer as far as it came; `None` when nothing had."""
        return self.exchange.partial(self._report.now())

    # --- reading ------------------------------------------------------------------------------------------

    async def _read(self, response: Answer) -> None:
        exchange = self.exchange
        exchange.opened = response
        self._report.opened(response)
        self._keepalives.begin(response.opened_at)
        body = exchange.body = Body(
            self._call.protocol,
            self._origin,
            status=response.status,
            content_type=exchange.content_type,
            decoder=exchange.decoder,
        )
        exchange.decoder = body.decoder
        try:
            straight = straight_from(response)
            if straight is not None:
                await self._read_all(straight, body)
            else:
                async with aclosing(response.chunks()) as chunks:
                    await self._read_all(partial(pass_on, chunks), body)
        finally:
            await response.aclose()

    async def _read_all(self, source: PassOn, body: Body) -> None:
        if await self._consume(source, body):
            self._watch.stop(self._report.now())
            await self._drain(source, body)

    async def _consume(self, source: PassOn, body: Body) -> bool:
        """Read until the protocol's own end (True) or the body's (False)."""
        decoder, outlet = body.decoder, self._outlet
        while await source(self._receive):
            if body.overflowed:
                raise LimitExceeded(f"the body is no stream and larger than {body.limit} bytes")
            if outlet.congested:
                self._watch.hold()
                await outlet.ready()
                self._watch.release(self._report.now())
                self._keepalives.begin(self._report.now())
            if decoder.terminated or decoder.failure is not None:
                return True
        return False

    def _receive(self, received: Chunk) -> bool:
        """Record a chunk and hand on what it holds; True: `_consume` has to look."""
        body = self.exchange.body
        chunk = self._mask.feed(received)
        if chunk is None or body is None:
            return False
        outlet, decoder = self._outlet, body.decoder
        outlet.chunk(self._origin, chunk)
        self._meter.received(chunk.at)
        self._take(body.feed(chunk), body)
        return decoder.terminated or decoder.failure is not None or outlet.congested or body.overflowed

    async def _drain(self, source: PassOn, body: Body) -> None:
        """Read what follows the protocol's end, but not for long: some servers never close."""
        try:
            async with asyncio.timeout(GRACE):
                while await self._consume(source, body):
                    pass
        except TimeoutError:
            if body.decoder.failure is None:
                self._report.lint("body_not_ended")
        except TransportError as error:
            if body.decoder.failure is None:
                self._report.lint("dropped_after_end", error=error.message)

    def _take(self, events: Sequence[AnyEvent], body: Body) -> None:
        if not events:
            return
        self._outlet.emit_derived(events)  # handlers first: nothing of theirs depends on the meter
        self._meter.feed(events)
        before, self._progress = self._progress, body.decoder.progress
        at = events[0].at
        if self._progress != before:
            self._watch.progress(at)
        self._tell(self._keepalives.feed(at, progressed=self._progress != before))

    def _tell(self, finding: KeepaliveFinding | None) -> None:
        if finding is not None:
            self._report.lint(finding.code, **finding.facts)

    # --- the end ------------------------------------------------------------------------------------------

    def _end_body(self, *, given_up: bool = False) -> None:
        """The body is over, whatever the reason: close the framing, so that nothing is left inside it."""
        exchange, body = self.exchange, self.exchange.body
        if body is None or exchange.verdict is not None:
            return
        spoke = body.decoder.terminated or body.decoder.failure is not None
        given_up = given_up and not spoke
        at = self._report.now()
        self._watch.stop(at)
        self._take_rest(body)
        if body.kind == "stream" and not spoke:
            self._tell(self._keepalives.end(at))
        if body.kind == "json" and self._request.stream and not given_up and not holds_error(body.whole):
            self._tell_silent_fallback()
        self._outlet.body_end(self._origin, at, given_up=given_up)
        exchange.verdict, events = body.close(at, given_up=given_up)
        self._meter.feed(events)
        self._outlet.emit_derived(events)

    def _take_rest(self, body: Body) -> None:
        rest = self._mask.rest()
        if rest is None:
            return
        self._outlet.chunk(self._origin, rest)
        with suppress(FrameTooLarge):
            self._take(body.feed(rest), body)

    def _tell_silent_fallback(self) -> None:
        opened = self.exchange.opened
        assert opened is not None
        if self.exchange.is_resumed:
            self._report.lint("resumed_whole")
            return
        content_type = header(opened.headers, "content-type") or "no content type"
        info = self.exchange.fallback = FallbackInfo(
            reason="the server answered without a stream although one was asked for",
            source="response",
            evidence=f"status {opened.status}, {content_type}, a whole JSON body",
        )
        self._report.fell_back(info, opened.status)

    def _broken(self, error: TransportError) -> Outcome:
        self._end_body(given_up=not isinstance(error, Disconnected | BadResponse))
        exchange = self.exchange
        if not has_spoken(exchange):
            return failed_by(exchange, error, self._report.now())
        decoder = exchange.decoder
        if decoder is not None and decoder.terminated and decoder.failure is None:
            self._report.lint("dropped_after_end", error=error.message)
        return self._judge()  # what the server had said before counts

    def _judge(self) -> Outcome:
        outcome = judge(self.exchange, self._report.now())
        if isinstance(outcome, Completed):
            self._look_for_usage()
        return outcome

    def _look_for_usage(self) -> None:
        exchange = self.exchange
        assert exchange.body is not None
        assert exchange.decoder is not None
        assembly = exchange.decoder.assembly
        if exchange.body.kind != "stream" or assembly.usage is not None or not assembly.has_content:
            return
        finding = usage_finding(self._call.protocol, self._request)
        if finding is not None:
            code, facts = finding
            self._report.lint(code, **facts)

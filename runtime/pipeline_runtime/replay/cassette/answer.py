"""A recorded response, given again at the pace at which it came."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, NoReturn

from pipeline_runtime.transport.failures import first_byte_timeout, idle_timeout
from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from pipeline_runtime.events import ResponseOpened
    from pipeline_runtime.replay.cassette.tape import Exchange
    from pipeline_runtime.transport import Timeouts

SECOND = 1_000_000_000
TURN = 5_000_000
"""Nanoseconds of chunks that are due already after which others get the event loop."""
PEER = "the cassette"


async def answer(exchange: Exchange, *, speed: float, timeouts: Timeouts, epoch: int) -> TapedAnswer:
    """The response, once its head is due.

    Raises:
        TransportError: There was none, or it took longer than `timeouts.first_byte`.
    """
    sent = monotonic_ns()
    opened = exchange.opened
    due = ((opened.at if opened else exchange.ended_at) - exchange.sent_at) / speed
    if opened is not None and due > timeouts.first_byte * SECOND:
        await _until(sent + timeouts.first_byte * SECOND)
        raise first_byte_timeout(PEER, timeouts.first_byte)
    await _until(sent + due)
    if opened is None:
        assert exchange.failure is not None
        raise exchange.failure.error()
    return TapedAnswer(exchange, opened, speed=speed, idle=timeouts.idle, epoch=epoch)


class TapedAnswer:
    """Implements `stream.sender.Answer`."""

    def __init__(
        self, exchange: Exchange, opened: ResponseOpened, *, speed: float, idle: float, epoch: int
    ) -> None:
        self.status = opened.status
        self.headers = opened.headers
        self.http_version = opened.http_version
        self._exchange = exchange
        self._recorded = opened.at
        self._speed = speed
        self._idle = idle * SECOND
        self._epoch = epoch
        self._begun = monotonic_ns()
        self.opened_at = self._begun - epoch

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The body: the recorded chunks, each when it is due, on a schedule from the head on.

        Raises:
            TransportError: As recorded; or `IdleTimeout` where today's patience is shorter.
        """
        before: int | None = None
        now = turn = self._begun
        for chunk in self._exchange.chunks:
            if now - turn > TURN:
                await asyncio.sleep(0)
                turn = monotonic_ns()
            if chunk.at != before:  # those of one read come together
                now = await self._wait(chunk.at, now)
                before = chunk.at
            yield Chunk(chunk.data, now - self._epoch, chunk.offset)
        if self._exchange.left_open:  # whoever reads gives up, as it did then
            await self._idle_out(monotonic_ns())
        await self._wait(self._exchange.ended_at, now)
        if self._exchange.failure is not None:
            raise self._exchange.failure.error()

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _wait(self, at: int, last: int) -> int:
        """Wait until a recorded moment is due; gives the time at which it came."""
        due = self._begun + (at - self._recorded) / self._speed
        if due - last > self._idle:
            await self._idle_out(last)
        await _until(due)
        return monotonic_ns()

    async def _idle_out(self, last: int) -> NoReturn:
        """Nothing more comes after `last`: wait as long as today's patience is."""
        await _until(last + self._idle)
        raise idle_timeout(PEER, self._idle / SECOND)


async def _until(due: float) -> None:
    """Sleep until then."""
    left = due - monotonic_ns()
    if left > 0:
        await asyncio.sleep(left / SECOND)

"""Stands between a step and whoever answers it, and breaks what is to be broken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline_runtime.faults import read_run_faults
from pipeline_runtime.faults.heads import content_type, head_delay
from pipeline_runtime.faults.statuses import status_fault
from pipeline_runtime.stream.faulty.answer import FaultyAnswer, clock
from pipeline_runtime.stream.faulty.refusal import FailedAnswer
from pipeline_runtime.stream.faulty.speaking import Speaker
from pipeline_runtime.transport.failures import first_byte_timeout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.protocols.base import HttpRequest, WireProtocol
    from pipeline_runtime.stream.sender import Answer, Sender
    from pipeline_runtime.transport import Timeouts

HEADER = "x-injected-faults"
"""In the head of each answer that was broken: which faults were asked for."""


class FaultySender:
    """Implements `stream.sender.Sender` around another one, for one step."""

    def __init__(self, inner: Sender, texts: Sequence[str], *, protocol: WireProtocol, sent: int = 0) -> None:
        """Make it for one step.

        Args:
            inner: Whoever answers.
            texts: As in `docs/faults.md`.
            protocol: What the answers speak.
            sent: How many requests there were before, for faults that count them.

        Raises:
            InputError: One of them is no fault, or one that only a scenario can have.
        """
        self._inner = inner
        self._faults = read_run_faults(texts)
        self._mark = (HEADER, ", ".join(texts))
        self._protocol = protocol
        self._requests = sent

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> Answer:
        """See `Sender.send`. A `status` fault answers by itself: nothing is sent.

        Raises:
            TransportError: As the sender inside; `FirstByteTimeout` also as a fault.
        """
        speaker = Speaker(self._protocol.name, request)
        failing = status_fault(self._faults, self._requests)
        self._requests += 1
        now = clock(epoch)
        delay = head_delay(self._faults)
        if failing is not None:
            await self._dawdle(delay, request, timeouts)
            headers, body = speaker.failure(failing)
            return FailedAnswer(failing.status, (*headers, self._mark), body, at=now())
        inner = await self._inner.send(request, timeouts, epoch)
        try:
            await self._dawdle(delay, request, timeouts)
        except BaseException:
            await inner.aclose()
            raise
        return FaultyAnswer(
            inner,
            self._faults,
            headers=(*content_type(inner.headers, self._faults), self._mark),
            protocol=self._protocol,
            speaker=speaker,
            peer=peer_of(request),
            idle=timeouts.idle,
            now=now,
            delayed=delay > 0,
        )

    async def _dawdle(self, seconds: float, request: HttpRequest, timeouts: Timeouts) -> None:
        """The head comes later, or too late."""
        if not seconds:
            return
        await asyncio.sleep(min(seconds, timeouts.first_byte))
        if seconds >= timeouts.first_byte:
            raise first_byte_timeout(peer_of(request), timeouts.first_byte)


def peer_of(request: HttpRequest) -> str:
    """`host:port`, as the transport names it."""
    return urlsplit(request.url).netloc.rpartition("@")[2]

"""An answer with faults in it: the same chunks, but for what is to go wrong."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import monotonic_ns
from typing import TYPE_CHECKING

from pipeline_runtime.faults import Cut, End, Injector, Silence, Write, whole_effects
from pipeline_runtime.stream.faulty.units import Units
from pipeline_runtime.transport.failures import disconnected, idle_timeout
from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from pipeline_runtime.faults import Effect, Fault
    from pipeline_runtime.protocols.base import WireProtocol
    from pipeline_runtime.stream.faulty.speaking import Speaker
    from pipeline_runtime.stream.sender import Answer

CUT = "before the response was complete: an injected fault"


class FaultyAnswer:
    """Implements `stream.sender.Answer` around another one."""

    def __init__(
        self,
        inner: Answer,
        faults: Sequence[Fault],
        *,
        headers: tuple[tuple[str, str], ...],
        protocol: WireProtocol,
        speaker: Speaker,
        peer: str,
        idle: float,
        now: Callable[[], int],
        delayed: bool,
    ) -> None:
        self.status = inner.status
        self.headers = headers
        self.http_version = inner.http_version
        self.opened_at = now() if delayed else inner.opened_at
        self._inner = inner
        self._faults = faults
        self._speaker = speaker
        self._peer = peer
        self._idle = idle
        self._now = now
        kind = dict(inner.headers).get("content-type", "")
        self._units = Units(protocol, status=inner.status, content_type=kind)
        self._injector = Injector(faults, speaker)
        self._at = self.opened_at if delayed else 0
        self._offset = 0

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The body with its faults.

        Raises:
            TransportError: As the answer itself; `Disconnected` and `IdleTimeout` also as faults.
        """
        async with aclosing(self._inner.chunks()) as received:
            async for chunk in received:
                self._at = max(self._at, chunk.at)
                async for given in self._play(self._broken(chunk)):
                    yield given
                if self._injector.over:
                    return
        async for given in self._play(self._ending()):
            yield given

    async def aclose(self) -> None:
        """Want no more of it."""
        await self._inner.aclose()

    def _broken(self, chunk: Chunk) -> list[Effect]:
        effects: list[Effect] = []
        for unit in self._units.feed(chunk):
            effects += self._injector.feed(unit)
            self._speaker.position += 1
            if self._injector.over:
                break
        return effects

    def _ending(self) -> list[Effect]:
        self._at = max(self._at, self._now())
        rest = self._units.rest()
        if self._units.whole:
            return whole_effects(rest, self._faults)
        return [*self._injector.close(), *([Write(rest)] if rest and not self._injector.over else [])]

    async def _play(self, effects: Sequence[Effect]) -> AsyncGenerator[Chunk, None]:
        """Writes with nothing between them are one chunk, as they came."""
        together: list[bytes] = []
        size = 0
        for effect in effects:
            if isinstance(effect, Write) and size < _MOST:
                together.append(effect.data)
                size += len(effect.data)
                continue
            if together:
                yield self._chunk(together)
                together, size = [], 0
            if isinstance(effect, Write):
                together, size = [effect.data], len(effect.data)
            elif isinstance(effect, Silence):
                await self._wait(effect.seconds)
            elif isinstance(effect, Cut):
                raise disconnected(self._peer, CUT)
            elif isinstance(effect, End):
                return
        if together:
            yield self._chunk(together)

    def _chunk(self, parts: Sequence[bytes]) -> Chunk:
        data = b"".join(parts)
        chunk = Chunk(data, self._at, self._offset)
        self._offset += len(data)
        return chunk

    async def _wait(self, seconds: float) -> None:
        if seconds >= self._idle:
            await asyncio.sleep(self._idle)
            raise idle_timeout(self._peer, self._idle)
        await asyncio.sleep(seconds)
        self._at = max(self._at, self._now())


def clock(epoch: int) -> Callable[[], int]:
    """Nanoseconds since the run began."""
    return lambda: monotonic_ns() - epoch


_MOST = 256 * 1024
"""Bytes after which a chunk is given: an endless frame comes in several."""

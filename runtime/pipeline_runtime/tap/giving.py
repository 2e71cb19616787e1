"""An answer with faults in it, given to the client as it is read: the run shows what the client got."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from pipeline_runtime.errors import TransportError
from pipeline_runtime.tap.chunked import chunked, chunked_end
from pipeline_runtime.tap.heads import given_head
from pipeline_runtime.transport.failures import given_up

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Iterable

    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.stream.sender import Answer, Sender
    from pipeline_runtime.tap.passage import Passage
    from pipeline_runtime.transport import Timeouts
    from pipeline_runtime.wire.frames import Chunk

_T = TypeVar("_T")
_BODYLESS = frozenset({204, 304})


class GivingSender:
    """Implements `stream.sender.Sender`: what the sender inside answers, the client gets."""

    def __init__(self, inner: Sender, passage: Passage) -> None:
        self._inner = inner
        self._passage = passage

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> GivenAnswer:
        """See `Sender.send`.

        Raises:
            TransportError: As the sender inside; or the client has hung up.
        """
        passage = self._passage
        answer = await _unless_over(passage, self._inner.send(request, timeouts, epoch))
        asked = passage.request.head
        has_body = asked.method != "HEAD" and answer.status not in _BODYLESS
        in_chunks = has_body and asked.version != "1.0"
        closes = not in_chunks or not passage.begun or _says_close(answer.headers)
        passage.give(given_head(answer.status, answer.headers, chunked=in_chunks, closes=closes))
        return GivenAnswer(answer, passage, in_chunks=in_chunks, closes=closes)


class GivenAnswer:
    """Implements `stream.sender.Answer`: each chunk goes to the client before it is looked at."""

    def __init__(self, inner: Answer, passage: Passage, *, in_chunks: bool, closes: bool) -> None:
        self.status = inner.status
        self.headers = inner.headers
        self.http_version = inner.http_version
        self.opened_at = inner.opened_at
        self._inner = inner
        self._passage = passage
        self._in_chunks = in_chunks
        self._closes = closes

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The body. Where it breaks, the client's connection is closed too.

        Raises:
            TransportError: As the answer inside; or the client has hung up.
        """
        passage = self._passage
        try:
            async with aclosing(self._inner.chunks()) as received:
                while (chunk := await _unless_over(passage, anext(received, None))) is not None:
                    passage.give(chunked(chunk.data) if self._in_chunks else chunk.data)
                    yield chunk
                    await _unless_over(passage, passage.writable.wait())
        except TransportError as error:
            if passage.over.is_set() and passage.failure is None:
                return  # the client had all of the answer, and left
            passage.give_up(error)
            raise
        self._end()

    async def aclose(self) -> None:
        """Nobody reads on: an answer that was complete ends well, any other breaks off."""
        await self._inner.aclose()
        if self._passage.is_answered:
            self._end()
        else:
            self._passage.give_up(given_up(self._passage.route.address.peer))

    def _end(self) -> None:
        self._passage.give_end(chunked_end() if self._in_chunks else b"")
        if self._closes:
            self._passage.client.close()


async def _unless_over(passage: Passage, work: Coroutine[object, object, _T]) -> _T:
    """Wait for it as long as there is a client.

    Raises:
        TransportError: It was over before: the client has hung up.
    """
    task = asyncio.ensure_future(work)
    over = asyncio.ensure_future(passage.over.wait())
    try:
        await asyncio.wait((task, over), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise passage.failure or given_up(passage.route.address.peer)
    finally:
        over.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # what nobody waits for any more is no mistake


def _says_close(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether the upstream closes its connection behind the answer."""
    return any(name.lower() == "connection" and "close" in value.lower() for name, value in headers)

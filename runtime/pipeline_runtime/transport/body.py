"""The body as httpx streams it, for those who use our transports through httpx alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.transport._httpx import httpx
from pipeline_runtime.transport.failures import idle_timeout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline_runtime.transport.response import Received


class InboxStream(httpx.AsyncByteStream):
    """The bytes of an inbox, without their stamps."""

    def __init__(self, received: Received, idle: float) -> None:
        self._received = received
        self._idle = idle

    async def __aiter__(self) -> AsyncIterator[bytes]:
        inbox = self._received.inbox
        while True:
            while inbox.queue:
                yield inbox.take()[1]
            if inbox.ended:
                break
            if not await inbox.wait(self._idle):
                raise idle_timeout(self._received.peer, self._idle)
        if inbox.error is not None:
            raise inbox.error

    async def aclose(self) -> None:
        """Close the connection, unless the body is whole."""
        await self._received.aclose()

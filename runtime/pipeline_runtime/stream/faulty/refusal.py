"""An HTTP failure that no server sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class FailedAnswer:
    """Implements `stream.sender.Answer`."""

    http_version = "HTTP/1.1"

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes, *, at: int) -> None:
        self.status = status
        self.headers = headers
        self.opened_at = at
        self._body = body

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The body, at once."""
        yield Chunk(self._body, self.opened_at, 0)

    async def aclose(self) -> None:
        """Nothing is open."""

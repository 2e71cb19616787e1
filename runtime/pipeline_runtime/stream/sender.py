"""Who sends a request and gives the answer: the transport, a cassette, faults around either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.transport import Timeouts
    from pipeline_runtime.wire.frames import Chunk


class Answer(Protocol):
    """A response: its head is here, its body comes. Close it when done."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """As received, names in lower case."""
        ...

    @property
    def http_version(self) -> str:
        """Such as `HTTP/1.1`."""
        ...

    @property
    def opened_at(self) -> int:
        """When the headers were complete, ns since the run began."""
        ...

    def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The body as it comes.

        Raises:
            TransportError: The connection failed; after the chunks that came before.
        """
        ...

    async def aclose(self) -> None:
        """Want no more of it."""


class Sender(Protocol):
    """Implemented by `transport.Transport`."""

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> Answer:
        """Send one request and wait for the head of its response.

        Args:
            request: As it shall be sent.
            timeouts: `connect`, `first_byte` and `idle` apply; `total` is the caller's.
            epoch: `time.monotonic_ns()` of the run's begin.

        Raises:
            TransportError: There is no response.
        """
        ...

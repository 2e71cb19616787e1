"""Who sends a request and gives the answer: the transport, a cassette, faults around either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.transport import Timeouts
    from pipeline_runtime.wire.frames import Chunk


Take: TypeAlias = "Callable[[Chunk], bool]"
PassOn: TypeAlias = "Callable[[Take], Awaitable[bool]]"
"""Hands each chunk to a `Take`: True as soon as that gives True, False at the end of the body."""


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


def straight_from(answer: Answer) -> PassOn | None:
    """Its own `pass_on`, if it has one, which hands on reads as they come: no turn of the loop for each.

    It is used in place of `chunks`, and raises what that raises. `isinstance` of a protocol would take longer
    than a read.
    """
    found: PassOn | None = getattr(answer, "pass_on", None)
    return found


async def pass_on(chunks: AsyncIterator[Chunk], take: Take) -> bool:
    """A `PassOn` of any other answer's chunks."""
    async for chunk in chunks:
        if take(chunk):
            return True
    return False


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

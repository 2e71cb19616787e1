"""Where an attempt sends what happens: the run implements it, so that `stream` knows nothing of runs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.events import AnyEvent, AttemptStarted
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.wire.frames import Chunk


class Outlet(Protocol):
    """Takes events in order; never blocks."""

    @property
    @abstractmethod
    def congested(self) -> bool:
        """Subscribers are behind: await `ready` before reading on."""

    async def approve(self, event: Callable[[], AttemptStarted], request: HttpRequest) -> HttpRequest:
        """A request is about to be sent: wait until it may be, and give it as it shall be sent.

        Args:
            event: Makes the event that would tell of it.
            request: As the protocol built it.
        """
        ...

    def emit(self, event: AnyEvent) -> None:
        """An event that cannot be derived from the bytes: it is recorded."""

    def emit_derived(self, events: Sequence[AnyEvent]) -> None:
        """Events that the bytes hold: the run log has the bytes, so they are not recorded."""

    def chunk(self, origin: Origin, chunk: Chunk) -> None:
        """Record the bytes of one socket read, before anything looks at them."""

    def body_end(self, origin: Origin, at: int, *, given_up: bool) -> None:
        """Record that a body has ended at `at`, or was given up from here."""

    async def ready(self) -> None:
        """Wait until subscribers have caught up."""

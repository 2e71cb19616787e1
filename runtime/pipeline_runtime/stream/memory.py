"""What a call may know of its endpoint before it asks: the seam that `capabilities` fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pipeline_runtime.events import FallbackInfo
    from pipeline_runtime.protocols.base import Endpoint, ModelRequest
    from pipeline_runtime.stream.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Recalled:
    """A request in the form that its endpoint is known to accept."""

    request: ModelRequest
    fallback: FallbackInfo | None = None
    """Why it is a sync one, when a stream was asked for."""


class Memory(Protocol):
    """Remembers refusals."""

    def recall(self, request: ModelRequest, endpoint: Endpoint) -> Recalled:
        """The request as it should be sent."""
        ...

    def learn(self, request: ModelRequest, endpoint: Endpoint, refusal: Refusal, status: int) -> None:
        """Keep what the server has just said. Never raises: a full disk must not fail the call."""
        ...

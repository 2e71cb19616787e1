"""A protocol whose requests were made by somebody else: another program, or an earlier run. Sans-I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.protocols.base import WireProtocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import Decoder, Endpoint, HttpRequest, ModelRequest, WireFailure
    from pipeline_runtime.wire.frames import Framing


class GivenProtocol(WireProtocol):
    """Reads answers as another one does, and builds no request itself."""

    def __init__(self, inner: WireProtocol, given: Callable[[], HttpRequest]) -> None:
        """Make it.

        Args:
            inner: Reads the answers.
            given: The next request.
        """
        self._inner = inner
        self._given = given
        self.name = inner.name
        self.usage_on_request = inner.usage_on_request
        self.ends_by_reason = inner.ends_by_reason

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:  # noqa: ARG002 - the base's signature
        """The request as it was made."""
        return self._given()

    def framing(self) -> Framing:
        """As the protocol's."""
        return self._inner.framing()

    def framing_of_json(self, head: bytes, content_type: str) -> Framing | Literal["whole"] | None:
        """As the protocol's."""
        return self._inner.framing_of_json(head, content_type)

    def decoder(self, origin: Origin) -> Decoder:
        """As the protocol's."""
        return self._inner.decoder(origin)

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """As the protocol's."""
        return self._inner.read_failure(status, body)

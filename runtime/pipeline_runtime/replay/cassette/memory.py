"""What was known of an endpoint when a cassette was recorded: its first request is asked for in that form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.stream.forms import in_form
from pipeline_runtime.stream.memory import Recalled

if TYPE_CHECKING:
    from pipeline_runtime.protocols.base import Endpoint, ModelRequest
    from pipeline_runtime.replay.cassette.tape import Exchange
    from pipeline_runtime.stream.refusals import Refusal


class TapedMemory:
    """Implements `stream.memory.Memory` for one step. It learns nothing."""

    def __init__(self, first: Exchange | None) -> None:
        """Of the step's first exchange; `None`: nothing is known."""
        self._first = first

    def recall(self, request: ModelRequest, endpoint: Endpoint) -> Recalled:
        """The request in the form in which the recorded one went out."""
        first = self._first
        if first is None or not request.stream:
            return Recalled(request)
        if first.asked == "sync" and first.fallback is not None:
            return Recalled(in_form(request, "sync"), first.fallback)
        body = first.request.body
        if (
            endpoint.protocol == "openai-chat"
            and isinstance(body, dict)
            and body.get("stream") is True
            and "stream_options" not in body
        ):
            return Recalled(in_form(request, "drop_stream_options"))
        return Recalled(request)

    def learn(self, request: ModelRequest, endpoint: Endpoint, refusal: Refusal, status: int) -> None:
        """Nothing: what is played has been learned from when it was live."""

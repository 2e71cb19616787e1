"""The words of faults in a protocol: those that the simulator has for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipeline_runtime.simulator.anthropic_dialect import AnthropicDialect
from pipeline_runtime.simulator.ask import Ask
from pipeline_runtime.simulator.dialect import Failure, Identity
from pipeline_runtime.simulator.gemini_dialect import GeminiDialect
from pipeline_runtime.simulator.ollama_dialect import OllamaDialect
from pipeline_runtime.simulator.openai_dialect import OpenAIChatDialect
from pipeline_runtime.simulator.responses_dialect import OpenAIResponsesDialect

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.faults import Fault
    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.simulator.dialect import Dialect, Headers

_DIALECTS: dict[str, Callable[[], Dialect]] = {
    "anthropic": AnthropicDialect,
    "openai-chat": OpenAIChatDialect,
    "openai-responses": OpenAIResponsesDialect,
    "gemini": lambda: GeminiDialect("a-model", "sse"),
    "ollama": lambda: OllamaDialect("chat"),
}


class Speaker:
    """Says what a server of this protocol would. Implements `faults.effects.Voice`.

    Of traffic whose protocol is not known it speaks as most servers do, as `openai-chat`.
    """

    def __init__(self, protocol: str, request: HttpRequest) -> None:
        self.position = 0
        """How many frames there have been: some protocols number theirs."""
        self._dialect = _DIALECTS.get(protocol, OpenAIChatDialect)()
        self._ids = Identity(f"fault:{protocol}", 0)
        self._ask = Ask(_model_of(request), "", "", "", stream=True)

    def error(self, error_type: str) -> bytes:
        """See `Voice`."""
        frames = self._dialect.error_frames(error_type, self._ask, self._ids)
        return b"".join(frame.encode(self.position + place) for place, frame in enumerate(frames))

    def unknown(self) -> bytes:
        """See `Voice`."""
        return self._dialect.unknown_frame(self._ids).encode(max(1, self.position))

    def failure(self, fault: Fault) -> tuple[Headers, bytes]:
        """Headers and body of an HTTP failure."""
        asked = dict(fault.headers).get("retry-after", "")
        body = self._dialect.failure(
            Failure(fault.status, retry_after=float(asked) if asked.isdigit() else None), self._ids
        )
        advice = self._dialect.advice(fault.status, fault.headers)
        return (("content-type", self._dialect.failure_type), *advice), body


def _model_of(request: HttpRequest) -> str:
    try:
        return str(json.loads(request.body)["model"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""

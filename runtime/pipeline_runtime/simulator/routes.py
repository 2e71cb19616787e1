"""Which paths speak which protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs

from pipeline_runtime.simulator.anthropic_dialect import AnthropicDialect
from pipeline_runtime.simulator.gemini_dialect import GeminiDialect
from pipeline_runtime.simulator.ollama_dialect import OllamaDialect
from pipeline_runtime.simulator.openai_dialect import OpenAIChatDialect
from pipeline_runtime.simulator.responses_dialect import OpenAIResponsesDialect

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from pipeline_runtime.simulator.dialect import Dialect

    Speaker: TypeAlias = Callable[[Scope], Dialect]


def _gemini_stream(scope: Scope) -> Dialect:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return GeminiDialect(scope["path_params"]["model"], "sse" if query.get("alt") == ["sse"] else "array")


def _gemini_sync(scope: Scope) -> Dialect:
    return GeminiDialect(scope["path_params"]["model"], "sync")


_GEMINI_VERSIONS = ("v1beta", "v1")
"""google-genai asks for `v1` since 3.x, for `v1beta` before."""

SPEAKERS: tuple[tuple[str, Speaker], ...] = (
    ("/v1/messages", lambda _: AnthropicDialect()),
    ("/v1/chat/completions", lambda _: OpenAIChatDialect()),
    ("/chat/completions", lambda _: OpenAIChatDialect()),
    ("/v1/responses", lambda _: OpenAIResponsesDialect()),
    ("/responses", lambda _: OpenAIResponsesDialect()),
    *((f"/{version}/models/{{model}}:streamGenerateContent", _gemini_stream) for version in _GEMINI_VERSIONS),
    *((f"/{version}/models/{{model}}:generateContent", _gemini_sync) for version in _GEMINI_VERSIONS),
    ("/api/chat", lambda _: OllamaDialect("chat")),
    ("/api/generate", lambda _: OllamaDialect("generate")),
)
"""Paths, as they follow the server's root or a scenario's key, and who answers there."""

RETRIEVERS: tuple[tuple[str, Speaker], ...] = (
    ("/v1/responses/{response}", lambda _: OpenAIResponsesDialect()),
    ("/responses/{response}", lambda _: OpenAIResponsesDialect()),
)
"""Paths under which a background response is read again, with GET."""

"""The lists of models that clients ask for: one model, in each provider's shape; any name is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

_MODEL = "simulator"
_SINCE = "2026-01-01T00:00:00Z"
_VERSION = "0.34.0"
"""The Ollama whose wire format is spoken."""
_OPENAI_AND_ANTHROPIC: dict[str, Any] = {
    "id": _MODEL,
    "type": "model",
    "display_name": "Simulator",
    "created_at": _SINCE,
    "object": "model",
    "created": 1767225600,
    "owned_by": "pipeline-tui",
}
_GEMINI: dict[str, Any] = {
    "name": f"models/{_MODEL}",
    "version": "001",
    "displayName": "Simulator",
    "inputTokenLimit": 1048576,
    "outputTokenLimit": 65536,
    "supportedGenerationMethods": ["generateContent", "streamGenerateContent"],
}
_OLLAMA: dict[str, Any] = {
    "name": _MODEL,
    "model": _MODEL,
    "modified_at": _SINCE,
    "size": 0,
    "digest": "0" * 64,
    "details": {
        "parent_model": "",
        "format": "gguf",
        "family": _MODEL,
        "families": [_MODEL],
        "parameter_size": "0B",
        "quantization_level": "F16",
    },
}
_LISTS: dict[str, dict[str, Any]] = {
    "/v1/models": {
        "object": "list",
        "data": [_OPENAI_AND_ANTHROPIC],
        "has_more": False,
        "first_id": _MODEL,
        "last_id": _MODEL,
        "models": [_GEMINI],
    },
    "/v1beta/models": {"models": [_GEMINI]},
    "/api/tags": {"models": [_OLLAMA]},
    "/api/version": {"version": _VERSION},
}


def catalogue_routes() -> list[Route]:
    """A route for each list, without and with a scenario before it."""
    return [
        Route(prefix + path, _endpoint(content))
        for prefix in ("", "/{scenario}")
        for path, content in _LISTS.items()
    ]


def _endpoint(content: dict[str, Any]) -> Any:
    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(content)

    return answer

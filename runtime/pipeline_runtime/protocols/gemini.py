"""The `gemini` protocol: `POST {base_url}/models/{model}:streamGenerateContent?alt=sse`, as AI Studio has it.

Vertex AI speaks it too: with a base URL that ends before `/publishers`, a model such as
`publishers/google/models/gemini-2.5-flash`, and a bearer token in the headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import msgspec

from pipeline_runtime.protocols.base import WireProtocol
from pipeline_runtime.protocols.failures import read_failure
from pipeline_runtime.protocols.gemini_decoder import GeminiDecoder
from pipeline_runtime.protocols.http import merge_params, post, url_of, without_none
from pipeline_runtime.wire.json_array import JSONArrayParser

if TYPE_CHECKING:
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import (
        Decoder,
        Endpoint,
        HttpRequest,
        Message,
        ModelRequest,
        Tool,
        WireFailure,
    )
    from pipeline_runtime.wire.frames import Framing

_ROLES = {"assistant": "model"}


class GeminiProtocol(WireProtocol):
    """Gemini's generateContent."""

    name = "gemini"
    ends_by_reason = True

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """The request in its stream or its sync form: the URL says which, the body is the same.

        `params.generationConfig` is merged into what the other fields make of it.

        Raises:
            TypeError: a message, tool or param holds what JSON cannot.
        """
        body: dict[str, Any] = without_none(
            {
                "contents": [_content(message) for message in request.messages],
                "systemInstruction": None if request.system is None else {"parts": _parts(request.system)},
                "tools": [{"functionDeclarations": [_tool(tool) for tool in request.tools]}]
                if request.tools
                else None,
                "generationConfig": _config(request) or None,
            }
        )
        request = msgspec.structs.replace(
            request, params=merge_params(body, request.params, "generationConfig")
        )
        headers: list[tuple[str, str]] = []
        if endpoint.api_key is not None:
            headers.append((endpoint.api_key_header or "x-goog-api-key", endpoint.api_key))
        return post(_url(endpoint.base_url, request), request, endpoint, body, headers)

    def framing_of_json(self, head: bytes, content_type: str) -> Framing | Literal["whole"] | None:  # noqa: ARG002
        """An array is the stream that comes without `alt=sse`; an object is an answer or an error."""
        return JSONArrayParser() if head.startswith(b"[") else "whole"

    def decoder(self, origin: Origin) -> Decoder:
        """A decoder for one attempt."""
        return GeminiDecoder(origin)

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """What an error response says; never raises."""
        return read_failure(status, body)


def _url(base_url: str, request: ModelRequest) -> str:
    """A model with a slash (`tunedModels/mine`) names its collection itself."""
    name = quote(request.model if "/" in request.model else f"models/{request.model}", safe="/@")
    if not request.stream:
        return url_of(base_url, f"{name}:generateContent")
    url = url_of(base_url, f"{name}:streamGenerateContent")
    return f"{url}&alt=sse" if "?" in url else f"{url}?alt=sse"


def _content(message: Message) -> dict[str, Any]:
    return {"role": _ROLES.get(message.role, message.role), "parts": _parts(message.content)}


def _parts(content: Any) -> list[Any]:
    """A text as one part; a list is one of parts already."""
    return content if isinstance(content, list) else [{"text": content}]


def _config(request: ModelRequest) -> dict[str, Any]:
    return without_none(
        {
            "maxOutputTokens": request.max_tokens,
            "temperature": request.temperature,
            "thinkingConfig": _thinking(request.thinking),
        }
    )


def _thinking(thinking: int | str | None) -> dict[str, Any] | None:
    """A budget in tokens (Gemini 2.5) or a level (Gemini 3); thoughts come only when they are asked for."""
    if thinking is None:
        return None
    name = "thinkingBudget" if isinstance(thinking, int) else "thinkingLevel"
    return {name: thinking, "includeThoughts": True}


def _tool(tool: Tool) -> dict[str, Any]:
    """`parameters` takes a part of OpenAPI only and refuses objects without properties, so it is not used."""
    return {
        "name": tool.name,
        "description": tool.description,
        "parametersJsonSchema": tool.input_schema,
    }

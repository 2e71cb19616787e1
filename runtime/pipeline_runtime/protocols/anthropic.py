"""The `anthropic` protocol: Messages, at `POST {base_url}/v1/messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline_runtime.protocols.anthropic_decoder import AnthropicDecoder
from pipeline_runtime.protocols.base import WireProtocol
from pipeline_runtime.protocols.failures import read_failure
from pipeline_runtime.protocols.http import post, turns, url_of, without_none

if TYPE_CHECKING:
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import (
        Decoder,
        Endpoint,
        HttpRequest,
        ModelRequest,
        Tool,
        WireFailure,
    )

VERSION = "2023-06-01"
"""`anthropic-version`: the one of all recorded traffic."""

DEFAULT_MAX_TOKENS = 4096
"""The API demands a limit; this is sent when the workflow sets none, on top of a thinking budget."""


class AnthropicProtocol(WireProtocol):
    """Anthropic Messages."""

    name = "anthropic"

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """The request in its stream or its sync form.

        Raises:
            TypeError: a message, tool or param holds what JSON cannot.
        """
        body: dict[str, Any] = without_none(
            {
                "model": request.model,
                "max_tokens": _max_tokens(request),
                "messages": turns(request),
                "system": request.system,
                "temperature": request.temperature,
                "tools": [_tool(tool) for tool in request.tools] or None,
                **_thinking(request.thinking),
                "stream": request.stream or None,
            }
        )
        headers = [("anthropic-version", VERSION)]
        if endpoint.api_key is not None:
            headers.append(("x-api-key", endpoint.api_key))
        return post(_url(endpoint.base_url), request, endpoint, body, headers)

    def decoder(self, origin: Origin) -> Decoder:
        """A decoder for one attempt."""
        return AnthropicDecoder(origin)

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """What an error response says; never raises."""
        return read_failure(status, body)


def _url(base_url: str) -> str:
    has_version = urlsplit(base_url).path.rstrip("/").endswith("/v1")
    return url_of(base_url, "messages" if has_version else "v1/messages")


def _max_tokens(request: ModelRequest) -> int:
    """The limit counts thinking too, so a budget alone must leave room for the answer."""
    if request.max_tokens is not None:
        return request.max_tokens
    return DEFAULT_MAX_TOKENS + (request.thinking if isinstance(request.thinking, int) else 0)


def _thinking(thinking: int | str | None) -> dict[str, Any]:
    """A budget in tokens, or an effort word for models that set their budget themselves."""
    if thinking is None:
        return {}
    if isinstance(thinking, int):
        return {"thinking": {"type": "enabled", "budget_tokens": thinking}}
    return {"thinking": {"type": "adaptive"}, "output_config": {"effort": thinking}}


def _tool(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}

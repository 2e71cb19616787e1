"""The `openai-chat` protocol: Chat Completions, at `POST {base_url}/chat/completions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.protocols.base import WireProtocol
from pipeline_runtime.protocols.failures import read_failure
from pipeline_runtime.protocols.http import post, turns, url_of, without_none
from pipeline_runtime.protocols.openai_chat_decoder import OpenAIChatDecoder
from pipeline_runtime.protocols.openai_limit import limit_field
from pipeline_runtime.protocols.openai_request import auth_headers, effort

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


class OpenAIChatProtocol(WireProtocol):
    """OpenAI Chat Completions and what is compatible with it."""

    name = "openai-chat"
    usage_on_request = True

    def __init__(self, *, think_tags: bool = False) -> None:
        """`think_tags`: `<think>…</think>` at the beginning of a text is thinking."""
        self._think_tags = think_tags

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """The request in its stream or its sync form; `stream_options` is sent with a stream only.

        Raises:
            InputError: `thinking` is a budget, which this protocol cannot say.
            TypeError: a message, tool or param holds what JSON cannot.
        """
        body: dict[str, Any] = without_none(
            {
                "model": request.model,
                "messages": _messages(request),
                limit_field(endpoint.base_url, request.model): request.max_tokens,
                "temperature": request.temperature,
                "tools": [_tool(tool) for tool in request.tools] or None,
                "reasoning_effort": effort(request.thinking, self.name),
                "stream": request.stream or None,
                "stream_options": {"include_usage": True}
                if request.stream and request.include_usage
                else None,
            }
        )
        url = url_of(endpoint.base_url, "chat/completions")
        return post(url, request, endpoint, body, auth_headers(endpoint))

    def decoder(self, origin: Origin) -> Decoder:
        """A decoder for one attempt."""
        return OpenAIChatDecoder(origin, think_tags=self._think_tags)

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """What an error response says; never raises."""
        return read_failure(status, body)


def _messages(request: ModelRequest) -> list[dict[str, Any]]:
    system = [] if request.system is None else [{"role": "system", "content": request.system}]
    return system + turns(request)


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
    return {"type": "function", "function": function}

"""The `ollama` protocol: `POST {base_url}/api/chat`, or `/api/generate` when the base URL ends with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import msgspec

from pipeline_runtime.errors import InputError
from pipeline_runtime.protocols.base import WireProtocol
from pipeline_runtime.protocols.failures import read_failure
from pipeline_runtime.protocols.http import merge_params, post, turns, url_of, without_none
from pipeline_runtime.protocols.jsontext import parse_object
from pipeline_runtime.protocols.ollama_decoder import OllamaDecoder
from pipeline_runtime.wire.ndjson import NDJSONParser

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
    from pipeline_runtime.wire.frames import Framing

LONGEST_FIRST_LINE = 1 << 16
"""Bytes after which a body without a line end is no stream, unless its content type says so."""

_SWITCHES = {"on": True, "off": False}


class OllamaProtocol(WireProtocol):
    """Ollama's own API."""

    name = "ollama"

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """The request in its stream or its sync form, which must say `"stream": false`.

        `params.options` is merged into what the other fields make of it.

        Raises:
            InputError: `thinking` is a budget, or `/api/generate` is asked for what it does not have.
            TypeError: a message, tool or param holds what JSON cannot.
        """
        is_generate = urlsplit(endpoint.base_url).path.rstrip("/").endswith("/api/generate")
        body: dict[str, Any] = without_none(
            {
                "model": request.model,
                **(_generate_fields(request) if is_generate else _chat_fields(request)),
                "stream": request.stream,
                "think": _think(request.thinking),
                "options": without_none(
                    {"num_predict": request.max_tokens, "temperature": request.temperature}
                )
                or None,
            }
        )
        request = msgspec.structs.replace(request, params=merge_params(body, request.params, "options"))
        headers = [("accept", "application/x-ndjson")] if request.stream else []
        if endpoint.api_key is not None:
            headers.append((endpoint.api_key_header or "authorization", _credential(endpoint)))
        return post(_url(endpoint.base_url), request, endpoint, body, headers)

    def framing(self) -> Framing:
        """One JSON object a line."""
        return NDJSONParser()

    def framing_of_json(self, head: bytes, content_type: str) -> Framing | Literal["whole"] | None:
        """Lines, where the content type or a first line that is not the last says so.

        A stream of one line and a sync answer are the same bytes: without a content type for lines it is one.
        """
        if "ndjson" in content_type or "jsonl" in content_type:
            return NDJSONParser()
        line, end, _ = head.partition(b"\n")
        if not end and len(head) > LONGEST_FIRST_LINE:
            return "whole"
        if not end and not head.rstrip().endswith(b"}"):
            return None
        first = parse_object(line)
        if first is None:
            return "whole" if end else None
        return NDJSONParser() if first.get("done") is False else "whole"

    def decoder(self, origin: Origin) -> Decoder:
        """A decoder for one attempt."""
        return OllamaDecoder(origin)

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """What an error response says; never raises."""
        return read_failure(status, body)


def _url(base_url: str) -> str:
    path = urlsplit(base_url).path.rstrip("/")
    if path.endswith(("/api/chat", "/api/generate")):
        return base_url
    return url_of(base_url, "chat" if path.endswith("/api") else "api/chat")


def _credential(endpoint: Endpoint) -> str:
    """The key as ollama.com takes it; a server at home takes none."""
    return f"Bearer {endpoint.api_key}" if endpoint.api_key_header is None else str(endpoint.api_key)


def _chat_fields(request: ModelRequest) -> dict[str, Any]:
    system = [] if request.system is None else [{"role": "system", "content": request.system}]
    return {
        "messages": system + turns(request),
        "tools": [_tool(tool) for tool in request.tools] or None,
    }


def _generate_fields(request: ModelRequest) -> dict[str, Any]:
    if len(request.messages) != 1 or request.tools:
        what = "no tools" if request.tools else "one prompt and no conversation"
        raise InputError(f"/api/generate takes {what}", cure="let base_url end before it: /api/chat is used")
    return {"prompt": request.messages[0].content, "system": request.system}


def _think(thinking: int | str | None) -> bool | str | None:
    """`on` and `off` are the switch that most models have, other words an effort (gpt-oss)."""
    if isinstance(thinking, int):
        raise InputError(
            f"thinking: {thinking} is a budget in tokens, which protocol ollama does not have",
            cure="give on, off, or a word such as low, medium or high",
        )
    return thinking if thinking is None else _SWITCHES.get(thinking, thinking)


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
    return {"type": "function", "function": function}

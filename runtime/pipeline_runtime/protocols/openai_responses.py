"""The `openai-responses` protocol: Responses, at `POST {base_url}/responses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from msgspec.structs import replace

from pipeline_runtime.protocols.base import HttpRequest, WireProtocol
from pipeline_runtime.protocols.failures import read_failure
from pipeline_runtime.protocols.http import headers_of, merge_params, post, turns, url_of, without_none
from pipeline_runtime.protocols.openai_request import auth_headers, effort
from pipeline_runtime.protocols.openai_responses_decoder import OpenAIResponsesDecoder

if TYPE_CHECKING:
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import Decoder, Endpoint, ModelRequest, Tool, WireFailure


class OpenAIResponsesProtocol(WireProtocol):
    """OpenAI Responses and what is compatible with it (implements `base.WireProtocol`)."""

    name = "openai-responses"

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """The request in its stream or its sync form.

        Raises:
            InputError: `thinking` is a budget, which this protocol cannot say.
            TypeError: a message, tool or param holds what JSON cannot.
        """
        word = effort(request.thinking, self.name)
        body: dict[str, Any] = without_none(
            {
                "model": request.model,
                "input": turns(request),
                "instructions": request.system,
                "max_output_tokens": request.max_tokens,
                "temperature": request.temperature,
                "tools": [_tool(tool) for tool in request.tools] or None,
                "reasoning": {"effort": word} if word is not None else None,
                "stream": request.stream or None,
            }
        )
        params = merge_params(body, request.params, "reasoning")
        url = url_of(endpoint.base_url, "responses")
        return post(url, replace(request, params=params), endpoint, body, auth_headers(endpoint))

    def decoder(self, origin: Origin) -> Decoder:
        """A decoder for one attempt."""
        return OpenAIResponsesDecoder(origin)

    def resume(self, request: ModelRequest, decoder: Decoder, endpoint: Endpoint) -> HttpRequest | None:
        """Asks for the rest of a background response; others end with their connection."""
        response_id, sequence = decoder.assembly.id, decoder.sequence
        if request.params.get("background") is not True or not response_id or sequence is None:
            return None
        if decoder.terminated or decoder.failure is not None:
            return None
        return resume_request(response_id, sequence, endpoint)

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """What an error response says; never raises."""
        return read_failure(status, body)


def resume_request(response_id: str, starting_after: int, endpoint: Endpoint) -> HttpRequest:
    """Asks for the rest of a background response's stream (PROTOCOLS.md, section 3).

    Args:
        response_id: the id of a response that was made with `background: true`.
        starting_after: the `sequence_number` of the last event that came; the next one comes first.
        endpoint: where it was made.
    """
    parts = urlsplit(url_of(endpoint.base_url, f"responses/{quote(response_id, safe='')}"))
    asked = urlencode({"stream": "true", "starting_after": starting_after})
    url = urlunsplit(parts._replace(query=f"{parts.query}&{asked}" if parts.query else asked))
    headers = headers_of(endpoint, auth_headers(endpoint), stream=True)
    return HttpRequest("GET", url, tuple(headers.items()), b"")


def _tool(tool: Tool) -> dict[str, Any]:
    """`strict` is on by default here, and would refuse or change many schemas."""
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.input_schema,
        "strict": False,
    }

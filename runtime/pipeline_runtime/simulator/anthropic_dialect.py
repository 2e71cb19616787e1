"""Anthropic Messages as its server speaks it: named events, padded JSON, a ping, cumulative usage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline_runtime.simulator.ask import Ask, BadRequest, read_messages, text_of
from pipeline_runtime.simulator.dialect import SSE_HEADERS, stainless_advice
from pipeline_runtime.simulator.frames import Frame, compact, encode, sse_frame

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer, Spoken, Tokens
    from pipeline_runtime.simulator.dialect import Failure, Headers, Identity

_PADDING = 16
_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_use": "tool_use",
    "refusal": "refusal",
    "content_filter": "refusal",
}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_ERROR_TEXTS = {
    "authentication_error": "invalid x-api-key",
    "permission_error": "Your API key does not have permission to use the specified resource.",
    "not_found_error": "Not found",
    "request_too_large": "Request exceeds the maximum size",
    "rate_limit_error": "This request would exceed your organization's rate limit of 50 requests per minute.",
    "overloaded_error": "Overloaded",
    "api_error": "Internal server error",
}
_REQUIRED = ("model", "messages", "max_tokens")


class AnthropicDialect:
    """`POST /v1/messages`."""

    name = "anthropic"
    stream_headers = SSE_HEADERS
    json_type = "application/json"
    failure_type = "application/json"

    def read(self, body: Any) -> Ask:
        """See `Dialect.read`."""
        model, messages, most = _required(body)
        talk = read_messages(messages, text_of(body.get("system")))
        return Ask(
            model=model,
            prompt=talk.prompt,
            system=talk.system,
            context=talk.context,
            stream=body.get("stream") is True,
            after_tool=talk.after_tool,
            max_tokens=most,
            stream_options="stream_options" in body,
        )

    def tool_json(self, arguments: Any) -> str:
        """See `Dialect.tool_json`: spaces after separators; no arguments are an empty text, not `{}`."""
        return json.dumps(arguments, ensure_ascii=False) if arguments else ""

    def frames(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity, *, whole: bool) -> list[Frame]:
        """See `Dialect.frames`. The protocol knows one answer only."""
        answer = answers[0]
        frames = [_event(ids, {"type": "message_start", "message": _opened(answer, ask, ids)})]
        for index, part in enumerate(answer.parts):
            block = _event(
                ids, {"type": "content_block_start", "index": index, "content_block": _block(part, ids)}
            )
            frames.append(block)
            if index == 0:
                frames.append(sse_frame('{"type": "ping"}', "ping"))
            frames += _deltas(part, index, ids, whole=whole)
            frames.append(_event(ids, {"type": "content_block_stop", "index": index}))
        frames.append(_event(ids, _closed(answer)))
        frames.append(_event(ids, {"type": "message_stop"}, last=True))
        return frames

    def message(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity) -> bytes:
        """See `Dialect.message`."""
        answer = answers[0]
        message = _opened(answer, ask, ids)
        message["content"] = [_whole_block(part, ids) for part in answer.parts]
        message |= _stopped(answer)
        message["usage"] |= _final_usage(answer.tokens)
        return encode(compact(message))

    def error_frames(self, error_type: str, ask: Ask, ids: Identity) -> list[Frame]:  # noqa: ARG002 - as Dialect
        """See `Dialect.error_frames`."""
        error = {"details": None, "type": error_type, "message": _ERROR_TEXTS.get(error_type, error_type)}
        return [_event(ids, {"type": "error", "error": error})]

    def unknown_frame(self, ids: Identity) -> Frame:
        """See `Dialect.unknown_frame`."""
        return _event(ids, {"type": "simulated_notice", "notice": "an event that no client knows"})

    def keepalive(self) -> bytes:
        """See `Dialect.keepalive`: an event, not a comment."""
        return sse_frame('{"type": "ping"}', "ping").encode()

    def headers(self, ids: Identity, *, exhausted: bool) -> Headers:
        """See `Dialect.headers`."""
        reset = datetime.fromtimestamp(ids.created + 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        limits = {"requests": 50, "tokens": 48_000, "input-tokens": 40_000, "output-tokens": 8_000}
        headers = []
        for kind, limit in limits.items():
            left = 0 if exhausted and kind == "requests" else limit - 1
            for field, value in (("limit", str(limit)), ("remaining", str(left)), ("reset", reset)):
                headers.append((f"anthropic-ratelimit-{kind}-{field}", value))
        organization = "-".join(ids.hex(length) for length in (8, 4, 4, 4, 12))
        return (*headers, ("request-id", _request_id(ids)), ("anthropic-organization-id", organization))

    def advice(self, status: int, given: Headers) -> Headers:
        """See `Dialect.advice`."""
        return stainless_advice(status, given)

    def failure(self, failure: Failure, ids: Identity) -> bytes:
        """See `Dialect.failure`."""
        server_side = failure.status >= 500  # noqa: PLR2004 - HTTP
        kind = _ERROR_TYPES.get(failure.status, "api_error" if server_side else "invalid_request_error")
        error = {"type": kind, "message": failure.message or _ERROR_TEXTS.get(kind, "Bad request")}
        return encode(compact({"type": "error", "error": error, "request_id": _request_id(ids)}))


def _required(body: Any) -> tuple[str, list[Any], int]:
    """The model, the messages and the limit of tokens."""
    if not isinstance(body, dict):
        raise BadRequest("Input should be a valid dictionary")
    for key in _REQUIRED:
        if body.get(key) is None:
            raise BadRequest(f"{key}: Field required")
    model, messages, most = (body[key] for key in _REQUIRED)
    if not isinstance(model, str):
        raise BadRequest("model: Input should be a valid string")
    if not isinstance(messages, list):
        raise BadRequest("messages: Input should be a valid list")
    if not messages:
        raise BadRequest("messages: at least one message is required")
    if not _is_positive(most):
        raise BadRequest("max_tokens: Input should be greater than or equal to 1")
    return model, messages, most


def _is_positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _event(ids: Identity, data: dict[str, Any], *, delta: bool = False, last: bool = False) -> Frame:
    """An event with the run of spaces before its last brace that the real server pads sizes with."""
    text = compact(data)
    padded = f"{text[:-1]}{' ' * ids.random.randrange(_PADDING)}}}"
    return sse_frame(padded, data["type"], delta=delta, last=last)


def _request_id(ids: Identity) -> str:
    return ids.token("req_011C", 20)


def _opened(answer: Answer, ask: Ask, ids: Identity) -> dict[str, Any]:
    return {
        "model": ask.model,
        "id": ids.token("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": _uncached(answer.tokens),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": answer.tokens.cached,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": min(1, answer.tokens.output),
            "service_tier": "standard",
            "inference_geo": "not_available",
        },
    }


def _stopped(answer: Answer) -> dict[str, Any]:
    reason = _STOP_REASONS[answer.finish]
    details = {"type": "refusal", "category": None, "explanation": None} if reason == "refusal" else None
    return {"stop_reason": reason, "stop_sequence": None, "stop_details": details}


def _closed(answer: Answer) -> dict[str, Any]:
    return {"type": "message_delta", "delta": _stopped(answer), "usage": _final_usage(answer.tokens)}


def _final_usage(tokens: Tokens) -> dict[str, Any]:
    """Cumulative: clients must not add it to the first one."""
    usage: dict[str, Any] = {
        "input_tokens": _uncached(tokens),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.output,
    }
    if tokens.reasoning:
        usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    return usage


def _uncached(tokens: Tokens) -> int:
    return max(0, tokens.input - tokens.cached)


def _block(part: Spoken, ids: Identity) -> dict[str, Any]:
    if part.lane == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}
    if part.lane == "tool_input":
        tool_id = ids.token("toolu_01", 22)
        return {
            "type": "tool_use",
            "id": tool_id,
            "name": part.tool,
            "input": {},
            "caller": {"type": "direct"},
        }
    return {"type": "text", "text": ""}


def _deltas(part: Spoken, index: int, ids: Identity, *, whole: bool) -> list[Frame]:
    pieces = ("".join(part.pieces),) if whole and part.pieces else part.pieces
    kind, key = {
        "thinking": ("thinking_delta", "thinking"),
        "tool_input": ("input_json_delta", "partial_json"),
    }.get(part.lane, ("text_delta", "text"))
    frames = [_delta(ids, index, {"type": kind, key: piece}, content=True) for piece in pieces]
    if part.lane == "tool_input":
        frames.insert(0, _delta(ids, index, {"type": kind, key: ""}))
    if part.lane == "thinking":
        frames.append(_delta(ids, index, {"type": "signature_delta", "signature": _signature(ids)}))
    return frames


def _delta(ids: Identity, index: int, change: dict[str, Any], *, content: bool = False) -> Frame:
    return _event(ids, {"type": "content_block_delta", "index": index, "delta": change}, delta=content)


def _signature(ids: Identity) -> str:
    return ids.token("EvMC", 120) + "=="


def _whole_block(part: Spoken, ids: Identity) -> dict[str, Any]:
    block = _block(part, ids)
    if part.lane == "thinking":
        return block | {"thinking": part.text, "signature": _signature(ids)}
    if part.lane == "tool_input":
        return block | {"input": part.arguments}
    return block | {"text": part.text}

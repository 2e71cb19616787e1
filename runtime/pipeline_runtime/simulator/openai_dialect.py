"""OpenAI Chat Completions as its server speaks it: nameless events, usage in a chunk of its own, `[DONE]`."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from pipeline_runtime.simulator.ask import Ask, BadRequest, read_messages
from pipeline_runtime.simulator.frames import Frame, compact, encode, sse_frame
from pipeline_runtime.simulator.openai_failures import stream_error
from pipeline_runtime.simulator.openai_server import OpenAIServer, obfuscation, read_options, whole_number

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer, Spoken
    from pipeline_runtime.simulator.dialect import Identity

_FINISH_REASONS = {
    "stop": "stop",
    "length": "length",
    "tool_use": "tool_calls",
    "refusal": "stop",
    "content_filter": "content_filter",
}
_LANE_KEYS = {"text": "content", "thinking": "reasoning_content", "refusal": "refusal"}
_MOST_CHOICES = 128


class _Change:
    """One choice's next change: what a chunk says of it."""

    __slots__ = ("content", "delta", "finish")

    def __init__(self, delta: dict[str, Any], *, content: bool = False, finish: str | None = None) -> None:
        self.delta = delta
        self.content = content
        self.finish = finish


class OpenAIChatDialect(OpenAIServer):
    """`POST /v1/chat/completions`."""

    name = "openai-chat"

    def read(self, body: Any) -> Ask:
        """See `Dialect.read`."""
        if not isinstance(body, dict):
            raise BadRequest("Invalid body: expected an object.")
        model, messages = body.get("model"), body.get("messages")
        if not isinstance(model, str) or not model:
            raise BadRequest("you must provide a model parameter")
        _check_messages(messages)
        options = read_options(body)
        chosen = options or {}
        talk = read_messages(messages or [])
        return Ask(
            model=model,
            prompt=talk.prompt,
            system=talk.system,
            context=talk.context,
            stream=body.get("stream") is True,
            after_tool=talk.after_tool,
            max_tokens=whole_number(body, "max_completion_tokens") or whole_number(body, "max_tokens"),
            n=min(whole_number(body, "n") or 1, _MOST_CHOICES),
            stream_options=options is not None,
            include_usage=chosen.get("include_usage") is True,
            obfuscation=chosen.get("include_obfuscation") is not False,
        )

    def frames(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity, *, whole: bool) -> list[Frame]:
        """See `Dialect.frames`. Several answers are interleaved by their index."""
        head = _head(ask, ids, "chat.completion.chunk")
        make = _whole_changes if whole else _changes
        frames = []
        for row in zip_longest(*(make(answer, ids) for answer in answers)):
            for index, change in enumerate(row):
                if change is not None:
                    frames.append(_chunk(head, ask, ids, index, change))
        if ask.include_usage:
            usage = head | {"choices": [], "usage": _usage(answers)} | obfuscation(ask, ids)
            frames.append(sse_frame(compact(usage)))
        return [*frames, sse_frame("[DONE]", last=True)]

    def message(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity) -> bytes:
        """See `Dialect.message`: indented by two."""
        head = _head(ask, ids, "chat.completion")
        choices = [
            {
                "index": index,
                "message": _whole_message(answer, ids),
                "logprobs": None,
                "finish_reason": _FINISH_REASONS[answer.finish],
            }
            for index, answer in enumerate(answers)
        ]
        body = head | {"choices": choices, "usage": _usage(answers)}
        return encode(json.dumps(body, ensure_ascii=False, indent=2) + "\n")

    def error_frames(self, error_type: str, ask: Ask, ids: Identity) -> list[Frame]:  # noqa: ARG002 - as Dialect
        """See `Dialect.error_frames`."""
        return [sse_frame(compact({"error": stream_error(error_type, ids)}))]

    def unknown_frame(self, ids: Identity) -> Frame:
        """See `Dialect.unknown_frame`."""
        notice = {
            "object": "simulated.notice",
            "created": ids.created,
            "choices": [],
            "notice": "of no known kind",
        }
        return sse_frame(compact(notice))


def _check_messages(messages: Any) -> None:
    if messages is None:
        raise BadRequest(
            "Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter"
        )
    if not isinstance(messages, list):
        raise BadRequest(
            "Invalid type for 'messages': expected an array of objects.",
            param="messages",
            code="invalid_type",
        )
    if not messages:
        raise BadRequest(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.",
            param="messages",
            code="empty_array",
        )


def _head(ask: Ask, ids: Identity, kind: str) -> dict[str, Any]:
    return {
        "id": ids.token("chatcmpl-", 29),
        "object": kind,
        "created": ids.created,
        "model": ask.model,
        "service_tier": "default",
        "system_fingerprint": "fp_" + ids.hex(10),
    }


def _chunk(head: dict[str, Any], ask: Ask, ids: Identity, index: int, change: _Change) -> Frame:
    choice = {"index": index, "delta": change.delta, "logprobs": None, "finish_reason": change.finish}
    body = head | {"choices": [choice]}
    if ask.include_usage:
        body["usage"] = None
    return sse_frame(compact(body | obfuscation(ask, ids)), delta=change.content)


def _changes(answer: Answer, ids: Identity) -> list[_Change]:
    role: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None}
    first = answer.parts[0].lane if answer.parts else "text"
    if first == "refusal":
        role |= {"content": None, "refusal": ""}
    changes = [_Change(role)]
    calls = 0
    for part in answer.parts:
        if part.lane == "tool_input":
            changes += _call_changes(part, calls, ids)
            calls += 1
        else:
            changes += [_Change({_LANE_KEYS[part.lane]: piece}, content=True) for piece in part.pieces]
    if first == "tool_input":
        role |= {"content": None} | changes.pop(1).delta
    return [*changes, _Change({}, finish=_FINISH_REASONS[answer.finish])]


def _call_changes(part: Spoken, index: int, ids: Identity) -> list[_Change]:
    named = _Change({"tool_calls": [{"index": index} | _call(part.tool, "", ids)]})
    return [
        named,
        *(
            _Change({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, content=True)
            for piece in part.pieces
        ),
    ]


def _call(name: str, arguments: str, ids: Identity) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": ids.token("call_", 24), "type": "function", "function": function}


def _whole_changes(answer: Answer, ids: Identity) -> list[_Change]:
    """Everything in one chunk, as servers do that do not really stream."""
    message = _whole_message(answer, ids)
    for index, call in enumerate(message.get("tool_calls", [])):
        call["index"] = index
    return [_Change(message, content=True, finish=_FINISH_REASONS[answer.finish])]


def _whole_message(answer: Answer, ids: Identity) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    calls = []
    for part in answer.parts:
        if part.lane == "tool_input":
            calls.append(_call(part.tool, part.text, ids))
        else:
            key = _LANE_KEYS[part.lane]
            message[key] = (message.get(key) or "") + part.text
    return message | ({"tool_calls": calls} if calls else {})


def _usage(answers: tuple[Answer, ...]) -> dict[str, Any]:
    tokens = answers[0].tokens
    output = sum(answer.tokens.output for answer in answers)
    reasoning = sum(answer.tokens.reasoning for answer in answers)
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": output,
        "total_tokens": tokens.input + output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }

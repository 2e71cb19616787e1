"""OpenAI Responses as its server speaks it: numbered events, items opened and closed, no `[DONE]`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline_runtime.simulator.ask import Ask, BadRequest, read_messages
from pipeline_runtime.simulator.frames import Frame, compact, encode, sse_frame
from pipeline_runtime.simulator.openai_failures import stream_error
from pipeline_runtime.simulator.openai_server import OpenAIServer, obfuscation, read_options, whole_number
from pipeline_runtime.simulator.responses_items import Item, items_of
from pipeline_runtime.simulator.schedule import gaps

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer
    from pipeline_runtime.simulator.dialect import Identity

_LEAST_TOKENS = 16
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_ECHOED: dict[str, Any] = {
    "background": False,
    "frequency_penalty": 0.0,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "auto",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, and what it says where the request is silent."""


class OpenAIResponsesDialect(OpenAIServer):
    """`POST /v1/responses`."""

    name = "openai-responses"

    def read(self, body: Any) -> Ask:
        """See `Dialect.read`. `input` is a text, or a list of messages, calls and their outputs."""
        model, given = _required(body)
        instructions = body.get("instructions")
        options = read_options(body)
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        talk = read_messages(items, instructions if isinstance(instructions, str) else "")
        return Ask(
            model=model,
            prompt=talk.prompt,
            system=talk.system,
            context=talk.context,
            stream=body.get("stream") is True,
            after_tool=talk.after_tool,
            max_tokens=whole_number(body, "max_output_tokens", _LEAST_TOKENS),
            stream_options=options is not None,
            obfuscation=(options or {}).get("include_obfuscation") is not False,
            background=body.get("background") is True,
            echo={key: body[key] for key in _ECHOED if body.get(key) is not None},
        )

    def frames(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity, *, whole: bool) -> list[Frame]:
        """See `Dialect.frames`. The protocol knows one answer only."""
        answer = answers[0]
        states = [("created", "in_progress"), ("in_progress", "in_progress")]
        if ask.background:
            states = [("created", "queued"), ("queued", "queued"), ("in_progress", "in_progress")]
        frames = [
            _event({"type": f"response.{step}", "response": _response(ask, ids, status)})
            for step, status in states
        ]
        items = items_of(answer, ids)
        for index, item in enumerate(items):
            frames += _item_frames(item, index, ask, ids, whole=whole)
        closed = _closed(answer, items, ask, ids)
        return [*frames, _event({"type": f"response.{closed['status']}", "response": closed}, last=True)]

    def message(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity) -> bytes:
        """See `Dialect.message`: indented by two."""
        body = _closed(answers[0], items_of(answers[0], ids), ask, ids)
        return encode(json.dumps(body, ensure_ascii=False, indent=2))

    def error_frames(self, error_type: str, ask: Ask, ids: Identity) -> list[Frame]:
        """See `Dialect.error_frames`: `error`, and then `response.failed`, which repeats it."""
        error = stream_error(error_type, ids)
        told = {"code": error_type, "message": error["message"]}
        failed = _response(ask, ids, "failed") | {"error": told}
        return [
            _event({"type": "error", "error": error | {"code": error_type}}),
            _event({"type": "response.failed", "response": failed}),
        ]

    def unknown_frame(self, ids: Identity) -> Frame:  # noqa: ARG002 - as Dialect
        """See `Dialect.unknown_frame`."""
        return _event({"type": "response.simulated_notice", "notice": "of no known kind"})


def _required(body: Any) -> tuple[str, str | list[Any]]:
    """The model and the input."""
    if not isinstance(body, dict):
        raise BadRequest("Invalid body: expected an object.")
    for key in ("model", "input"):
        if not body.get(key):
            raise BadRequest(
                f"Missing required parameter: '{key}'.", param=key, code="missing_required_parameter"
            )
    model, given = body["model"], body["input"]
    if not isinstance(model, str) or not isinstance(given, str | list):
        wrong = "input" if isinstance(model, str) else "model"
        raise BadRequest(f"Invalid type for '{wrong}'.", param=wrong, code="invalid_type")
    return model, given


def _event(data: dict[str, Any], *, delta: bool = False, last: bool = False) -> Frame:
    return sse_frame(compact(data), data["type"], delta=delta, last=last, numbered=True)


def _response(ask: Ask, ids: Identity, status: str) -> dict[str, Any]:
    head = {
        "id": ids.lasting("resp_", 48),
        "object": "response",
        "created_at": ids.created,
        "status": status,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "model": ask.model,
        "output": [],
        "usage": None,
    }
    return head | _ECHOED | ask.echo


def _closed(answer: Answer, items: list[Item], ask: Ask, ids: Identity) -> dict[str, Any]:
    """The response as it is at its end."""
    output = [item.closed for item in items]
    reason = _INCOMPLETE.get(answer.finish)
    if reason is not None:
        ended: dict[str, Any] = {"incomplete_details": {"reason": reason}}
    else:
        pieces = sum(len(part.pieces) for part in answer.parts)
        ended = {"completed_at": ids.created + int(sum(gaps(answer.timing, pieces)))}
    status = "completed" if reason is None else "incomplete"
    return (
        _response(ask, ids, status)
        | ended
        | {"output": output, "usage": _usage(answer), "service_tier": "default"}
    )


def _item_frames(item: Item, index: int, ask: Ask, ids: Identity, *, whole: bool) -> list[Frame]:
    place = {"item_id": item.opened["id"], "output_index": index} | item.place
    frames = [_event({"type": "response.output_item.added", "item": item.opened, "output_index": index})]
    if item.part is not None:
        frames.append(_event({"type": f"response.{item.part}.added", **place, "part": item.empty_part}))
    pieces = ("".join(item.pieces),) if whole and item.pieces else item.pieces
    for piece in pieces:
        delta = {"type": f"response.{item.stem}.delta", "delta": piece, **place, **item.extra}
        frames.append(_event(delta | obfuscation(ask, ids), delta=True))
    text = "".join(item.pieces)
    frames.append(_event({"type": f"response.{item.stem}.done", item.key: text, **place, **item.extra}))
    if item.part is not None:
        part = {"type": f"response.{item.part}.done", **place, "part": item.empty_part | {item.key: text}}
        frames.append(_event(part))
    frames.append(_event({"type": "response.output_item.done", "item": item.closed, "output_index": index}))
    return frames


def _usage(answer: Answer) -> dict[str, Any]:
    tokens = answer.tokens
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.input + tokens.output,
    }

"""The chunks of a Chat Completions stream, as servers send them, and what a decoder makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, Lint, Timings, Unknown
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.events import AnyEvent, Response, Verdict
    from pipeline_runtime.protocols.base import Decoder

JsonObject: TypeAlias = dict[str, Any]
DONE = "data: [DONE]\n\n"


def chunk(
    delta: JsonObject | None = None, finish: str | None = None, index: int = 0, **more: Any
) -> JsonObject:
    """A chunk of one choice; without a delta and a finish reason it has no choices."""
    choices = []
    if delta is not None or finish is not None:
        choices = [{"index": index, "delta": delta or {}, "finish_reason": finish}]
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": choices, **more}


def sse(*parts: JsonObject | str) -> bytes:
    """A body of chunks; a text is taken as it is."""
    return "".join(
        part
        if isinstance(part, str)
        else f"data: {json.dumps(part, separators=(',', ':'), ensure_ascii=False)}\n\n"
        for part in parts
    ).encode()


def decode(*parts: JsonObject | str) -> tuple[Decoder, list[AnyEvent], Verdict, Response]:
    """What a whole stream comes to."""
    decoder, events, verdict = run_decoder("openai-chat", [sse(*parts)])
    response = decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)
    return decoder, events, verdict, response


def sync(body: object) -> tuple[Decoder, list[AnyEvent], Verdict]:
    """What a sync body comes to: bytes, or what becomes JSON."""
    decoder = get_protocol("openai-chat").decoder(Origin.of_run("r"))
    events = decoder.decode_sync(body if isinstance(body, bytes) else json.dumps(body).encode(), 42)
    verdict, lints = decoder.finish(43)
    return decoder, events + lints, verdict


def codes(events: Iterable[AnyEvent]) -> list[tuple[str, int | None]]:
    """The findings, each with its frame."""
    return [(event.code, event.frame) for event in events if isinstance(event, Lint)]


def deltas(events: Iterable[AnyEvent]) -> list[tuple[str, int, int, str, str | None]]:
    """The deltas: lane, choice, index, content, tool."""
    return [(e.lane, e.choice, e.index, e.content, e.tool) for e in events if isinstance(e, Delta)]


def unknown(events: Iterable[AnyEvent]) -> list[tuple[str, int | None]]:
    """The types of unknown events, each with its frame."""
    return [(event.type, event.frame) for event in events if isinstance(event, Unknown)]


def tool(
    index: int, arguments: str | None = None, call_id: str | None = None, name: str | None = None
) -> JsonObject:
    """A delta with a fragment of one tool call."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    call = {"index": index, "id": call_id, "function": function}
    return {"tool_calls": [{key: value for key, value in call.items() if value is not None}]}

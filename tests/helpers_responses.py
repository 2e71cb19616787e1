"""The events of a Responses stream, as servers send them, and what a decoder makes of them."""

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
Decoded: TypeAlias = "tuple[Decoder, list[AnyEvent], Response]"

PROTOCOL = "openai-responses"
CREATED = {"type": "response.created", "response": {"id": "r", "model": "m", "status": "in_progress"}}
CUSTOM = {"type": "custom_tool_call", "id": "ct", "call_id": "c2", "name": "patch", "input": ""}


def numbered(*events: JsonObject, start: int = 0) -> list[JsonObject]:
    """The events with their `sequence_number`."""
    return [{"sequence_number": n, **event} for n, event in enumerate(events, start)]


def sse(*events: JsonObject) -> bytes:
    """Each event under its own type's name."""
    return b"".join(
        b"event: " + event["type"].encode() + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
        for event in events
    )


def _result(decoder: Decoder, events: list[AnyEvent], verdict: Verdict) -> Decoded:
    return decoder, events, decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)


def decode_body(body: bytes) -> Decoded:
    """What a whole streamed body comes to."""
    return _result(*run_decoder(PROTOCOL, [body]))


def decode(*events: JsonObject) -> Decoded:
    """What the events come to, numbered from 0 and headed by `response.created`."""
    return decode_body(sse(*numbered(CREATED, *events)))


def sync(message: object) -> Decoded:
    """What a sync body comes to."""
    decoder = get_protocol(PROTOCOL).decoder(Origin.of_run("r"))
    events = decoder.decode_sync(json.dumps(message).encode(), 5)
    verdict, rest = decoder.finish(6)
    return _result(decoder, [*events, *rest], verdict)


def codes(events: Iterable[AnyEvent]) -> list[str]:
    """The findings."""
    return [event.code for event in events if isinstance(event, Lint)]


def deltas(events: Iterable[AnyEvent]) -> list[tuple[str, str, int]]:
    """The deltas: lane, content, index."""
    return [(event.lane, event.content, event.index) for event in events if isinstance(event, Delta)]


def unknowns(events: Iterable[AnyEvent]) -> list[str]:
    """The types of unknown events."""
    return [event.type for event in events if isinstance(event, Unknown)]


def text(delta: str, index: int = 0, **more: object) -> JsonObject:
    """A piece of a text."""
    place = {"output_index": index, "content_index": 0}
    return {"type": "response.output_text.delta", **place, "delta": delta, **more}


def text_done(whole: str, index: int = 0, **more: object) -> JsonObject:
    """A text at its end."""
    place = {"output_index": index, "content_index": 0}
    return {"type": "response.output_text.done", **place, "text": whole, **more}


def part_done(part: JsonObject, index: int = 0, number: int = 0) -> JsonObject:
    """A part at its end."""
    return {
        "type": "response.content_part.done",
        "output_index": index,
        "content_index": number,
        "part": part,
    }


def added(item: JsonObject, index: int = 0) -> JsonObject:
    """An item begins."""
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(item: JsonObject, index: int = 0) -> JsonObject:
    """An item at its end."""
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def arguments(delta: str, index: int = 0) -> JsonObject:
    """A piece of a function's arguments."""
    return {"type": "response.function_call_arguments.delta", "output_index": index, "delta": delta}


def arguments_done(whole: str, index: int = 0) -> JsonObject:
    """A function's arguments at their end."""
    return {"type": "response.function_call_arguments.done", "output_index": index, "arguments": whole}


def whole_text(words: str, *annotations: JsonObject) -> JsonObject:
    """A text part."""
    return {"type": "output_text", "text": words, "annotations": list(annotations)}


def message(*parts: JsonObject) -> JsonObject:
    """A message item."""
    return {
        "type": "message",
        "id": "msg",
        "role": "assistant",
        "status": "completed",
        "content": list(parts),
    }


def function(
    given: str = "", status: str = "completed", call_id: str = "c1", name: str = "add"
) -> JsonObject:
    """A function call item."""
    named = {"type": "function_call", "id": "fc", "call_id": call_id, "name": name}
    return {**named, "arguments": given, "status": status}


def ended(*output: object, status: str = "completed", **more: object) -> JsonObject:
    """The terminal event of a status, with the whole response."""
    response = {
        "id": "r",
        "model": "m",
        "object": "response",
        "status": status,
        "output": list(output),
        **more,
    }
    return {"type": f"response.{status}", "response": response}

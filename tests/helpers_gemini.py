"""The responses of a Gemini stream, as servers send them, and what a decoder makes of them."""

from __future__ import annotations

import json

from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, Lint, Timings, Unknown


def candidate(*parts, finish=None, **more):
    return (
        {"content": {"parts": list(parts), "role": "model"}}
        | ({"finishReason": finish} if finish else {})
        | more
    )


def answer(*candidates, **more):
    return {"candidates": list(candidates), "modelVersion": "g", "responseId": "r", **more}


def sse(*responses):
    return b"".join(b"data: " + json.dumps(response).encode() + b"\r\n\r\n" for response in responses)


def decode(*responses):
    return result(*run_decoder("gemini", [sse(*responses)]))


def result(decoder, events, verdict):
    return decoder, events, decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)


def codes(events):
    return [event.code for event in events if isinstance(event, Lint)]


def deltas(events):
    return [(event.lane, event.content, event.choice) for event in events if isinstance(event, Delta)]


def unknowns(events):
    return [(event.type, json.loads(event.data)) for event in events if isinstance(event, Unknown)]


def call(name=None, **more):
    return {"functionCall": ({"name": name} if name else {}) | more}

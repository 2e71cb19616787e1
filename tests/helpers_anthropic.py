"""The events of an Anthropic stream, as servers send them, and what a decoder makes of them."""

from __future__ import annotations

import json

from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, Lint, Timings


def sse(*events, named=True):
    """The body of a stream; a string is sent as it is."""
    out = ""
    for event in events:
        if isinstance(event, str):
            out += event
            continue
        name = f"event: {event['type']}\n" if named else ""
        out += f"{name}data: {json.dumps(event, separators=(',', ':'), ensure_ascii=False)}\n\n"
    return out.encode()


def start(**message):
    return {
        "type": "message_start",
        "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 5}, **message},
    }


def block(index, **content):
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index, kind, **fields):
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def stop(index):
    return {"type": "content_block_stop", "index": index}


def end(reason="end_turn", **usage):
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage or {"output_tokens": 2}}


STOP = {"type": "message_stop"}
TEXT = [block(0, type="text", text=""), delta(0, "text_delta", text="Hi"), stop(0)]


def decode(*events, named=True):
    decoder, made, verdict = run_decoder("anthropic", [sse(*events, named=named)])
    return (
        decoder,
        made,
        verdict,
        decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict),
    )


def codes(events):
    return [(event.code, event.frame) for event in events if isinstance(event, Lint)]


def deltas(events):
    return [(e.lane, e.index, e.content, e.tool, e.frame) for e in events if isinstance(e, Delta)]

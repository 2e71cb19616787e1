"""Whole calls that speak Gemini and Ollama, against scripted servers, and read again from their logs."""

from __future__ import annotations

import json

import pytest

from helpers_core import InTurn, events_of, head, live, of, only, text_of, workflow_for
from helpers_transport import Peer, serving
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error, Fallback, Lint, Retry

pytestmark = pytest.mark.streaming

NDJSON = "application/x-ndjson"
JSON = "application/json; charset=UTF-8"
QUOTA = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.015s"}],
    }
}


def response(text, finish=None):
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}}
    candidate |= {"finishReason": finish} if finish else {}
    return {"candidates": [candidate], "modelVersion": "g"}


def sse(*responses):
    return b"".join(b"data: " + json.dumps(one).encode() + b"\r\n\r\n" for one in responses)


def line(text, **end):
    return (
        json.dumps(
            {"model": "m", "message": {"role": "assistant", "content": text}, "done": False} | end
        ).encode()
        + b"\n"
    )


LAST = line("", done=True, done_reason="stop", eval_count=2)


async def play(protocol, script, **step):
    async with serving(script) as server:
        return await events_of(live(workflow_for(server.url(""), step, protocol=protocol)))


async def test_a_gemini_stream_and_its_array_form():
    as_sse = InTurn(head() + sse(response("a"), response("b", "STOP")))
    events = await play("gemini", as_sse)
    assert (text_of(events), only(events, Done).response.verdict) == ("ab", "complete")
    assert only(events, AttemptStarted).request.url.endswith("/models/m:streamGenerateContent?alt=sse")
    as_array = InTurn(head(kind=JSON) + json.dumps([response("a"), response("b", "STOP")]).encode())
    events = await play("gemini", as_array)
    assert (text_of(events), only(events, Done).response.delivery) == ("ab", "stream")
    assert of(events, Fallback) == []


async def test_the_wait_that_a_body_asks_for_is_kept():
    script = InTurn(
        head("429 Too Many Requests", kind=JSON) + json.dumps(QUOTA).encode(),
        head() + sse(response("a", "STOP")),
    )
    events = await play("gemini", script, retry={"attempts": 2, "backoff": 5})
    assert only(events, Retry).delay == 15_000_000
    assert text_of(events) == "a"


async def test_a_drop_after_the_finish_reason_keeps_the_answer_and_is_told():
    async def script(peer: Peer) -> None:
        await peer.request()
        body = sse(response("a", "STOP"))
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + body)

    events = await play("gemini", script)
    assert only(events, Done).response.text == "a"
    assert [lint.code for lint in of(events, Lint)] == ["dropped_after_end", "usage_missing"]


async def test_a_drop_before_the_finish_reason_is_an_error_that_keeps_the_partial():
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + sse(response("a")))

    error = only(await play("gemini", script), Error)
    assert (error.type, error.response.text, error.response.verdict) == ("disconnected", "a", "truncated")


@pytest.mark.parametrize(
    ("protocol", "sent"),
    [
        ("gemini", json.dumps(response("a", "STOP")).encode()),
        ("ollama", line("a", done=True, done_reason="stop")),
    ],
)
async def test_a_sync_answer_to_a_streamed_request_is_a_silent_fallback(protocol, sent):
    events = await play(protocol, InTurn(head(kind=JSON) + sent))
    assert (only(events, Done).response.text, only(events, Done).response.delivery) == ("a", "sync")
    assert only(events, Fallback).source == "response"


async def test_an_ollama_stream_and_one_that_asked_for_none():
    script = InTurn(head(kind=NDJSON) + line("a") + line("b") + LAST)
    events = await play("ollama", script)
    done = only(events, Done).response
    assert (done.text, done.delivery, done.usage.output) == ("ab", "stream", 2)
    assert [delta.frame for delta in of(events, Delta)] == [0, 1]
    script = InTurn(head(kind=JSON) + line("ab", done=True, done_reason="stop"))
    events = await play("ollama", script, stream=False)
    assert script.bodies[0]["stream"] is False
    assert (only(events, Done).response.delivery, of(events, Fallback)) == ("sync", [])


async def test_an_error_line_at_status_200_is_an_error_with_the_partial():
    error = only(
        await play("ollama", InTurn(head(kind=NDJSON) + line("a") + b'{"error":"out of memory"}\n')), Error
    )
    assert (error.status, error.message, error.response.text) == (200, "out of memory", "a")


async def test_no_last_line_is_a_cut():
    error = only(await play("ollama", InTurn(head(kind=NDJSON) + line("a"))), Error)
    assert (error.type, error.response.text) == ("truncated", "a")

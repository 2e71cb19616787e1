"""What a body is, told by its bytes: labels lie."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_core import (
    events_of,
    head,
    live,
    of,
    only,
    piece,
    pieces,
    play,
    replying,
    text_of,
    whole,
    workflow_for,
)
from helpers_transport import Peer, serving
from helpers_wire import chunks_of, cut
from pipeline_runtime.errors import FrameTooLarge
from pipeline_runtime.events import Delta, Done, Error, Fallback, FrameReceived, Lint
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.stream.body import Body, holds_error, is_json, sniff

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("data", "content_type", "kind"),
    [
        (b"", "", None),
        (b"  \r\n\t", "text/event-stream", None),
        (b"\xef", "", None),
        (b"\xef\xbb", "text/event-stream", None),
        (BOM, "", None),
        (BOM + b" ", "", None),
        (BOM + b"data: x", "", "stream"),
        (BOM + b'{"a"', "text/event-stream", "json"),
        (b"data: x", "application/json", "stream"),
        (b": comment", "", "stream"),
        (b"event: x", "text/html", "stream"),
        (b"  {", "text/event-stream", "json"),
        (b"\n\n[", "", "json"),
        (b"<!DOCTYPE html>", "text/event-stream", "html"),
        (b"<?xml ", "", "html"),
        (b"upstream failed", "text/plain", "stream"),
        (b"\x00\x00\x01\x0a", "", "binary"),
        (b"data", "application/vnd.amazon.eventstream", "binary"),
        (b"\xef\xbc", "", "stream"),
    ],
)
def test_sniff(data: bytes, content_type: str, kind: str | None) -> None:
    assert sniff(data, content_type) == kind


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": {"message": "x"}}', True),
        (BOM + b'{"error": "x"}', True),
        (b'{"error": null, "choices": []}', False),
        (b'{"choices": []}', False),
        (b"[]", False),
        (b'{"error": "\xff"}', False),
        (b'{"error": ' + b"[" * 50_000, False),
        (b"", False),
    ],
    ids=["error", "bom", "null", "answer", "array", "no utf-8", "deep", "empty"],
)
def test_holds_error(body: bytes, expected: bool) -> None:
    assert holds_error(body) is expected


def test_is_json() -> None:
    assert is_json(BOM + b'{"a": 1}')
    assert is_json(b'{"a": NaN}')
    assert not is_json(b'{"a": ')


def body_of(*, status: int = 200, max_whole: int = 100) -> Body:
    origin = Origin.of_run("r").of_step("s").of_attempt(1)
    return Body(get_protocol("openai-chat"), origin, status=status, content_type="", max_whole=max_whole)


@pytest.mark.parametrize("start", [b" ", b"{", b"<", b"\x00"])
def test_only_a_stream_may_be_endless(start: bytes) -> None:
    body = body_of()
    for chunk in chunks_of([start * 40] * 3):
        assert not body.overflowed
        body.feed(chunk)
    assert body.overflowed
    assert len(body.whole) <= 100
    stream = body_of()
    for chunk in chunks_of([piece("x" * 50)] * 3):
        stream.feed(chunk)
    assert not stream.overflowed


@given(st.lists(st.integers(0, 20)))
def test_a_byte_order_mark_and_whitespace_split_anywhere(places: list[int]) -> None:
    data = BOM + b"\r\n  " + b"\n" + piece("hello") + DONE_BYTES
    body = body_of()
    events = [event for chunk in chunks_of(cut(data, places)) for event in body.feed(chunk)]
    verdict, rest = body.close(0)
    assert body.kind == "stream"
    assert text_of([*events, *rest]) == "hello"
    assert [event.seq for event in [*events, *rest]] == list(range(len(events) + len(rest)))
    assert verdict == "complete"


DONE_BYTES = piece(finish="stop") + b"data: [DONE]\n\n"


# --- whole calls ------------------------------------------------------------------------------------------


@pytest.mark.streaming
@pytest.mark.parametrize("kind", [None, "application/json", "text/html", "text/event-stream; charset=utf-8"])
async def test_sse_under_any_label(kind: str | None) -> None:
    events = await play(replying(head(kind=kind), b"".join(pieces("a", "b"))))
    response = only(events, Done).response
    assert (response.text, response.fallback) == ("ab", None)
    assert response.delivery == "stream"


@pytest.mark.streaming
@pytest.mark.parametrize("before", [b"", b"\n \r\n", BOM])
async def test_json_although_a_stream_was_asked_is_a_silent_fallback(before: bytes) -> None:
    events = await play(replying(head(), before, whole("all of it")))
    response = only(events, Done).response
    assert (response.text, response.delivery) == ("all of it", "sync")
    told = only(events, Fallback)
    assert (told.source, told.status, told.attempt) == ("response", 200, 1)
    assert "text/event-stream" in told.evidence
    assert response.fallback is not None
    assert response.fallback.source == "response"
    assert told.seq < of(events, Delta)[0].seq
    assert response.usage is not None


@pytest.mark.streaming
async def test_json_that_was_asked_for_is_no_fallback() -> None:
    events = await play(replying(head(kind="application/json"), whole()), {"stream": False})
    assert not of(events, Fallback)
    assert only(events, Done).response.delivery == "sync"


@pytest.mark.streaming
async def test_a_stream_that_was_not_asked_for_is_taken() -> None:
    events = await play(replying(head(), *pieces("as ", "it ", "came")), {"stream": False})
    response = only(events, Done).response
    assert (response.text, response.delivery, response.fallback) == ("as it came", "stream", None)


@pytest.mark.streaming
@pytest.mark.parametrize("label", ["application/json", "text/event-stream"])
async def test_an_error_body_at_200(label: str) -> None:
    body = b'{"error": {"type": "overloaded_error", "message": "too busy"}}'
    events = await play(replying(head(kind=label), body))
    error = only(events, Error)
    assert (error.type, error.message, error.status) == ("overloaded_error", "too busy", 200)
    assert error.response is None
    assert not of(events, Fallback)


@pytest.mark.streaming
@pytest.mark.parametrize(
    ("body", "kind", "type_", "words"),
    [
        (
            b"<html><title>Sign\n in</title></html>",
            "text/html",
            "not_a_stream",
            "an HTML page (text/html) titled 'Sign in'",
        ),
        (b"null", "application/json", "not_an_answer", "is JSON, and not what"),
        (
            b' "Service unavailable"',
            "application/json; charset=utf-8",
            "not_an_answer",
            "is JSON, and not what",
        ),
        (
            b"\x00\x00\x00\x7b\x00",
            "application/vnd.amazon.eventstream",
            "not_a_stream",
            "AWS binary event stream",
        ),
        (b"\x00\x01\x02", None, "not_a_stream", "binary data"),
        (b"", "text/event-stream", "truncated", "before anything of the answer came"),
        (b"   \n", "text/event-stream", "truncated", "before anything of the answer came"),
        (b'{"hello": "world"}', "application/json", "not_an_answer", "not what this protocol answers with"),
        (
            b'{"choices": [{"message": {"con',
            "application/json",
            "truncated",
            "before anything of the answer came",
        ),
        (b"upstream connect error", "text/plain", "truncated", "before anything of the answer came"),
        (b"[" * 5000, "application/json", "truncated", "before anything of the answer came"),
        (
            (
                b'event: content-delta\ndata: {"type":"content-delta","delta":{"message":"hi"}}\n\n'
                b'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"COMPLETE"}}\n\n'
                b"data: [DONE]\n\n"
            ),
            "text/event-stream",
            "not_an_answer",
            "none of them speaks openai-chat",
        ),
    ],
    ids=[
        "html",
        "json null",
        "json text",
        "aws",
        "binary",
        "empty",
        "white",
        "other json",
        "cut json",
        "text",
        "deep",
        "another protocol",
    ],
)
async def test_what_is_no_answer(body: bytes, kind: str | None, type_: str, words: str) -> None:
    events = await play(replying(head(kind=kind), body))
    error = only(events, Error)
    assert error.type == type_
    assert words in error.message
    assert error.cure
    assert error.response is None
    assert not of(events, Done)


@pytest.mark.streaming
async def test_an_endless_frame_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_runtime.wire.sse.SSEParser.__init__.__defaults__", (5000,), raising=False)

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("fine "), b"data: " + b"x" * 3000)
        while True:
            await peer.send(b"y" * 3000)

    events = await play(script)
    error = only(events, Error)
    assert error.type == FrameTooLarge.type
    assert "5000 bytes" in error.message
    assert error.cure
    assert error.response is not None
    assert error.response.text == "fine "


@pytest.mark.streaming
async def test_invalid_utf8_is_kept_and_told() -> None:
    broken = piece("bad XY end").replace(b"XY", b"\xff\xc3")
    events = await play(replying(head(), broken, *pieces("ok")))
    assert text_of(events) == "bad \ufffd\ufffd endok"
    assert [lint.code for lint in of(events, Lint)] == ["invalid_utf8", "usage_missing"]


@pytest.mark.streaming
@pytest.mark.parametrize(
    ("status", "type_"),
    [("429 Slow", "rate_limit_error"), ("500 Oh", "api_error"), ("401 No", "authentication_error")],
)
async def test_an_error_status_counts_even_when_its_body_breaks_off(status: str, type_: str) -> None:
    events = await play(replying(head(status, "content-length: 999", "x-request-id: req-7"), b'{"error'))
    error = only(events, Error)
    assert (error.type, error.status, error.request_id) == (type_, int(status[:3]), "req-7")
    assert error.cure


async def told_of(protocol: str, parts: list[bytes]) -> list[tuple[object, ...]]:
    """What a run tells of a body that is sent in these parts through a real socket."""
    async with serving(replying(head(), *parts)) as server:
        events = await events_of(live(workflow_for(server, protocol=protocol)))
    frames = [(one.n, one.event, one.data, one.offset, one.size) for one in of(events, FrameReceived)]
    deltas = [(one.content, one.lane, one.frame) for one in of(events, Delta)]
    response = only(events, Done).response
    return [*frames, *deltas, (response.text, response.finish_reason, response.usage)]


@pytest.mark.streaming
@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["openai-chat", "anthropic"]), st.sets(st.integers(1, 1200), max_size=120))
def test_chunks_cut_anywhere_give_the_same_events(protocol: str, places: set[int]) -> None:
    texts = ["Überall ", "日本語 ", "👩‍🔬 ", "fin"]
    body = b"".join(pieces(*texts)) if protocol == "openai-chat" else anthropic_body(*texts)
    at_once = asyncio.run(told_of(protocol, [body]))
    assert asyncio.run(told_of(protocol, cut(body, places))) == at_once
    assert at_once[-1][0] == "".join(texts)


def anthropic_body(*texts: str) -> bytes:
    """A whole anthropic stream."""
    start = '{"type":"message_start","message":{"id":"m1","model":"m","usage":{"input_tokens":3,"output_tokens":1}}}'
    block = '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}'
    deltas = [
        (
            "content_block_delta",
            f'{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}',
        )
        for text in texts
    ]
    end = '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}'
    named = [
        ("message_start", start),
        ("content_block_start", block),
        *deltas,
        ("content_block_stop", '{"type":"content_block_stop","index":0}'),
        ("message_delta", end),
        ("message_stop", '{"type":"message_stop"}'),
    ]
    return "".join(f"event: {name}\ndata: {data}\n\n" for name, data in named).encode()


@pytest.mark.streaming
@pytest.mark.parametrize("stream", [True, False])
async def test_what_has_no_json_value_is_the_same_in_the_run_and_in_its_log(stream: bool) -> None:
    """`events_of` holds the log to the events: a NaN would be null there, and equal to nothing here."""
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": NaN, "y": [1e999, 1]}'}}
    usage = '{"prompt_tokens": 1, "completion_tokens": 2, "cost": NaN, "huge": 99999999999999999999999}'
    key = "delta" if stream else "message"
    body = json.dumps({"choices": [{"index": 0, key: {"tool_calls": [call]}, "finish_reason": "tool_calls"}]})
    body = f'{body[:-1]}, "usage": {usage}}}'
    reply = (
        head() + f"data: {body}\n\ndata: [DONE]\n\n".encode() if stream else head(kind=None) + body.encode()
    )
    events = await play(replying(reply), {"stream": stream})
    response = only(events, Done).response
    assert response.tool_calls[0].input == {"x": None, "y": [None, 1]}
    assert response.usage is not None
    assert response.usage.raw == {"prompt_tokens": 1, "completion_tokens": 2, "huge": 1e23}
    assert sorted({lint.code for lint in of(events, Lint)}) == ["lenient_json", "lenient_tool_input"]

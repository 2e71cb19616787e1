"""Bodies that begin with JSON: whether they are a stream is for the protocol to say, by looking."""

from __future__ import annotations

import json

import pytest

from helpers_wire import chunks_of
from pipeline_runtime.events import Delta
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import PROTOCOL_NAMES, get_protocol
from pipeline_runtime.stream.body import Body, holds_error

pytestmark = pytest.mark.streaming

NDJSON = "application/x-ndjson"
JSON = "application/json; charset=UTF-8"
SSE = "text/event-stream"
PIECE = b'{"model":"m","message":{"role":"assistant","content":"a"},"done":false}\n'
END = b'{"model":"m","message":{"role":"assistant","content":"b"},"done":true,"done_reason":"stop"}'
GEMINI = b'{"candidates": [{"content": {"parts": [{"text": "a"}]},"finishReason": "STOP"}]}'
PRETTY = json.dumps(json.loads(END), indent=2).encode()
ERROR = b'{"error": {"code": 503, "message": "m", "status": "UNAVAILABLE"}}'


def read(protocol, content_type, pieces, status=200):
    body = Body(get_protocol(protocol), Origin.of_run("r"), status=status, content_type=content_type)
    events = [event for chunk in chunks_of(pieces) for event in body.feed(chunk)]
    kind = body.kind
    verdict, rest = body.close(9)
    text = "".join(event.content for event in [*events, *rest] if isinstance(event, Delta))
    return kind, text, verdict, body


@pytest.mark.parametrize(
    ("protocol", "content_type", "sent", "kind", "text"),
    [
        ("ollama", NDJSON, PIECE + END + b"\n", "stream", "ab"),
        ("ollama", NDJSON, END + b"\n", "stream", "b"),
        ("ollama", JSON, PIECE + END + b"\n", "stream", "ab"),
        ("ollama", "", b"\xef\xbb\xbf\r\n" + PIECE + END, "stream", "ab"),
        ("ollama", JSON, END, "json", "b"),
        ("ollama", "", END + b"\n", "json", "b"),
        ("ollama", JSON, PRETTY, "json", "b"),
        ("gemini", JSON, b"[" + GEMINI + b"\n]", "stream", "a"),
        ("gemini", "", b" \n[" + GEMINI, "stream", "a"),
        ("gemini", JSON, GEMINI, "json", "a"),
        ("gemini", SSE, GEMINI, "json", "a"),
        ("gemini", JSON, b"data: " + GEMINI + b"\r\n\r\n", "stream", "a"),
    ],
)
def test_what_a_body_is_however_it_is_split(protocol, content_type, sent, kind, text):
    for size in (len(sent), 40, 1):
        pieces = [sent[place : place + size] for place in range(0, len(sent), size)]
        assert read(protocol, content_type, pieces)[:3] == (kind, text, "complete")


def test_a_line_is_out_before_the_next_one_begins():
    body = Body(get_protocol("ollama"), Origin.of_run("r"), status=200, content_type="")
    first, *_ = chunks_of([PIECE])
    assert [event.content for event in body.feed(first) if isinstance(event, Delta)] == ["a"]


def test_an_answer_that_breaks_off_before_it_can_be_told_apart():
    kind, text, verdict, body = read("ollama", JSON, [END[:-20]])
    assert (kind, text, verdict) == (None, "", "truncated")
    assert (body.kind, body.whole) == ("json", END[:-20])


def test_a_long_answer_is_not_looked_at_for_ever():
    whole = b'{"message":{"content":"' + b"x" * 100_000 + b'"},"done":true}'
    assert read("ollama", JSON, [whole[:60_000]])[0] is None
    assert read("ollama", JSON, [whole[:70_000]])[0] == "json"
    kind, text, verdict, _ = read(
        "ollama", JSON, [whole[place : place + 1000] for place in range(0, len(whole), 1000)]
    )
    assert (kind, len(text), verdict) == ("json", 100_000, "complete")


@pytest.mark.parametrize(("protocol", "content_type"), [("gemini", SSE), ("gemini", JSON), ("ollama", JSON)])
def test_an_error_object_at_200_is_an_error_whatever_its_label(protocol, content_type):
    kind, _, verdict, body = read(protocol, content_type, [ERROR])
    assert (kind, verdict, body.decoder.failure.type) == ("json", "error", "UNAVAILABLE")
    assert holds_error(body.whole)


def test_an_array_that_holds_an_error_is_a_stream_that_failed():
    kind, _, verdict, body = read("gemini", JSON, [b"[" + ERROR + b"]"])
    assert (kind, verdict, body.decoder.failure.message) == ("stream", "error", "m")


def test_json_labelled_as_a_stream_under_an_error_status_is_left_to_read_failure():
    body = read("gemini", SSE, [ERROR], status=404)[3]
    assert (body.kind, get_protocol("gemini").read_failure(404, body.whole).message) == ("error", "m")


@pytest.mark.parametrize("name", [name for name in PROTOCOL_NAMES if name not in ("gemini", "ollama")])
def test_other_protocols_have_no_stream_that_begins_with_json(name):
    assert read(name, "", [b'[{"a":1}]'])[0] == "json"
    assert read(name, NDJSON, [PIECE])[0] == "json"

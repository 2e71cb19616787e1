"""Errors inside a stream of server-sent events that are no event: bare JSON, and a field `error:`."""

from __future__ import annotations

import pytest

from helpers_wire import run_decoder
from pipeline_runtime.events import Lint
from pipeline_runtime.wire.block import error_as_data, parse_block

pytestmark = pytest.mark.streaming

WORDS = '{"code":500,"message":"failed to decode the batch","type":"server_error"}'


@pytest.mark.parametrize(
    ("block", "event", "data"),
    [
        (f"error: {WORDS}\n\n", "error", WORDS),
        (f"error:{WORDS}\n\n", "error", WORDS),
        (f"error: {WORDS}", "error", WORDS),
        ('{"error":{}}\r\n\r\n', "message", '{"error":{}}'),
        ('error: {\n  "code": 500\n}\n\n', "error", '{\n  "code": 500\n}'),
        ("error: no JSON at all\n\n", "message", None),
        ("errors: {}\n\n", "message", None),
        (" data: {}\n\n", "message", None),
        (': error: {"a":1}\n\n', "message", None),
        (f"data: x\nerror: {WORDS}\n\n", "message", "x"),
    ],
)
def test_an_error_that_is_no_event_is_read(block, event, data):
    fields = error_as_data(parse_block(block.encode()), block.encode())
    assert (fields.event, fields.data) == (event, data)


CHAT = 'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
RESPONSES = 'data: {"type":"response.output_text.delta","delta":"Hi","output_index":0,"content_index":0}\n\n'
ANTHROPIC = (
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    '"content_block":{"type":"text","text":"Hi"}}\n\n'
)
GEMINI = 'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\r\n\r\n'


@pytest.mark.parametrize(
    ("protocol", "text"),
    [("openai-chat", CHAT), ("openai-responses", RESPONSES), ("anthropic", ANTHROPIC), ("gemini", GEMINI)],
)
@pytest.mark.parametrize("error", [f"error: {WORDS}\n\n", f'{{"error":{WORDS}}}\n\n'])
def test_such_an_error_ends_the_answer_in_the_server_s_words_and_is_told(protocol, text, error):
    decoder, events, verdict = run_decoder(protocol, [(text + error).encode()])
    assert verdict == "error"
    assert decoder.failure is not None
    assert (decoder.failure.message, decoder.failure.type) == ("failed to decode the batch", "server_error")
    assert decoder.failure.retryable
    assert "".join(decoder.assembly.choice().text) == "Hi"
    assert [event.code for event in events if isinstance(event, Lint) and event.frame == 1] == [
        "unknown_field",
        *(["unnamed_event"] if protocol == "anthropic" and error.startswith("{") else []),
    ]

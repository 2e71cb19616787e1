"""The anthropic protocol as the simulator speaks it, byte by byte."""

from __future__ import annotations

import re

import pytest

from helpers_simulator import ask, request_body, stream

PADDED = re.compile(rb"data: \{.*\S {0,15}\}")  # fmt: skip


def test_every_line_is_ended_by_lf_and_every_event_is_named_as_its_type(simulator, add):
    answer = stream(simulator, add(), "anthropic")
    assert b"\r" not in answer.body
    assert answer.body.endswith(b"\n\n")
    for event, data in zip((name for name, _ in answer.frames), answer.events, strict=True):
        assert event == data["type"]


def test_the_order_of_events(simulator, add):
    answer = stream(simulator, add(reply=[{"text": "One two"}]), "anthropic")
    assert [name for name, _ in answer.frames] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_padding_stands_before_the_last_brace_on_all_but_the_ping(simulator, add):
    lines = [line for line in stream(simulator, add(), "anthropic").body.split(b"\n") if line[:5] == b"data:"]
    assert lines.count(b'data: {"type": "ping"}') == 1
    padded = [line for line in lines if b"ping" not in line]
    assert all(PADDED.fullmatch(line) for line in padded)
    assert {len(re.search(rb" *\}$", line)[0]) - 1 for line in padded} - {0}


def test_the_same_request_number_gives_the_same_bytes(simulator, add):
    first, second = (stream(simulator, add(name="same"), "anthropic") for _ in range(2))
    assert first.body == second.body


def test_the_next_request_has_other_ids(simulator, add):
    key = add()
    first, second = (stream(simulator, key, "anthropic").events[0]["message"]["id"] for _ in range(2))
    assert re.fullmatch(r"msg_01\w{22}", first)
    assert first != second


def test_text_thinking_and_tools_have_their_own_blocks(simulator, add):
    reply = [
        {"thinking": "hm hm"},
        {"text": "so"},
        {"tool": {"name": "weather", "input": {"city": "Köln"}}},
        {"tool": {"name": "now"}},
    ]
    answer = stream(simulator, add(reply=reply), "anthropic")
    starts = [event["content_block"] for event in answer.events if event["type"] == "content_block_start"]
    assert [block["type"] for block in starts] == ["thinking", "text", "tool_use", "tool_use"]
    assert starts[2]["name"] == "weather"
    assert starts[2]["input"] == {}
    assert re.fullmatch(r"toolu_01\w{22}", starts[2]["id"])
    deltas = [
        (event["index"], event["delta"]) for event in answer.events if event["type"] == "content_block_delta"
    ]
    assert [delta["type"] for index, delta in deltas if index == 0] == [
        "thinking_delta", "thinking_delta", "signature_delta",
    ]  # fmt: skip
    arguments = [delta["partial_json"] for index, delta in deltas if index == 2]
    assert arguments[0] == ""
    assert "".join(arguments) == '{"city": "Köln"}'
    assert [delta["partial_json"] for index, delta in deltas if index == 3] == [""]
    assert answer.events[-2]["delta"]["stop_reason"] == "tool_use"


def test_usage_is_cumulative_and_keeps_cached_tokens_apart(simulator, add):
    usage = {"input": 100, "cached": 60, "output": 20, "reasoning": 5}
    answer = stream(simulator, add(usage=usage), "anthropic")
    started, ended = answer.events[0]["message"]["usage"], answer.events[-2]["usage"]
    assert (started["input_tokens"], started["cache_read_input_tokens"], started["output_tokens"]) == (
        40,
        60,
        1,
    )
    assert (ended["input_tokens"], ended["cache_read_input_tokens"], ended["output_tokens"]) == (40, 60, 20)
    assert ended["output_tokens_details"] == {"thinking_tokens": 5}


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_use", "tool_use"),
        ("refusal", "refusal"),
        ("content_filter", "refusal"),
    ],
)
def test_stop_reasons(simulator, add, finish, reason):
    key = add(finish=finish)
    assert stream(simulator, key, "anthropic").events[-2]["delta"]["stop_reason"] == reason
    assert ask(simulator, key, "anthropic").json["stop_reason"] == reason


def test_the_sync_message(simulator, add):
    reply = [{"thinking": "hm"}, {"text": "so"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    answer = ask(simulator, add(reply=reply), "anthropic")
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.body)
    thinking, text, tool = answer.json["content"]
    assert (thinking["thinking"], bool(thinking["signature"])) == ("hm", True)
    assert text == {"type": "text", "text": "so"}
    assert (tool["name"], tool["input"]) == ("t", {"a": 1})
    assert (answer.json["type"], answer.json["model"]) == ("message", "some-model")


def test_headers_of_a_stream(simulator, add):
    answer = stream(simulator, add(), "anthropic")
    headers = answer.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["transfer-encoding"] == "chunked"
    assert re.fullmatch(r"req_011C\w{20}", headers["request-id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", headers["anthropic-ratelimit-tokens-reset"])
    assert headers["anthropic-ratelimit-requests-remaining"] == "49"
    assert "date" in headers
    assert "server" not in headers


def test_an_error_inside_the_stream_ends_it(simulator, add):
    answer = stream(simulator, add(faults=["error@2:overloaded_error"]), "anthropic")
    assert (answer.status, answer.complete) == (200, True)
    assert answer.frames[-1][0] == "error"
    error = answer.events[-1]["error"]
    assert error == {"details": None, "type": "overloaded_error", "message": "Overloaded"}


def test_one_chunk_holds_a_whole_block(simulator, add):
    answer = stream(simulator, add(delivery="one_chunk"), "anthropic")
    deltas = [event["delta"]["text"] for event in answer.events if event["type"] == "content_block_delta"]
    assert deltas == ["One two three four five."]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "could not parse"),
        (b"\xff", "could not parse"),
        (b"[]", "valid dictionary"),
        (request_body("anthropic", model=None), "model: Field required"),
        (request_body("anthropic", model=3), "model: Input should be a valid string"),
        (request_body("anthropic", messages=None), "messages: Field required"),
        (request_body("anthropic", messages={}), "messages: Input should be a valid list"),
        (request_body("anthropic", messages=[]), "at least one message"),
        (request_body("anthropic", max_tokens=None), "max_tokens: Field required"),
        (request_body("anthropic", max_tokens=0), "max_tokens: Input should be greater"),
    ],
)
def test_a_wrong_request_is_refused_in_the_providers_shape(simulator, add, body, message):
    answer = ask(simulator, add(), "anthropic", body)
    assert answer.status == 400
    assert answer.json["type"] == "error"
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert message in answer.json["error"]["message"]
    assert answer.json["request_id"].startswith("req_")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (529, "overloaded_error"),
    ],
)
def test_failures_by_status(simulator, add, status, kind):
    answer = stream(simulator, add(faults=[f"status:{status}"]), "anthropic")
    assert (answer.status, answer.json["error"]["type"]) == (status, kind)

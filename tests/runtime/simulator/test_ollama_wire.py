"""The ollama protocol as the simulator speaks it, byte by byte."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest

from helpers_simulator import ask, request_body, stream

PROTOCOL = "ollama"
WORDS = ["One", " two", " three", " four", " five", "."]


def generate(simulator, key, **body):
    """`/api/generate`."""
    asked = {"model": "some-model", "prompt": "What is a stream?"} | body
    return ask(simulator, key, PROTOCOL, asked, path=f"/{key}/api/generate")


def test_a_line_a_piece_and_one_that_is_done(simulator, add):
    answer = stream(simulator, add(), PROTOCOL)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.body.endswith(b"}\n")
    assert [line["message"]["content"] for line in answer.events] == [*WORDS, ""]
    assert [line["done"] for line in answer.events] == [False] * 6 + [True]
    assert {line["message"]["role"] for line in answer.events} == {"assistant"}


def test_it_streams_unless_told_not_to(simulator, add):
    key = add()
    body = request_body(PROTOCOL)
    del body["stream"]
    assert ask(simulator, key, PROTOCOL, body).headers["content-type"] == "application/x-ndjson"
    whole = ask(simulator, key, PROTOCOL, body | {"stream": False})
    assert whole.headers["content-type"] == "application/json; charset=utf-8"
    assert whole.json["message"] == {"role": "assistant", "content": "".join(WORDS)}
    assert (whole.json["done"], whole.json["done_reason"]) == (True, "stop")


def test_the_clock_of_the_lines_fits_the_durations(simulator, add):
    timing = {"first_token": 2.0, "rate": 10, "jitter": 0}
    events = stream(simulator, add(timing=timing), PROTOCOL).events
    clock = [datetime.fromisoformat(line["created_at"]) for line in events]
    seconds = [(later - clock[0]).total_seconds() for later in clock]
    assert seconds == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5])
    last = events[-1]
    assert last["total_duration"] == 2_500_000_000
    assert last["eval_duration"] == 500_000_000
    assert last["load_duration"] + last["prompt_eval_duration"] == 2_000_000_000
    assert (last["prompt_eval_count"], last["eval_count"]) == (5, 6)


def test_a_stamp_is_what_ollama_writes(simulator, add):
    for line in stream(simulator, add(), PROTOCOL).events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["created_at"])


def test_calls_come_whole_and_the_reason_stays_stop(simulator, add):
    reply = [
        {"text": "so"},
        {"tool": {"name": "weather", "input": {"city": "Köln"}}},
        {"tool": {"name": "now"}},
    ]
    answer = stream(simulator, add(reply=reply), PROTOCOL)
    calls = [call for line in answer.events for call in line["message"].get("tool_calls", [])]
    assert [call["function"] for call in calls] == [
        {"index": 0, "name": "weather", "arguments": {"city": "Köln"}},
        {"index": 1, "name": "now", "arguments": {}},
    ]
    assert all(re.fullmatch(r"call_[0-9a-z]{8}", call["id"]) for call in calls)
    assert [len(line["message"].get("tool_calls", [])) for line in answer.events] == [0, 1, 1, 0]
    assert answer.events[-1]["done_reason"] == "stop"


def test_thinking_has_its_own_field(simulator, add):
    key = add(reply=[{"thinking": "hm hm"}, {"text": "so"}])
    first, _, third, _ = stream(simulator, key, PROTOCOL).events
    assert first["message"] == {"role": "assistant", "content": "", "thinking": "hm"}
    assert third["message"] == {"role": "assistant", "content": "so"}
    assert ask(simulator, key, PROTOCOL).json["message"]["thinking"] == "hm hm"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_use", "stop"),
        ("refusal", "stop"),
        ("content_filter", "stop"),
    ],
)
def test_done_reasons(simulator, add, finish, reason):
    assert stream(simulator, add(finish=finish), PROTOCOL).events[-1]["done_reason"] == reason


def test_num_predict_is_obeyed_and_a_cut_call_is_not_sent(simulator, add):
    key = add(reply=[{"text": "so"}, {"tool": {"name": "t", "input": {"x": "a b c d"}}}])
    events = stream(simulator, key, PROTOCOL, options={"num_predict": 3}).events
    assert [line["message"]["content"] for line in events] == ["so", ""]
    assert (events[-1]["done_reason"], events[-1]["eval_count"]) == ("length", 3)
    endless = stream(simulator, key, PROTOCOL, options={"num_predict": -1}).events
    assert endless[-1]["done_reason"] == "stop"


def test_generate(simulator, add):
    key = add(reply=[{"thinking": "hm"}, {"text": "{{ prompt }} {{ system }}"}])
    *lines, last = generate(simulator, key, system="be kind").events
    assert lines[0]["response"] == ""
    assert lines[0]["thinking"] == "hm"
    assert "".join(line["response"] for line in lines) == "What is a stream? be kind"
    assert "message" not in last
    assert list(last)[3:6] == ["done", "done_reason", "context"]
    assert all(isinstance(token, int) for token in last["context"])
    assert generate(simulator, key, stream=False).json["response"] == "What is a stream? "


def test_angle_brackets_are_escaped_as_go_does(simulator, add):
    body = stream(simulator, add(reply="a <b> & c\u2028d ü"), PROTOCOL).body
    assert rb"\u003c" in body
    assert b"<" not in body
    assert b"&" not in body
    assert rb"\u2028" in body
    assert "ü".encode() in body


def test_an_error_is_a_line_at_status_200(simulator, add):
    answer = stream(simulator, add(faults=["error@2:overloaded_error"]), PROTOCOL)
    assert (answer.status, answer.complete) == (200, True)
    assert answer.body.endswith(b'\n{"error":"overloaded_error"}\n')
    assert len(answer.events) == 3


def test_without_its_last_line_nothing_is_done(simulator, add):
    events = stream(simulator, add(faults=["no_terminator"]), PROTOCOL).events
    assert [line["done"] for line in events] == [False] * 6


def test_there_are_no_keepalives(simulator, add):
    answer = stream(simulator, add(faults=["keepalive:0.1s", "stall@1:1s"]), PROTOCOL)
    assert len(answer.events) == 7


def test_one_chunk_is_one_line_before_the_last(simulator, add):
    reply = [{"text": "One two"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    first, last = stream(simulator, add(reply=reply, delivery="one_chunk"), PROTOCOL).events
    assert first["message"]["content"] == "One two"
    assert first["message"]["tool_calls"][0]["function"]["arguments"] == {"a": 1}
    assert last["done"]


def test_the_turn_after_a_tool(simulator, add):
    key = add(turns=[{"after_tool": True, "reply": "after"}])
    messages = [*request_body(PROTOCOL)["messages"], {"role": "tool", "tool_name": "t", "content": "sunny"}]
    assert (
        ask(simulator, key, PROTOCOL, request_body(PROTOCOL, messages=messages)).json["message"]["content"]
        == "after"
    )


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "unauthorized"),
        (404, "model not found, try pulling it first"),
        (503, "server busy, please try again.  maximum pending requests exceeded"),
        (500, "llama runner process has terminated: signal: killed"),
    ],
)
def test_failures_by_status(simulator, add, status, message):
    answer = stream(simulator, add(faults=[f"status:{status}:retry-after=1"]), PROTOCOL)
    assert (answer.status, answer.json) == (status, {"error": message})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "could not parse"),
        (b"[]", "cannot unmarshal"),
        ({"messages": []}, "model is required"),
        ({"model": ""}, "model is required"),
        ({"model": "m", "messages": "hi"}, "ChatRequest.messages"),
    ],
)
def test_a_wrong_request_is_refused_in_the_servers_shape(simulator, add, body, message):
    answer = ask(simulator, add(), PROTOCOL, body)
    assert (answer.status, message in answer.problem) == (400, True)


@pytest.mark.parametrize(
    ("recording", "make"),
    [
        ("done-reason-length.ndjson", lambda simulator, key: stream(simulator, key, PROTOCOL)),
        ("generate-gemma-utf8.ndjson", generate),
    ],
)
def test_the_keys_are_those_of_the_recordings_and_in_their_order(
    simulator, add, wire_corpus, recording, make
):
    recorded = (wire_corpus / "ollama" / recording).read_text().splitlines()
    ours = make(simulator, add()).body.decode().splitlines()
    for place in (0, -1):
        assert list(json.loads(ours[place])) == list(json.loads(recorded[place]))

"""The openai-chat protocol as the simulator speaks it, byte by byte."""

from __future__ import annotations

import json
import re

import pytest

from helpers_simulator import ask, request_body, stream

USAGE = {"stream_options": {"include_usage": True}}


def deltas(answer, index=0) -> list[dict]:
    return [
        choice["delta"] for event in answer.events for choice in event["choices"] if choice["index"] == index
    ]


def test_nameless_events_ended_by_lf_and_by_done(simulator, add):
    answer = stream(simulator, add(), "openai-chat")
    assert b"\r" not in answer.body
    assert b"event:" not in answer.body
    assert answer.body.endswith(b"\n\ndata: [DONE]\n\n")


def test_the_role_comes_first_the_finish_last(simulator, add):
    answer = stream(simulator, add(reply="One two"), "openai-chat")
    assert deltas(answer) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "One"},
        {"content": " two"},
        {},
    ]
    finishes = [event["choices"][0]["finish_reason"] for event in answer.events]
    assert finishes == [None, None, None, "stop"]


def test_chunks_share_one_head(simulator, add):
    events = stream(simulator, add(), "openai-chat").events
    heads = {
        tuple(event[key] for key in ("id", "object", "created", "model", "system_fingerprint"))
        for event in events
    }
    assert len(heads) == 1
    name, kind, _, model, _ = heads.pop()
    assert re.fullmatch(r"chatcmpl-\w{29}", name)
    assert (kind, model) == ("chat.completion.chunk", "some-model")


def test_usage_is_null_until_its_own_chunk(simulator, add):
    usage = {"input": 100, "cached": 60, "output": 20, "reasoning": 5}
    events = stream(simulator, add(usage=usage), "openai-chat", **USAGE).events
    assert all(event["usage"] is None for event in events[:-1])
    assert events[-1]["choices"] == []
    last = events[-1]["usage"]
    assert (last["prompt_tokens"], last["completion_tokens"], last["total_tokens"]) == (100, 20, 120)
    assert last["prompt_tokens_details"]["cached_tokens"] == 60
    assert last["completion_tokens_details"]["reasoning_tokens"] == 5


def test_no_usage_unless_asked(simulator, add):
    events = stream(simulator, add(), "openai-chat").events
    assert not any("usage" in event for event in events)


def test_obfuscation_is_on_unless_switched_off(simulator, add):
    key = add()
    events = stream(simulator, key, "openai-chat").events
    assert len({len(event["obfuscation"]) for event in events}) > 1
    plain = stream(simulator, key, "openai-chat", stream_options={"include_obfuscation": False}).events
    assert not any("obfuscation" in event for event in plain)


def test_several_choices_interleave(simulator, add):
    answer = stream(simulator, add(reply="Choice {{ choice }}"), "openai-chat", n=3, **USAGE)
    order = [event["choices"][0]["index"] for event in answer.events if event["choices"]]
    assert order == [0, 1, 2] * 4
    assert deltas(answer, 2)[1:-1] == [{"content": "Choice"}, {"content": " 2"}]
    assert answer.events[-1]["usage"]["completion_tokens"] == 6


def test_several_choices_in_a_sync_answer(simulator, add):
    answer = ask(simulator, add(reply="Choice {{ choice }}"), "openai-chat", request_body("openai-chat", n=2))
    assert [choice["message"]["content"] for choice in answer.json["choices"]] == ["Choice 0", "Choice 1"]


def test_a_tool_call_alone_comes_with_the_role(simulator, add):
    key = add(reply=[{"tool": {"name": "weather", "input": {"city": "Köln"}}}, {"tool": {"name": "now"}}])
    first, *rest = deltas(stream(simulator, key, "openai-chat"))
    assert (first["role"], first["content"]) == ("assistant", None)
    call = first["tool_calls"][0]
    assert re.fullmatch(r"call_\w{24}", call["id"])
    assert (call["index"], call["function"]) == (0, {"name": "weather", "arguments": ""})
    fragments = [delta["tool_calls"][0] for delta in rest if "tool_calls" in delta]
    joined = {0: "", 1: ""}
    for fragment in fragments:
        joined[fragment["index"]] += fragment["function"]["arguments"]
    assert joined == {0: '{"city":"Köln"}', 1: "{}"}


def test_a_tool_call_after_text(simulator, add):
    key = add(reply=[{"text": "So"}, {"tool": {"name": "now"}}])
    first, text, call, *_ = deltas(stream(simulator, key, "openai-chat"))
    assert "tool_calls" not in first
    assert text == {"content": "So"}
    assert call["tool_calls"][0]["function"]["name"] == "now"


def test_a_refusal_has_its_own_field_and_ends_with_stop(simulator, add):
    answer = stream(simulator, add(reply=[{"refusal": "I cannot."}]), "openai-chat")
    first, *rest, last = deltas(answer)
    assert first == {"role": "assistant", "content": None, "refusal": ""}
    assert rest == [{"refusal": "I"}, {"refusal": " cannot"}, {"refusal": "."}]
    assert (last, answer.events[-1]["choices"][0]["finish_reason"]) == ({}, "stop")


def test_thinking_is_reasoning_content(simulator, add):
    answer = stream(simulator, add(reply=[{"thinking": "hm"}, {"text": "so"}]), "openai-chat")
    assert deltas(answer)[1:3] == [{"reasoning_content": "hm"}, {"content": "so"}]


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "stop"),
        ("content_filter", "content_filter"),
    ],
)
def test_finish_reasons(simulator, add, finish, reason):
    key = add(finish=finish)
    assert stream(simulator, key, "openai-chat").events[-1]["choices"][0]["finish_reason"] == reason
    assert ask(simulator, key, "openai-chat").json["choices"][0]["finish_reason"] == reason


def test_the_sync_completion(simulator, add):
    reply = [{"thinking": "hm"}, {"text": "so"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    answer = ask(simulator, add(reply=reply), "openai-chat")
    assert answer.body.startswith(b'{\n  "id": "chatcmpl-')
    message = answer.json["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("so", "hm")
    assert message["tool_calls"][0]["function"] == {"name": "t", "arguments": '{"a":1}'}
    assert answer.json["object"] == "chat.completion"


def test_one_chunk_holds_everything(simulator, add):
    reply = [{"text": "One two"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    answer = stream(simulator, add(reply=reply, delivery="one_chunk"), "openai-chat")
    assert len(answer.events) == 1
    choice = answer.events[0]["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["delta"]["content"] == "One two"
    assert choice["delta"]["tool_calls"][0]["index"] == 0


def test_an_error_inside_the_stream_and_then_nothing(simulator, add):
    answer = stream(simulator, add(faults=["error@1:server_error"]), "openai-chat")
    assert (answer.status, answer.complete) == (200, True)
    assert answer.events[-1]["error"]["type"] == "server_error"
    assert b"[DONE]" not in answer.body


def test_headers(simulator, add):
    headers = stream(simulator, add(), "openai-chat").headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert re.fullmatch(r"req_[0-9a-f]{32}", headers["x-request-id"])
    assert headers["x-ratelimit-reset-requests"] == "12ms"
    assert headers["x-ratelimit-remaining-requests"] == "4999"
    assert headers["openai-processing-ms"].isdigit()


@pytest.mark.parametrize(
    ("body", "param_and_code", "message"),
    [
        (b"{", (None, None), "could not parse the JSON body"),
        (b'"x"', (None, None), "expected an object"),
        (request_body("openai-chat", model=None), (None, None), "you must provide a model parameter"),
        (
            request_body("openai-chat", messages=None),
            ("messages", "missing_required_parameter"),
            "'messages'",
        ),
        (request_body("openai-chat", messages="hi"), ("messages", "invalid_type"), "array of objects"),
        (request_body("openai-chat", messages=[]), ("messages", "empty_array"), "empty array"),
        (
            request_body("openai-chat", max_tokens=0),
            ("max_tokens", "integer_below_min_value"),
            "below minimum",
        ),
        (request_body("openai-chat", n="2"), ("n", "integer_below_min_value"), "below minimum"),
        (
            request_body("openai-chat", **USAGE),
            ("stream_options", None),
            "only allowed when 'stream' is enabled",
        ),
    ],
)
def test_a_wrong_request_is_refused_in_the_providers_shape(simulator, add, body, param_and_code, message):
    answer = ask(simulator, add(), "openai-chat", body)
    error = answer.json["error"]
    assert (answer.status, error["type"]) == (400, "invalid_request_error")
    assert (error["param"], error["code"]) == param_and_code
    assert message in error["message"]


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, "invalid_request_error", "invalid_api_key"),
        (404, "invalid_request_error", "model_not_found"),
        (418, "invalid_request_error", None),
        (429, "requests", "rate_limit_exceeded"),
        (500, "server_error", None),
        (502, "server_error", None),
        (529, "overloaded_error", None),
    ],
)
def test_failures_by_status(simulator, add, status, kind, code):
    answer = stream(simulator, add(faults=[f"status:{status}"]), "openai-chat")
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["type"], error["code"]) == (status, kind, code)
    assert answer.body.startswith(b'{\n  "error": {\n')

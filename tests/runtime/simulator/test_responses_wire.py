"""The openai-responses protocol as the simulator speaks it, byte by byte."""

from __future__ import annotations

import json
import re

import pytest

from helpers_simulator import ask, request_body, stream

PROTOCOL = "openai-responses"
WORDS = ["One", " two", " three", " four", " five", "."]


def types(answer) -> list[str]:
    return [event["type"] for event in answer.events]


def test_the_order_of_a_text(simulator, add):
    assert types(stream(simulator, add(reply="One two"), PROTOCOL)) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


def test_names_equal_types_and_nothing_follows_the_terminal_event(simulator, add):
    answer = stream(simulator, add(), PROTOCOL)
    assert [name for name, _ in answer.frames] == types(answer)
    assert b"[DONE]" not in answer.body
    assert b"\r" not in answer.body


@pytest.mark.parametrize(
    "faults", [[], ["unknown@2"], ["error@2"], ["unknown@0", "unknown@2"], ["stall@1:1s", "no_terminator"]]
)
def test_sequence_numbers_have_no_holes(simulator, add, faults):
    events = stream(simulator, add(faults=faults), PROTOCOL).events
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_a_repeated_event_repeats_its_number(simulator, add):
    events = stream(simulator, add(faults=["duplicate@2"]), PROTOCOL).events
    numbers = [event["sequence_number"] for event in events]
    assert len(numbers) == len(set(numbers)) + 1
    assert numbers == sorted(numbers)


def test_the_text_stands_in_five_places_and_is_the_same(simulator, add):
    *_, text_done, part_done, item_done, completed = (events := stream(simulator, add(), PROTOCOL).events)
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert deltas == WORDS
    told = {
        text_done["text"],
        part_done["part"]["text"],
        item_done["item"]["content"][0]["text"],
        completed["response"]["output"][0]["content"][0]["text"],
    }
    assert told == {"".join(WORDS)}


def test_items_of_every_kind(simulator, add):
    reply = [
        {"thinking": "hm hm"},
        {"text": "so"},
        {"refusal": "no way"},
        {"tool": {"name": "weather", "input": {"city": "Köln"}}},
        {"tool": {"name": "now"}},
    ]
    events = stream(simulator, add(reply=reply), PROTOCOL).events
    opened = [event["item"] for event in events if event["type"] == "response.output_item.added"]
    assert [item["type"] for item in opened] == [
        "reasoning",
        "message",
        "message",
        "function_call",
        "function_call",
    ]
    assert [item["id"].split("_")[0] for item in opened] == ["rs", "msg", "msg", "fc", "fc"]
    assert re.fullmatch(r"call_\w{24}", opened[3]["call_id"])
    joined: dict[tuple[int, str], str] = {}
    for event in events:
        if event["type"].endswith(".delta"):
            assert event["item_id"] == opened[event["output_index"]]["id"]
            key = event["output_index"], event["type"].removeprefix("response.").removesuffix(".delta")
            joined[key] = joined.get(key, "") + event["delta"]
    assert joined == {
        (0, "reasoning_summary_text"): "hm hm",
        (1, "output_text"): "so",
        (2, "refusal"): "no way",
        (3, "function_call_arguments"): '{"city":"Köln"}',
        (4, "function_call_arguments"): "{}",
    }
    output = events[-1]["response"]["output"]
    assert [item["id"] for item in output] == [item["id"] for item in opened]
    assert output[0]["summary"] == [{"type": "summary_text", "text": "hm hm"}]
    assert output[2]["content"] == [{"type": "refusal", "refusal": "no way"}]


def test_usage_comes_with_the_terminal_event_only(simulator, add):
    usage = {"input": 100, "cached": 60, "output": 20, "reasoning": 5}
    events = stream(simulator, add(usage=usage), PROTOCOL).events
    assert events[0]["response"]["usage"] is None
    assert events[-1]["response"]["usage"] == {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    }


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        ("stop", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("tool_use", "completed", None),
        ("refusal", "completed", None),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_how_an_answer_ends(simulator, add, finish, status, reason):
    key = add(finish=finish)
    last = stream(simulator, key, PROTOCOL).events[-1]
    whole = ask(simulator, key, PROTOCOL).json
    assert last["type"] == f"response.{status}"
    for response in (last["response"], whole):
        assert response["status"] == status
        assert (response["incomplete_details"] or {}).get("reason") == reason
        assert (response["completed_at"] is None) == (reason is not None)


def test_a_call_cut_by_the_limit_is_done_and_incomplete(simulator, add):
    key = add(reply=[{"tool": {"name": "t", "input": {"x": "a b c d e f g h i j k l m n o p q r"}}}])
    *_, done, closed, last = stream(simulator, key, PROTOCOL, max_output_tokens=16).events
    assert (done["type"], done["arguments"]) == (
        "response.function_call_arguments.done",
        '{"x":"a b c d e f g h i j k l m',
    )
    assert (closed["item"]["status"], last["type"]) == ("incomplete", "response.incomplete")


def test_an_error_is_told_twice_and_ends_the_stream(simulator, add):
    answer = stream(simulator, add(faults=["error@2:rate_limit_exceeded"]), PROTOCOL)
    error, failed = answer.events[-2:]
    assert (answer.status, answer.complete) == (200, True)
    assert (error["type"], error["error"]["type"]) == ("error", "rate_limit_exceeded")
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
    assert failed["response"]["error"] == {
        "code": "rate_limit_exceeded",
        "message": error["error"]["message"],
    }
    assert failed["response"]["id"] == answer.events[0]["response"]["id"]


def test_no_terminator(simulator, add):
    assert (
        types(stream(simulator, add(faults=["no_terminator"]), PROTOCOL))[-1] == "response.output_item.done"
    )


def test_one_chunk_is_one_delta_a_part(simulator, add):
    reply = [{"text": "One two"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    events = stream(simulator, add(reply=reply, delivery="one_chunk"), PROTOCOL).events
    assert [event["delta"] for event in events if "delta" in event] == ["One two", '{"a":1}']


def test_obfuscation_is_on_unless_switched_off(simulator, add):
    key = add()
    assert any("obfuscation" in event for event in stream(simulator, key, PROTOCOL).events)
    plain = stream(simulator, key, PROTOCOL, stream_options={"include_obfuscation": False}).events
    assert not any("obfuscation" in event for event in plain)


def test_the_response_repeats_what_was_asked(simulator, add):
    tools = [{"type": "function", "name": "t", "parameters": {}, "strict": False}]
    body = request_body(PROTOCOL, instructions="Be kind.", temperature=0.5, tools=tools, metadata={"a": "b"})
    response = ask(simulator, add(reply="{{ system }}|{{ prompt }}"), PROTOCOL, body).json
    assert (response["instructions"], response["temperature"]) == ("Be kind.", 0.5)
    assert (response["tools"], response["metadata"]) == (tools, {"a": "b"})
    assert response["output"][0]["content"][0]["text"] == "Be kind.|What is a stream?"
    assert re.fullmatch(r"resp_[0-9a-f]{48}", response["id"])
    assert (response["object"], response["model"]) == ("response", "some-model")


def test_items_as_input(simulator, add):
    items = [
        {"role": "developer", "content": "short"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "first"}]},
        {"type": "function_call", "call_id": "c", "name": "t", "arguments": "{}"},
    ]
    key = add(turns=[{"after_tool": True, "reply": "after: {{ prompt }} {{ system }}"}])
    before = ask(simulator, key, PROTOCOL, request_body(PROTOCOL, input=items)).json
    items.append({"type": "function_call_output", "call_id": "c", "output": "sunny"})
    after = ask(simulator, key, PROTOCOL, request_body(PROTOCOL, input=items)).json
    assert before["output"][0]["content"][0]["text"] == "".join(WORDS)
    assert after["output"][0]["content"][0]["text"] == "after: first short"


@pytest.mark.parametrize(
    ("body", "param_and_code", "message"),
    [
        (b"{", (None, None), "could not parse the JSON body"),
        (b"3", (None, None), "expected an object"),
        (request_body(PROTOCOL, model=None), ("model", "missing_required_parameter"), "'model'"),
        (request_body(PROTOCOL, model=[1]), ("model", "invalid_type"), "'model'"),
        (request_body(PROTOCOL, input=None), ("input", "missing_required_parameter"), "'input'"),
        (request_body(PROTOCOL, input={"a": 1}), ("input", "invalid_type"), "'input'"),
        (
            request_body(PROTOCOL, max_output_tokens=15),
            ("max_output_tokens", "integer_below_min_value"),
            "Expected a value >= 16",
        ),
        (
            request_body(PROTOCOL, stream_options={"include_obfuscation": False}),
            ("stream_options", None),
            "only allowed when 'stream' is enabled",
        ),
    ],
)
def test_a_wrong_request_is_refused_in_the_providers_shape(simulator, add, body, param_and_code, message):
    answer = ask(simulator, add(), PROTOCOL, body)
    error = answer.json["error"]
    assert (answer.status, error["type"]) == (400, "invalid_request_error")
    assert (error["param"], error["code"]) == param_and_code
    assert message in error["message"]


def test_failures_are_those_of_chat(simulator, add):
    answer = stream(simulator, add(faults=["status:429"]), PROTOCOL)
    assert (answer.status, answer.json["error"]["code"]) == (429, "rate_limit_exceeded")
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer.headers["x-request-id"])


def test_the_shape_is_that_of_the_recordings(simulator, add, wire_corpus):
    """Every event has the keys that OpenAI's has, and no other."""
    recorded = _keys((wire_corpus / "openai-responses" / "function-call.sse").read_text())
    recorded |= _keys((wire_corpus / "openai-responses" / "phase-gpt5.5.sse").read_text())
    reply = [{"text": "so so"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    ours = _keys(stream(simulator, add(reply=reply), PROTOCOL).body.decode())
    assert set(ours) <= set(recorded)
    assert ours == {kind: recorded[kind] for kind in ours}


def _keys(body: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in body.splitlines():
        if line.startswith("data: "):
            event = json.loads(line[6:])
            found.setdefault(event["type"], set()).update(event)
    return found

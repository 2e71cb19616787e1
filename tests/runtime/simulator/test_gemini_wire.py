"""The gemini protocol as the simulator speaks it, byte by byte."""

from __future__ import annotations

import json

import pytest

from helpers_simulator import ask, request_body, stream

PROTOCOL = "gemini"
ARRAY = "/v1beta/models/some-model:streamGenerateContent"


def array(simulator, key, **more):
    """The stream without `alt=sse`."""
    return ask(simulator, key, PROTOCOL, request_body(PROTOCOL, **more), path=f"/{key}{ARRAY}")


def parts(events, index=0) -> list[dict]:
    return [
        part
        for event in events
        for candidate in event.get("candidates", [])
        if candidate["index"] == index
        for part in candidate["content"]["parts"]
    ]


def test_crlf_no_names_no_terminator(simulator, add):
    answer = stream(simulator, add(), PROTOCOL)
    assert answer.body.startswith(
        b'data: {"candidates": [{"content": {"parts": [{"text": "One"}],"role": "model"}'
    )
    assert answer.body.endswith(b"}\r\n\r\n")
    assert b"event:" not in answer.body
    assert answer.body.count(b"\n") == answer.body.count(b"\r\n")


def test_a_piece_a_chunk_and_the_reason_at_the_end(simulator, add):
    events = stream(simulator, add(reply="One two"), PROTOCOL).events
    assert parts(events) == [{"text": "One"}, {"text": " two"}, {"text": ""}]
    reasons = [event["candidates"][0].get("finishReason") for event in events]
    assert reasons == [None, None, "STOP"]
    assert {(event["modelVersion"], event["responseId"]) for event in events} == {
        ("some-model", events[0]["responseId"])
    }


def test_without_alt_sse_it_is_one_json_array(simulator, add):
    key = add(name="both")
    answer = array(simulator, key)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.body.startswith(b'[{\n  "candidates": [')
    assert answer.body.count(b"}\n,\r\n{") == len(answer.json) - 1
    assert answer.body.endswith(b"}\n]")
    assert parts(answer.json) == parts(stream(simulator, key, PROTOCOL).events)


def test_usage_on_every_chunk_grows_and_adds_up(simulator, add):
    reply = [{"thinking": "hm hm"}, {"text": "so it is"}]
    usage = {"input": 100, "cached": 60, "output": 20, "reasoning": 5}
    told = [
        event["usageMetadata"] for event in stream(simulator, add(reply=reply, usage=usage), PROTOCOL).events
    ]
    totals = [each["totalTokenCount"] for each in told]
    assert totals == sorted(totals)
    assert "candidatesTokenCount" not in told[0]
    assert told[-1] == {
        "promptTokenCount": 100,
        "candidatesTokenCount": 15,
        "totalTokenCount": 120,
        "cachedContentTokenCount": 60,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
        "thoughtsTokenCount": 5,
    }


def test_thoughts_are_marked_and_signed(simulator, add):
    events = stream(simulator, add(reply=[{"thinking": "hm hm"}, {"text": "so"}]), PROTOCOL).events
    *spoken, last = parts(events)
    assert spoken == [{"text": "hm", "thought": True}, {"text": " hm", "thought": True}, {"text": "so"}]
    assert last["text"] == ""
    assert len(last["thoughtSignature"]) > 50


def test_calls_come_whole_and_end_with_stop(simulator, add):
    reply = [
        {"thinking": "hm"},
        {"tool": {"name": "weather", "input": {"city": "Köln"}}},
        {"tool": {"name": "now"}},
    ]
    events = stream(simulator, add(reply=reply), PROTOCOL).events
    calls = [part for part in parts(events) if "functionCall" in part]
    assert [part["functionCall"] for part in calls] == [
        {"name": "weather", "args": {"city": "Köln"}},
        {"name": "now", "args": {}},
    ]
    assert ["thoughtSignature" in part for part in calls] == [True, False]
    assert events[-1]["candidates"][0]["finishReason"] == "STOP"


def test_a_call_cut_by_the_limit_is_not_sent(simulator, add):
    key = add(reply=[{"text": "so"}, {"tool": {"name": "t", "input": {"x": "a b c d"}}}])
    config = {"maxOutputTokens": 3}
    events = stream(simulator, key, PROTOCOL, generationConfig=config).events
    assert parts(events) == [{"text": "so"}, {"text": ""}]
    assert events[-1]["candidates"][0]["finishReason"] == "MAX_TOKENS"
    whole = ask(
        simulator, key, PROTOCOL, request_body(PROTOCOL, generation_config={"max_output_tokens": 3})
    ).json
    assert parts([whole]) == [{"text": "so"}]


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "STOP"),
        ("length", "MAX_TOKENS"),
        ("tool_use", "STOP"),
        ("refusal", "STOP"),
        ("content_filter", "SAFETY"),
    ],
)
def test_finish_reasons(simulator, add, finish, reason):
    key = add(finish=finish)
    assert stream(simulator, key, PROTOCOL).events[-1]["candidates"][0]["finishReason"] == reason
    assert ask(simulator, key, PROTOCOL).json["candidates"][0]["finishReason"] == reason


def test_several_candidates_interleave_and_are_counted_together(simulator, add):
    key = add(reply="Choice {{ choice }}")
    config = {"candidateCount": 3}
    events = stream(simulator, key, PROTOCOL, generationConfig=config).events
    assert [event["candidates"][0]["index"] for event in events] == [0, 1, 2] * 3
    assert parts(events, 2) == [{"text": "Choice"}, {"text": " 2"}, {"text": ""}]
    assert [event["usageMetadata"]["candidatesTokenCount"] for event in events] == [1, 2, 3, 4, 5, 6, 6, 6, 6]
    whole = ask(simulator, key, PROTOCOL, request_body(PROTOCOL, generationConfig=config)).json
    assert [parts([whole], index)[0]["text"] for index in range(3)] == ["Choice 0", "Choice 1", "Choice 2"]


def test_prompt_system_and_results_are_read_in_either_case(simulator, add):
    key = add(
        reply="{{ prompt }}|{{ system }}|{{ model }}",
        turns=[{"after_tool": True, "reply": "after: {{ prompt }}"}],
    )
    for system in ("systemInstruction", "system_instruction"):
        body = request_body(PROTOCOL) | {system: {"parts": [{"text": "be kind"}]}}
        text = parts([ask(simulator, key, PROTOCOL, body).json])[0]["text"]
        assert text == "What is a stream?|be kind|some-model"
    for answer in ("functionResponse", "function_response"):
        result = {"role": "user", "parts": [{answer: {"name": "t", "response": {"a": 1}}}]}
        contents = [*request_body(PROTOCOL)["contents"], result]
        body = request_body(PROTOCOL, contents=contents)
        assert parts([ask(simulator, key, PROTOCOL, body).json]) == [{"text": "after: What is a stream?"}]


def test_an_error_in_the_stream_is_no_event(simulator, add):
    """As met in vercel/ai#5217: bare JSON after the events, and the end."""
    answer = stream(simulator, add(faults=["error@2:overloaded_error"]), PROTOCOL)
    events, error = answer.body.decode().rsplit("\r\n\r\n", 1)
    assert (answer.status, answer.complete, events.count("data: ")) == (200, True, 2)
    assert error.startswith('{\n  "error": {\n    "code": 503,')
    assert json.loads(error)["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize(
    ("told", "status"),
    [("RESOURCE_EXHAUSTED", 429), ("rate_limit_error", 429), ("DEADLINE_EXCEEDED", 504), ("api_error", 500)],
)
def test_an_error_in_the_array_is_its_last_element(simulator, add, told, status):
    *chunks, error = array(simulator, add(faults=[f"error@2:{told}"])).json
    assert (len(chunks), error["error"]["code"]) == (2, status)


@pytest.mark.parametrize(
    "faults", [["unknown@0"], ["unknown@2"], ["duplicate@0"], ["duplicate@2"], ["error@0"]]
)
def test_with_these_faults_the_array_is_still_json(simulator, add, faults):
    assert isinstance(array(simulator, add(faults=faults)).json, list)


def test_without_its_terminator_nothing_says_that_it_ended(simulator, add):
    key = add(faults=["no_terminator"])
    assert b"finishReason" not in stream(simulator, key, PROTOCOL).body
    body = array(simulator, key).body
    assert b"finishReason" not in body
    assert not body.endswith(b"]")


def test_keepalives_are_comments_and_an_array_has_none(simulator, add):
    key = add(faults=["keepalive:0.1s", "stall@1:1s"])
    assert b"\r\n\r\n: keepalive\r\n\r\n" in stream(simulator, key, PROTOCOL).body
    assert b"keepalive" not in array(simulator, key).body


def test_one_chunk_holds_everything(simulator, add):
    reply = [{"text": "One two"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    events = stream(simulator, add(reply=reply, delivery="one_chunk"), PROTOCOL).events
    assert len(events) == 1
    assert parts(events) == [{"text": "One two"}, {"functionCall": {"name": "t", "args": {"a": 1}}}]
    assert events[0]["candidates"][0]["finishReason"] == "STOP"


def test_the_sync_answer(simulator, add):
    reply = [{"thinking": "hm"}, {"text": "so"}, {"tool": {"name": "t", "input": {"a": 1}}}]
    answer = ask(simulator, add(reply=reply), PROTOCOL)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert "content-disposition" not in answer.headers
    thought, text, call = parts([answer.json])
    assert (thought, text) == ({"text": "hm", "thought": True}, {"text": "so"})
    assert call["functionCall"] == {"name": "t", "args": {"a": 1}}


def test_headers_tell_no_limits(simulator, add):
    headers = stream(simulator, add(), PROTOCOL).headers
    assert headers["content-type"] == "text/event-stream"
    assert headers["content-disposition"] == "attachment"
    assert headers["server-timing"].startswith("gfet4t7; dur=")
    assert not any("ratelimit" in name for name in headers)


def test_a_failure_is_labelled_as_the_stream_that_was_asked_for(simulator, add):
    key = add(faults=["status:404*always"])
    told = [stream(simulator, key, PROTOCOL), array(simulator, key), ask(simulator, key, PROTOCOL)]
    types = [answer.headers["content-type"] for answer in told]
    assert types == [
        "text/event-stream",
        "application/json; charset=UTF-8",
        "application/json; charset=UTF-8",
    ]
    sse, listed, sync = [answer.json for answer in told]
    assert sse == listed[0] == sync
    assert (sync["error"]["code"], sync["error"]["status"]) == (404, "NOT_FOUND")
    assert told[0].body.startswith(b'{\n  "error": {\n    "code": 404,')


@pytest.mark.parametrize(
    ("fault", "delay"),
    [("status:429", "34.4s"), ("status:429:retry-after=7", "7s"), ("status:429:retry-after-ms=250", "0.25s")],
)
def test_how_long_to_wait_stands_in_the_body(simulator, add, fault, delay):
    answer = ask(simulator, add(faults=[fault]), PROTOCOL)
    assert answer.json["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert answer.json["error"]["details"][-1]["retryDelay"] == delay
    assert not any("retry" in name for name in answer.headers)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "could not parse"),
        (b"[]", "must be a message"),
        ({"contents": None}, "contents is not specified"),
        ({"contents": []}, "contents is not specified"),
        ({"contents": "hi"}, "contents is not specified"),
        (request_body(PROTOCOL, generationConfig={"maxOutputTokens": "3"}), "maxOutputTokens"),
    ],
)
def test_a_wrong_request_is_refused_in_the_providers_shape(simulator, add, body, message):
    answer = ask(simulator, add(), PROTOCOL, body)
    assert (answer.status, answer.json["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert message in answer.problem


def test_the_framing_is_that_of_the_recordings(simulator, add, wire_corpus):
    recorded = (wire_corpus / "gemini" / "basic-crlf.sse").read_bytes()
    ours = stream(simulator, add(), PROTOCOL).body
    opening = b'data: {"candidates": [{"content": {"parts": [{"text": "'
    assert recorded.startswith(opening)
    assert ours.startswith(opening)
    recorded = (wire_corpus / "gemini" / "json-array-no-alt-sse.json").read_bytes()
    ours = array(simulator, add()).body
    for border in (b'[{\n  "candidates": [\n    {\n      "content": {', b"\n}\n,\r\n{\n"):
        assert border in recorded
        assert border in ours
    assert recorded.endswith(b"\n}\n]")

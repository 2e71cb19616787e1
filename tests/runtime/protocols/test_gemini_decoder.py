"""Gemini's streams and sync answers: what no recording has, and what must not be lost."""

from __future__ import annotations

import json

import pytest

from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, Lint, Timings, Unknown
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.gemini_fields import FINISH_REASONS

pytestmark = pytest.mark.streaming


def candidate(*parts, finish=None, **more):
    return (
        {"content": {"parts": list(parts), "role": "model"}}
        | ({"finishReason": finish} if finish else {})
        | more
    )


def answer(*candidates, **more):
    return {"candidates": list(candidates), "modelVersion": "g", "responseId": "r", **more}


def sse(*responses):
    return b"".join(b"data: " + json.dumps(response).encode() + b"\r\n\r\n" for response in responses)


def decode(*responses):
    return result(*run_decoder("gemini", [sse(*responses)]))


def result(decoder, events, verdict):
    return decoder, events, decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)


def codes(events):
    return [event.code for event in events if isinstance(event, Lint)]


def deltas(events):
    return [(event.lane, event.content, event.choice) for event in events if isinstance(event, Delta)]


def unknowns(events):
    return [(event.type, json.loads(event.data)) for event in events if isinstance(event, Unknown)]


def call(name=None, **more):
    return {"functionCall": ({"name": name} if name else {}) | more}


def test_thoughts_and_text_have_their_lanes():
    _, events, response = decode(
        answer(candidate({"text": "hm", "thought": True})),
        answer(candidate({"text": "so"}, {"text": ""}, finish="STOP")),
    )
    assert deltas(events) == [("thinking", "hm", 0), ("text", "so", 0)]
    assert (response.thinking, response.text, response.verdict) == ("hm", "so", "complete")


@pytest.mark.parametrize(("raw", "reason"), FINISH_REASONS.items())
def test_every_finish_reason_has_a_word_and_a_verdict(raw, reason):
    verdicts = {"length": "cut_by_limit", "content_filter": "refused", "error": "error"}
    decoder, _, response = decode(answer(candidate({"text": "a"}, finish=raw, finishMessage="why")))
    assert (response.finish_reason_raw, response.finish_reason) == (raw, reason)
    assert response.verdict == verdicts.get(reason, "complete")
    failure = decoder.failure
    assert (failure and (failure.type, failure.message)) == ((raw, "why") if reason == "error" else None)


def test_the_sdk_knows_no_other_finish_reason():
    from google.genai.types import FinishReason

    assert set(FINISH_REASONS) == {reason.value for reason in FinishReason}


def test_a_reason_of_tomorrow_is_kept():
    _, _, response = decode(answer(candidate({"text": "a"}, finish="BORED")))
    assert (response.finish_reason_raw, response.finish_reason, response.verdict) == (
        "BORED",
        "other",
        "complete",
    )


@pytest.mark.parametrize(
    ("raw", "retryable"), [("MALFORMED_FUNCTION_CALL", True), ("UNEXPECTED_TOOL_CALL", False)]
)
def test_a_fault_of_the_model_says_what_it_is_and_whether_to_ask_again(raw, retryable):
    decoder, _, _ = decode(answer({"finishReason": raw}))
    assert decoder.failure.message == f"the model stopped with {raw}"
    assert decoder.failure.retryable is retryable


def test_a_blocked_prompt_is_refused_in_the_server_s_words():
    decoder, events, response = decode(
        {
            "promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "No."},
            "usageMetadata": {"promptTokenCount": 4},
        }
    )
    assert (response.verdict, response.finish_reason_raw, response.finish_reason) == (
        "refused",
        "SAFETY",
        "content_filter",
    )
    assert (response.refusal, deltas(events), codes(events)) == ("No.", [("refusal", "No.", 0)], [])
    assert decoder.failure is None
    _, _, bare = decode({"promptFeedback": {"blockReason": "OTHER"}})
    assert (bare.verdict, bare.refusal) == ("refused", "")


def test_the_body_s_end_without_a_reason_is_a_cut():
    decoder, events, response = decode(answer(candidate({"text": "a"})))
    assert (response.verdict, codes(events)) == ("truncated", ["missing_terminator"])
    assert decoder.terminated is False


def test_a_reason_makes_it_whole_and_does_not_end_it():
    decoder, events, response = decode(
        answer(candidate({"text": "a"}, finish="STOP")), answer(candidate({"text": "b"}, finish="STOP"))
    )
    assert (response.text, response.verdict, codes(events)) == ("ab", "complete", [])
    assert decoder.terminated is True


def test_nothing_terminates_before_the_body_s_end():
    decoder = get_protocol("gemini").decoder(Origin.of_run("r"))
    framing = get_protocol("gemini").framing()
    from helpers_wire import chunks_of

    for frame in framing.feed(chunks_of([sse(answer(candidate({"text": "a"}, finish="STOP")))])[0]):
        decoder.decode(frame)
    assert decoder.terminated is False


def test_candidates_without_an_index_are_the_first():
    _, events, response = decode(
        answer(candidate({"text": "a"}), candidate({"text": "x"}, index=1)),
        answer(
            candidate({"text": "y"}, finish="MAX_TOKENS", index=1), candidate({"text": "b"}, finish="STOP")
        ),
    )
    assert [(c.index, c.text, c.finish_reason) for c in response.choices] == [
        (0, "ab", "stop"),
        (1, "xy", "length"),
    ]
    assert response.verdict == "cut_by_limit"
    assert [choice for _, _, choice in deltas(events)] == [0, 1, 1, 0]


def test_a_candidate_that_never_ends_is_a_cut():
    _, _, response = decode(
        answer(candidate({"text": "a"}, finish="STOP"), candidate({"text": "x"}, index=1))
    )
    assert response.verdict == "truncated"


def test_whole_calls_are_numbered_as_they_come():
    _, events, response = decode(
        answer(candidate(call("one", args={"a": 1}), call("two", id="c2"))),
        answer(candidate(call("one", args={"a": 2}), {"text": ""}, finish="STOP")),
    )
    assert [(c.index, c.id, c.name, c.input) for c in response.tool_calls] == [
        (0, None, "one", {"a": 1}),
        (1, "c2", "two", {}),
        (2, None, "one", {"a": 2}),
    ]
    assert (response.finish_reason_raw, response.finish_reason) == ("STOP", "tool_use")
    assert [(e.index, e.content, e.tool) for e in events if isinstance(e, Delta)] == [
        (0, "", "one"),
        (0, '{"a":1}', "one"),
        (1, "", "two"),
        (2, "", "one"),
        (2, '{"a":2}', "one"),
    ]


def piece(path, value, more=False):
    return {"jsonPath": path, "stringValue": value} | ({"willContinue": True} if more else {})


def test_streamed_arguments_become_json_text_as_they_come():
    decoder, events, response = decode(
        answer(candidate(call("weather", id="c1", willContinue=True))),
        answer(candidate(call(partialArgs=[piece("$.place.city", "New ", more=True)], willContinue=True))),
        answer(candidate(call(partialArgs=[piece("$.place.city", 'Y"rk')], willContinue=True))),
        answer(candidate(call(partialArgs=[{"jsonPath": "$.days", "numberValue": 3}], willContinue=True))),
        answer(candidate(call(), {"text": "and"})),
        answer(candidate(call("other", args={}), finish="STOP")),
    )
    first, second = response.tool_calls
    assert first.arguments == '{"place":{"city":"New Y\\"rk"},"days":3}'
    assert (first.id, first.name, first.input, first.complete) == (
        "c1",
        "weather",
        {"place": {"city": 'New Y"rk'}, "days": 3},
        True,
    )
    assert (second.name, second.input) == ("other", {})
    told = [e.content for e in events if isinstance(e, Delta) and e.index == 0 and e.lane == "tool_input"]
    assert told == ["", '{"place":{"city":"New ', 'Y\\"rk"', '},"days":3', "}"]
    assert decoder.failure is None


def test_streamed_arguments_that_break_off_are_cut():
    _, events, response = decode(
        answer(candidate(call("w", willContinue=True))),
        answer(
            candidate(
                call(partialArgs=[piece("$.a", "x", more=True)], willContinue=True), finish="MAX_TOKENS"
            )
        ),
    )
    (cut,) = response.tool_calls
    assert (cut.arguments, cut.input, cut.complete) == ('{"a":"x', None, False)
    assert codes(events) == ["cut_tool_input"]


def test_a_new_name_ends_a_call_that_was_left_open():
    _, _, response = decode(
        answer(candidate(call("one", partialArgs=[piece("$.a", "x", more=True)], willContinue=True))),
        answer(candidate(call("two", args={"b": 1}), finish="STOP")),
    )
    assert [(c.name, c.input) for c in response.tool_calls] == [("one", {"a": "x"}), ("two", {"b": 1})]


def test_arguments_out_of_order_are_told():
    _, events, response = decode(
        answer(
            candidate(
                call("w", partialArgs=[piece("$.a.b", "1"), piece("$.c", "2"), piece("$.a.d", "3")]),
                finish="STOP",
            )
        )
    )
    (lint,) = [event for event in events if isinstance(event, Lint)]
    assert (lint.code, "`w`" in lint.message, '["a"]["d"]' in lint.message) == (
        "tool_input_revisited",
        True,
        True,
    )
    assert response.tool_calls[0].arguments == '{"a":{"b":"1"},"c":"2","a":{"d":"3"}}'


def test_other_parts_are_blocks_as_sent():
    code = {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "s"}
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    _, events, response = decode(answer(candidate(code, picture, finish="STOP")))
    assert response.blocks == ({"type": "executableCode", **code}, {"type": "inlineData", **picture})
    assert unknowns(events) == []


def test_signatures_are_kept_with_what_they_sign():
    _, _, response = decode(
        answer(
            candidate(
                {"text": "a", "thoughtSignature": "s1"},
                call("f", args={"x": 1}) | {"thoughtSignature": "s2"},
                finish="STOP",
            )
        )
    )
    assert response.blocks == (
        {"type": "thoughtSignature", "thoughtSignature": "s1"},
        {
            "type": "thoughtSignature",
            "thoughtSignature": "s2",
            "functionCall": {"name": "f", "args": {"x": 1}},
        },
    )


def test_what_is_not_known_is_told_wherever_it_stands():
    _, events, response = decode(
        answer(candidate({"hologram": {"a": 1}}, finish="STOP", mood="good"), weather="fine", modelStatus={})
    )
    assert unknowns(events) == [
        ("part.hologram", {"hologram": {"a": 1}}),
        ("candidate.mood", {"mood": "good"}),
        ("weather", {"weather": "fine"}),
    ]
    assert response.blocks == ({"type": "hologram", "hologram": {"a": 1}},)


def test_sources_that_are_repeated_count_once():
    web, more = {"web": {"uri": "u"}}, {"web": {"uri": "v"}}
    quoted = {"citationMetadata": {"citationSources": [{"uri": "w"}]}}
    _, _, response = decode(
        answer(candidate({"text": "a"}, groundingMetadata={"groundingChunks": [web]}, **quoted)),
        answer(candidate({"text": "b"}, groundingMetadata={"groundingChunks": [web]})),
        answer(candidate(finish="STOP", groundingMetadata={"groundingChunks": [web, more]})),
    )
    assert response.citations == (web, {"uri": "w"}, more)
    assert [block["groundingChunks"] for block in response.blocks] == [[web], [web, more]]


def test_the_last_usage_that_counts_wins_whole():
    _, _, response = decode(
        answer(
            candidate({"text": "a"}),
            usageMetadata={"promptTokenCount": 9, "thoughtsTokenCount": 5, "totalTokenCount": 14},
        ),
        answer(
            candidate({"text": "b"}, finish="STOP"),
            usageMetadata={
                "promptTokenCount": 7,
                "candidatesTokenCount": 2,
                "cachedContentTokenCount": 3,
                "totalTokenCount": 9,
            },
        ),
        {"usageMetadata": {"trafficType": "ON_DEMAND"}},
    )
    usage = response.usage
    assert (usage.input, usage.output, usage.reasoning, usage.cached, usage.total) == (7, 2, None, 3, 9)
    assert usage.raw["trafficType"] == "ON_DEMAND"


ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


@pytest.mark.parametrize(
    ("tail", "lints"),
    [
        (b"data: " + json.dumps(ERROR).encode() + b"\r\n\r\n", []),
        (json.dumps(ERROR).encode() + b"\r\n\r\n", ["unknown_field"]),
        (json.dumps(ERROR, indent=2).encode(), ["unknown_field", "incomplete_frame"]),
        (b"event: error\r\ndata: " + json.dumps(ERROR["error"]).encode() + b"\r\n\r\n", []),
    ],
)
def test_an_error_in_the_stream_is_read_with_and_without_its_field(tail, lints):
    decoder, events, response = result(*run_decoder("gemini", [sse(answer(candidate({"text": "a"}))) + tail]))
    assert (response.text, response.verdict, codes(events)) == ("a", "error", lints)
    failure = decoder.failure
    assert (failure.type, failure.message, failure.retryable) == (
        "UNAVAILABLE",
        "The model is overloaded.",
        True,
    )


def test_the_array_form_decodes_the_same_and_holds_errors_too():
    responses = [answer(candidate({"text": "a"})), answer(candidate({"text": "b"}, finish="STOP"))]
    _, _, as_sse = decode(*responses)
    body = b"[" + b"\n,\r\n".join(json.dumps(one, indent=2).encode() for one in responses) + b"\n]"
    _, events, as_array = result(*run_decoder("gemini", [body]))
    assert (as_array, codes(events)) == (as_sse, [])
    decoder, _, failed = result(*run_decoder("gemini", [json.dumps([*responses[:1], ERROR]).encode()]))
    assert (failed.text, failed.verdict, decoder.failure.type) == ("a", "error", "UNAVAILABLE")


def test_a_gateway_s_done_is_passed_over():
    _, events, verdict = run_decoder(
        "gemini", [sse(answer(candidate({"text": "a"}, finish="STOP"))) + b"data: [DONE]\n\n"]
    )
    assert (codes(events), verdict) == (["unexpected_done"], "complete")


def test_a_wrapped_response_is_unwrapped():
    _, events, response = decode(
        {"response": answer(candidate({"text": "a"}, finish="STOP")), "traceId": "t"}
    )
    assert (response.text, response.model, response.verdict) == ("a", "g", "complete")
    assert unknowns(events) == []


def sync(message):
    decoder = get_protocol("gemini").decoder(Origin.of_run("r"))
    events = decoder.decode_sync(json.dumps(message, indent=1).encode(), 5)
    verdict, rest = decoder.finish(6)
    return result(decoder, [*events, *rest], verdict)


def test_a_sync_answer_is_one_delta_a_part():
    decoder, events, response = sync(
        answer(
            candidate(
                {"text": "hm", "thought": True}, {"text": "so"}, call("f", args={"a": 1}), finish="STOP"
            )
        )
    )
    assert deltas(events) == [
        ("thinking", "hm", 0),
        ("text", "so", 0),
        ("tool_input", "", 0),
        ("tool_input", '{"a":1}', 0),
    ]
    assert all(event.frame is None for event in events)
    assert (response.finish_reason, response.verdict, codes(events)) == ("tool_use", "complete", [])
    assert decoder.terminated is True


@pytest.mark.parametrize(
    ("message", "verdict", "lints"),
    [
        (answer(candidate({"text": "a"})), "complete", ["no_finish_reason"]),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "refused", []),
        (ERROR, "error", []),
        ({"hello": 1}, "truncated", []),
    ],
)
def test_other_sync_answers(message, verdict, lints):
    decoder, events, response = sync(message)
    assert (response.verdict, codes(events)) == (verdict, lints)
    assert (decoder.failure is not None) == (verdict == "error")


def test_types_that_are_wrong_are_no_trouble():
    bad = [None, 1, "x", [], {}, [None], [1], [[]], {"parts": 1}, {"parts": [None, 3, "x"]}]
    for value in bad:
        for key in (
            "candidates",
            "promptFeedback",
            "usageMetadata",
            "modelVersion",
            "responseId",
            "response",
        ):
            run_decoder("gemini", [sse({key: value})])
        for key in ("content", "index", "finishReason", "groundingMetadata", "citationMetadata"):
            run_decoder("gemini", [sse(answer({key: value}))])
        for key in ("text", "functionCall", "thought", "thoughtSignature"):
            run_decoder("gemini", [sse(answer(candidate({key: value})))])
        for key in ("name", "args", "partialArgs", "id", "willContinue"):
            run_decoder("gemini", [sse(answer(candidate({"functionCall": {key: value}})))])


def test_thoughts_are_part_of_the_output():
    _, _, response = decode(
        answer(candidate(finish="STOP"), usageMetadata={"candidatesTokenCount": 2, "thoughtsTokenCount": 5})
    )
    assert (response.usage.output, response.usage.reasoning) == (7, 5)


def test_another_id_ends_a_call_that_was_left_open():
    _, _, response = decode(
        answer(candidate(call("one", id="c1", partialArgs=[piece("$.a", "x")], willContinue=True))),
        answer(candidate(call(id="c2", partialArgs=[piece("$.b", "y")]), finish="STOP")),
    )
    assert [(c.id, c.input) for c in response.tool_calls] == [("c1", {"a": "x"}), ("c2", {"b": "y"})]


def test_a_stray_line_that_is_no_json_is_no_data():
    _, events, verdict = run_decoder(
        "gemini", [b"hello\r\n\r\n" + sse(answer(candidate({"text": "a"}, finish="STOP")))]
    )
    assert (codes(events), verdict) == (["unknown_field"], "complete")

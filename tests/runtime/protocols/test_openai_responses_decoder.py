"""Responses' streams and sync answers: what no recording has: numbers, errors, ends, oddities."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_responses import (
    CREATED,
    CUSTOM,
    added,
    arguments,
    codes,
    decode,
    decode_body,
    deltas,
    done,
    ended,
    function,
    message,
    numbered,
    sse,
    sync,
    text,
    text_done,
    unknowns,
    whole_text,
)
from pipeline_runtime.events import Lint, Unknown

pytestmark = pytest.mark.streaming

# --- errors ---

QUOTA = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded", "param": None}


def test_an_error_and_the_failure_after_it_are_one_in_the_first_one_s_words():
    decoder, told, response = decode(
        text("a"), {"type": "error", "error": QUOTA},
        ended(status="failed", error={"code": "server_error", "message": "The model failed"}),
    )  # fmt: skip
    failure = decoder.failure
    assert (failure.type, failure.message, failure.retryable) == ("insufficient_quota", "You exceeded", False)
    assert (response.text, response.verdict, codes(told)) == ("a", "error", [])
    assert (response.finish_reason_raw, response.finish_reason) == ("failed", "error")
    assert decoder.terminated is True


def test_a_flat_error_s_code_is_its_type():
    decoder, _, response = decode(
        {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down", "param": None}
    )
    failure = decoder.failure
    assert (failure.type, failure.code, failure.message, failure.retryable) == (
        "rate_limit_exceeded",
        "rate_limit_exceeded",
        "Slow down",
        True,
    )
    assert response.verdict == "error"


def test_a_failed_response_says_why():
    decoder, _, response = decode(ended(status="failed", error={"code": "server_error", "message": "Oh"}))
    assert (decoder.failure.type, decoder.failure.message, decoder.failure.retryable) == (
        "server_error",
        "Oh",
        True,
    )
    assert response.verdict == "error"


@pytest.mark.parametrize("error", [None, {}])
def test_a_failed_response_without_words_says_so(error):
    decoder, told, response = decode(ended(status="failed", error=error))
    assert decoder.failure.message == "the response failed, and does not say why"
    assert (response.verdict, codes(told)) == ("error", [])


def test_an_error_under_no_name_is_one():
    decoder, _, response = decode_body(b"data: " + json.dumps({"error": QUOTA}).encode() + b"\n\n")
    assert (decoder.failure.type, response.verdict) == ("insufficient_quota", "error")


# --- how it ended ---


@pytest.mark.parametrize(
    ("status", "details", "raw", "reason", "verdict"),
    [
        ("completed", None, "completed", "stop", "complete"),
        ("incomplete", {"reason": "max_output_tokens"}, "max_output_tokens", "length", "cut_by_limit"),
        ("incomplete", {"reason": "content_filter"}, "content_filter", "content_filter", "refused"),
        ("incomplete", {"reason": "boredom"}, "boredom", "other", "cut_by_limit"),
        ("incomplete", None, "incomplete", "other", "cut_by_limit"),
        ("cancelled", None, "cancelled", "cancelled", "truncated"),
        ("failed", None, "failed", "error", "error"),
    ],
)
def test_the_status_and_its_details_are_the_finish_reason(status, details, raw, reason, verdict):
    _, told, response = decode(text("a"), ended(status=status, incomplete_details=details))
    assert (response.finish_reason_raw, response.finish_reason) == (raw, reason)
    assert (response.text, response.verdict, codes(told)) == ("a", verdict, [])


def test_a_terminal_event_without_a_status_is_what_its_type_says():
    _, _, response = decode(text("a"), {"type": "response.incomplete", "response": {"id": "r"}})
    assert (response.finish_reason_raw, response.verdict) == ("incomplete", "cut_by_limit")


def test_without_a_terminal_event_it_is_cut():
    decoder, told, response = decode(text("a"), text_done("a"), done(message(whole_text("a"))))
    assert (response.text, response.verdict, codes(told)) == ("a", "truncated", ["missing_terminator"])
    assert (response.finish_reason, decoder.terminated) == (None, False)


def test_a_gateway_s_done_after_the_end_is_passed_over():
    plain = b"".join(
        b"data: " + json.dumps(event).encode() + b"\n\n" for event in numbered(CREATED, text("a"), ended())
    )
    _, told, response = decode_body(plain + b"data: [DONE]\n\n")
    assert (response.text, response.verdict, codes(told)) == ("a", "complete", [])


def test_a_gateway_s_done_alone_ends_it_without_a_reason():
    decoder, told, response = decode_body(sse(*numbered(CREATED, text("a"))) + b"data: [DONE]\n\n")
    assert (response.verdict, response.finish_reason, codes(told)) == ("complete", None, ["no_finish_reason"])
    assert decoder.terminated is True


def test_a_text_after_the_end_is_kept_and_told():
    _, told, response = decode(text("a"), ended(), text("b"))
    assert (response.text, codes(told)) == ("ab", ["after_end"])


def test_usage_comes_with_the_end_and_nothing_is_made_up():
    counted = {
        "input_tokens": 7, "output_tokens": 5, "total_tokens": 12,
        "input_tokens_details": {"cached_tokens": 3}, "output_tokens_details": {"reasoning_tokens": 2},
    }  # fmt: skip
    _, _, response = decode(ended(usage=counted))
    usage = response.usage
    assert (usage.input, usage.output, usage.total, usage.cached, usage.reasoning) == (7, 5, 12, 3, 2)
    assert (usage.cache_write, usage.raw) == (None, counted)
    assert decode(ended(usage=None))[2].usage is None


# --- what is odd ---


def test_an_event_of_tomorrow_is_unknown_and_kept_as_it_came():
    event = {"type": "response.hologram.delta", "sequence_number": 1, "delta": "a"}
    _, told, response = decode(event, ended())
    (unknown,) = [one for one in told if isinstance(one, Unknown)]
    assert (unknown.type, json.loads(unknown.data), unknown.frame) == (event["type"], event, 1)
    assert (response.verdict, codes(told)) == ("complete", [])


def test_a_known_event_that_adds_nothing_is_not_unknown():
    names = [
        "response.queued",
        "response.web_search_call.searching",
        "response.mcp_list_tools.completed",
        "keepalive",
    ]
    _, told, _ = decode(*({"type": name} for name in names), ended())
    assert (unknowns(told), deltas(told), codes(told)) == ([], [], [])


def test_the_data_s_type_counts_where_the_event_s_name_is_another():
    body = sse(*numbered(CREATED, text("a"), text("b"), ended()))
    renamed = body.replace(b"event: response.output_text.delta", b"event: response.refusal.delta", 1)
    hidden = renamed.replace(b"event: response.completed", b"event: response.output_text.delta")
    _, told, response = decode_body(hidden)
    assert (response.text, response.refusal, response.verdict) == ("ab", "", "complete")
    assert [(e.code, e.frame) for e in told if isinstance(e, Lint)] == [
        ("event_name_mismatch", 1),
        ("event_name_mismatch", 3),
    ]


def test_a_refusal_under_a_text_s_name_is_no_text():
    refusal = {**text("no"), "type": "response.refusal.delta"}
    body = sse(*numbered(CREATED, refusal, ended()))
    renamed = body.replace(b"event: response.refusal.delta", b"event: response.output_text.delta")
    _, told, response = decode_body(renamed)
    assert (response.text, response.refusal, codes(told)) == ("", "no", ["event_name_mismatch"])


def test_without_a_type_the_event_s_name_counts():
    event = {key: value for key, value in text("a").items() if key != "type"}
    body = b"event: response.output_text.delta\ndata: " + json.dumps(event).encode() + b"\n\n"
    _, told, response = decode_body(sse(CREATED) + body + sse(ended()))
    assert (response.text, response.verdict, codes(told)) == ("a", "complete", [])


def test_damaged_data_is_a_finding_and_what_follows_counts():
    _, told, response = decode_body(sse(CREATED) + b"data: {oops\n\ndata: [1]\n\n" + sse(text("a"), ended()))
    assert (response.text, codes(told), unknowns(told)) == ("a", ["malformed_json"], ["array"])


# --- sync ---

THOUGHT = {
    "type": "reasoning", "id": "rs", "encrypted_content": "gAAA", "summary": [{"type": "summary_text", "text": "hm"}]
}  # fmt: skip
SEARCH = {
    "type": "web_search_call",
    "id": "ws",
    "status": "completed",
    "action": {"type": "search", "query": "q"},
}
ANSWER = message(whole_text("so", {"type": "url_citation", "url": "u"}))
CALL = function('{"a":1}')
TOTAL = {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12}


def test_a_sync_answer_leaves_what_its_stream_would():
    end = ended(THOUGHT, SEARCH, ANSWER, CALL, usage=TOTAL)
    place = {"output_index": 0, "summary_index": 0}
    _, _, streamed = decode(
        added(THOUGHT | {"summary": []}), {"type": "response.reasoning_summary_text.delta", "delta": "hm", **place},
        done(THOUGHT), added({"type": "web_search_call", "id": "ws"}, 1), done(SEARCH, 1),
        added(message(), 2), text("s", 2), text("o", 2), done(ANSWER, 2),
        added(function(), 3), arguments('{"a"', 3), arguments(":1}", 3), done(CALL, 3), end,
    )  # fmt: skip
    decoder, told, response = sync(end["response"])
    assert response == streamed
    assert deltas(told) == [
        ("thinking", "hm", 0),
        ("tool_input", "", 1),
        ("tool_input", '{"type":"search","query":"q"}', 1),
        ("text", "so", 2),
        ("tool_input", "", 3),
        ("tool_input", '{"a":1}', 3),
    ]
    assert all(event.frame is None for event in told)
    assert (decoder.terminated, codes(told)) == (True, [])


@pytest.mark.parametrize(
    ("item", "given"),
    [
        (function('{"x":1}', "incomplete"), '{"x":1}'),
        (CUSTOM | {"input": "*** Be", "status": "incomplete"}, "*** Be"),
    ],
)
def test_a_cut_call_in_a_sync_answer_is_cut(item, given):
    _, told, response = sync(ended(item, status="incomplete")["response"])
    (call,) = response.tool_calls
    assert (call.arguments, call.input, call.complete) == (given, None, False)
    assert codes(told) == ["cut_tool_input"]


@pytest.mark.parametrize(
    ("body", "verdict", "failure"),
    [
        (
            ended(status="failed", error={"code": "server_error", "message": "Oh"})["response"],
            "error",
            "server_error",
        ),
        (ended(status="queued")["response"], "error", "not_ready"),
        (ended(status="in_progress")["response"], "error", "not_ready"),
        ({"error": QUOTA}, "error", "insufficient_quota"),
        ({"object": "list"}, "truncated", None),
    ],
)
def test_other_sync_answers(body, verdict, failure):
    decoder, _, response = sync(body)
    assert (response.verdict, decoder.failure and decoder.failure.type) == (verdict, failure)


# --- anything ---

KINDS = [
    "response.created", "response.output_item.added", "response.output_item.done", "response.content_part.added",
    "response.content_part.done", "response.output_text.delta", "response.output_text.done",
    "response.output_text.annotation.added", "response.refusal.done", "response.reasoning_summary_text.delta",
    "response.function_call_arguments.delta", "response.function_call_arguments.done",
    "response.custom_tool_call_input.done", "response.code_interpreter_call_code.delta",
    "response.image_generation_call.partial_image", "response.completed", "response.incomplete", "response.failed",
    "error", "message", "reasoning", "function_call", "custom_tool_call", "web_search_call", "output_text", "refusal",
]  # fmt: skip
FIELDS = [
    "type", "sequence_number", "output_index", "content_index", "summary_index", "item_id", "item", "part", "delta",
    "text", "refusal", "arguments", "input", "code", "annotation", "annotations", "partial_image_b64", "response",
    "output", "content", "summary", "action", "id", "call_id", "name", "status", "usage", "error", "object",
    "incomplete_details", "encrypted_content", "input_tokens_details",
]  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 3)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)
typed = st.builds(
    lambda kind, fields: fields | {"type": kind},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5),
)


@settings(deadline=None)
@given(st.lists(typed, max_size=6), json_values)
def test_no_json_makes_it_raise(events, value):
    decode_body(sse(*events) + b"data: " + json.dumps(value).encode() + b"\n\n")
    sync(value)


@pytest.mark.parametrize("odd", [[], {}, None, 1, True])
def test_a_type_that_is_no_word_is_no_trouble(odd):
    item = {"type": odd, "content": [{"type": odd}], "summary": odd}
    _, told, response = decode(added(item), added(item), text("a"), done(item), ended(item, odd))
    assert (response.text, response.verdict) == ("a", "complete")
    assert "tool_index_reused" not in codes(told)

"""Responses' streams and sync answers: what no recording has, and what must not be lost or counted twice."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, Lint, Timings, Unknown
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol

pytestmark = pytest.mark.streaming

PROTOCOL = "openai-responses"
CREATED = {"type": "response.created", "response": {"id": "r", "model": "m", "status": "in_progress"}}


def numbered(*events, start=0):
    return [{"sequence_number": n, **event} for n, event in enumerate(events, start)]


def sse(*events):
    """Each event under its own type's name."""
    return b"".join(
        b"event: " + event["type"].encode() + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
        for event in events
    )


def result(decoder, events, verdict):
    return decoder, events, decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)


def decode_body(body):
    return result(*run_decoder(PROTOCOL, [body]))


def decode(*events):
    """The events, numbered from 0 and headed by `response.created`."""
    return decode_body(sse(*numbered(CREATED, *events)))


def sync(message):
    decoder = get_protocol(PROTOCOL).decoder(Origin.of_run("r"))
    events = decoder.decode_sync(json.dumps(message).encode(), 5)
    verdict, rest = decoder.finish(6)
    return result(decoder, [*events, *rest], verdict)


def codes(events):
    return [event.code for event in events if isinstance(event, Lint)]


def deltas(events):
    return [(event.lane, event.content, event.index) for event in events if isinstance(event, Delta)]


def unknowns(events):
    return [event.type for event in events if isinstance(event, Unknown)]


# --- events, as servers send them ---


def text(delta, index=0, **more):
    return {
        "type": "response.output_text.delta", "output_index": index, "content_index": 0, "delta": delta, **more
    }  # fmt: skip


def text_done(whole, index=0, **more):
    return {
        "type": "response.output_text.done", "output_index": index, "content_index": 0, "text": whole, **more
    }  # fmt: skip


def part_done(part, index=0, number=0):
    return {
        "type": "response.content_part.done",
        "output_index": index,
        "content_index": number,
        "part": part,
    }


def added(item, index=0):
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(item, index=0):
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def arguments(delta, index=0):
    return {"type": "response.function_call_arguments.delta", "output_index": index, "delta": delta}


def arguments_done(whole, index=0):
    return {"type": "response.function_call_arguments.done", "output_index": index, "arguments": whole}


def whole_text(words, *annotations):
    return {"type": "output_text", "text": words, "annotations": list(annotations)}


def message(*parts):
    return {
        "type": "message",
        "id": "msg",
        "role": "assistant",
        "status": "completed",
        "content": list(parts),
    }


def function(given="", status="completed", call_id="c1", name="add"):
    return {
        "type": "function_call", "id": "fc", "call_id": call_id, "name": name, "arguments": given, "status": status
    }  # fmt: skip


def ended(*output, status="completed", **more):
    response = {
        "id": "r",
        "model": "m",
        "object": "response",
        "status": status,
        "output": list(output),
        **more,
    }
    return {"type": f"response.{status}", "response": response}


# --- sequence numbers ---


def test_a_gap_is_told_with_both_numbers_and_the_rest_counts():
    events = numbered(CREATED, text("a"), text("b"), text("c"), ended())
    _, told, response = decode_body(sse(*events[:2], *events[3:]))
    (lint,) = [event for event in told if isinstance(event, Lint)]
    assert (lint.code, lint.frame) == ("sequence_gap", 2)
    assert "sequence_number 3, and the last one had 1" in lint.message
    assert (response.text, response.verdict) == ("ac", "complete")


def test_the_whole_text_gives_a_lost_end_back_and_tells_of_it():
    events = numbered(CREATED, text("a"), text("b"), text_done("ab"), ended())
    _, told, response = decode_body(sse(*events[:2], *events[3:]))
    assert (response.text, codes(told)) == ("ab", ["sequence_gap", "done_differs"])


@pytest.mark.parametrize("twice", [1, 2, 3])
def test_an_event_that_comes_twice_counts_once(twice):
    events = numbered(CREATED, text("a"), text("b"), added(function(), 1), arguments("{}", 1), ended())
    _, told, response = decode_body(sse(*events[: twice + 1], *events[twice:]))
    assert (response.text, codes(told)) == ("ab", ["sequence_repeat"])
    assert [call.id for call in response.tool_calls] == ["c1"]


def test_another_event_under_an_old_number_counts():
    events = numbered(CREATED, text("a"), text("b"))
    odd = {**text("c"), "sequence_number": 1}
    _, told, response = decode_body(sse(*events, odd, odd | {"delta": "d"}, *numbered(ended(), start=3)))
    assert (response.text, codes(told)) == ("abcd", ["sequence_repeat"])


def test_one_number_for_all_events_loses_nothing():
    same = [{**event, "sequence_number": 0} for event in (CREATED, text("a"), text("a"), ended())]
    _, told, response = decode_body(sse(*same))
    assert (response.text, response.verdict, codes(told)) == ("aa", "complete", ["sequence_repeat"])


def test_no_numbers_at_all_are_no_finding():
    _, told, response = decode_body(sse(CREATED, text("a"), text("a"), ended()))
    assert (response.text, response.verdict, codes(told)) == ("aa", "complete", [])


# --- a resumed leg ---


def test_a_resumed_leg_needs_no_beginning_and_misses_none_of_its_own_text():
    events = numbered(
        text(" c"), text(" d"), text_done("a b c d"), part_done(whole_text("a b c d")),
        done(message(whole_text("a b c d"))), ended(message(whole_text("a b c d"))), start=6,
    )  # fmt: skip
    decoder, told, response = decode_body(sse(*events))
    assert (response.text, response.verdict, codes(told)) == (" c d", "complete", [])
    assert (response.id, decoder.terminated) == ("r", True)


def test_a_resumed_leg_has_gaps_of_its_own():
    events = numbered(text("c"), text("d"), text("e"), ended(), start=6)
    _, told, response = decode_body(sse(events[0], *events[2:]))
    assert (response.text, codes(told)) == ("ce", ["sequence_gap"])


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


# --- texts ---


@pytest.mark.parametrize(
    "events",
    [
        [text_done("ab"), part_done(whole_text("ab")), done(message(whole_text("ab")))],
        [part_done(whole_text("ab")), done(message(whole_text("ab")))],
        [added(message()), done(message(whole_text("ab")))],
        [added(message())],
        [],
    ],
)
def test_a_text_that_comes_only_whole_is_one_delta(events):
    _, told, response = decode(*events, ended(message(whole_text("ab"))))
    assert (deltas(told), codes(told), response.text) == ([("text", "ab", 0)], [], "ab")


def test_a_text_of_deltas_is_not_counted_again_in_its_four_whole_forms():
    _, told, response = decode(
        added(message()), text("a"), text("b"), text_done("ab"), part_done(whole_text("ab")),
        done(message(whole_text("ab"))), ended(message(whole_text("ab"))),
    )  # fmt: skip
    assert (deltas(told), response.text, codes(told)) == (
        [("text", "a", 0), ("text", "b", 0)],
        "ab",
        [],
    )


def test_another_whole_text_is_told_once_and_the_deltas_are_kept():
    other = whole_text("xyz")
    _, told, response = decode(
        text("a"), text_done("xyz"), part_done(other), done(message(other)), ended(message(other))
    )
    (lint,) = [event for event in told if isinstance(event, Lint)]
    assert (lint.code, lint.frame, response.text) == ("done_differs", 2, "a")
    assert "`response.output_text.done`" in lint.message


def test_two_parts_of_one_message_are_compared_each_with_its_own():
    _, told, response = decode(
        text("a"), text("b", content_index=1), text_done("a"), text_done("b", content_index=1),
        ended(message(whole_text("a"), whole_text("b"))),
    )  # fmt: skip
    assert (response.text, codes(told)) == ("ab", [])


def test_items_are_joined_by_their_index_whatever_their_ids_are():
    first, second = message(whole_text("ab")), function('{"a":1}')
    _, told, response = decode(
        added(message() | {"id": "i1"}), added(function(), 1),
        text("a", item_id="i2"), arguments('{"a"', 1) | {"item_id": "i3"}, text("b", item_id="i4"),
        arguments(":1}", 1) | {"item_id": "i5"}, text_done("ab", item_id="i6"),
        done(first | {"id": "i7"}), done(second | {"id": "i8"}, 1),
        ended(second | {"id": "i9"}, first | {"id": "i10"}),
    )  # fmt: skip
    (call,) = response.tool_calls
    assert (response.text, call.index, call.input, codes(told)) == ("ab", 1, {"a": 1}, [])


def test_without_an_index_the_item_s_id_joins():
    events = [
        added(message() | {"id": "i1"}, 4), added(function() | {"id": "i2"}, 5),
        {"type": "response.output_text.delta", "item_id": "i1", "delta": "a"},
        {"type": "response.function_call_arguments.delta", "item_id": "i2", "delta": "{}"},
        ended(),
    ]  # fmt: skip
    _, told, response = decode(*events)
    assert deltas(told) == [("tool_input", "", 5), ("text", "a", 4), ("tool_input", "{}", 5)]
    assert response.tool_calls[0].input == {}


def test_a_refusal_has_its_lane_and_makes_the_answer_refused():
    refusal = {"type": "refusal", "refusal": "No way"}
    place = {"output_index": 0, "content_index": 0}
    _, told, response = decode(
        {"type": "response.refusal.delta", "delta": "No ", **place},
        {"type": "response.refusal.delta", "delta": "way", **place},
        {"type": "response.refusal.done", "refusal": "No way", **place},
        part_done(refusal), done(message(refusal)), ended(message(refusal)),
    )  # fmt: skip
    assert deltas(told) == [("refusal", "No ", 0), ("refusal", "way", 0)]
    assert (response.text, response.refusal, response.verdict) == ("", "No way", "refused")
    assert (response.finish_reason_raw, response.finish_reason, codes(told)) == ("completed", "refusal", [])


def test_summaries_and_raw_reasoning_are_thinking_and_count_once():
    item = {
        "type": "reasoning", "id": "rs",
        "summary": [{"type": "summary_text", "text": "One"}, {"type": "summary_text", "text": "Two"}],
        "content": [{"type": "reasoning_text", "text": "raw"}],
    }  # fmt: skip
    summary = {"type": "response.reasoning_summary_text.delta", "output_index": 0}
    _, told, response = decode(
        added({"type": "reasoning", "id": "rs", "summary": []}),
        summary | {"summary_index": 0, "delta": "One"},
        {"type": "response.reasoning_summary_text.done", "output_index": 0, "summary_index": 0, "text": "One"},
        {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "raw"},
        summary | {"summary_index": 1, "delta": "Two"},
        {"type": "response.reasoning_text.done", "output_index": 0, "content_index": 0, "text": "raw"},
        done(item), ended(item),
    )  # fmt: skip
    assert [content for _, content, _ in deltas(told)] == ["One", "raw", "Two"]
    assert (response.thinking, response.blocks, codes(told)) == ("OnerawTwo", (), [])


def test_encrypted_reasoning_is_kept_for_the_next_turn():
    sealed = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "gAAA"}
    _, _, response = decode(added(sealed | {"encrypted_content": "g"}), done(sealed), ended(sealed))
    assert response.blocks == (sealed,)
    _, _, late = decode(added({"type": "reasoning", "summary": []}), done(sealed), ended(sealed))
    assert late.blocks == (sealed,)


# --- tool calls ---


def test_arguments_that_come_only_whole_are_one_delta():
    _, told, response = decode(
        added(function()), arguments_done('{"a":1}'), done(function('{"a":1}')), ended(function('{"a":1}'))
    )
    assert deltas(told) == [("tool_input", "", 0), ("tool_input", '{"a":1}', 0)]
    (call,) = response.tool_calls
    assert (call.id, call.name, call.input, call.complete) == ("c1", "add", {"a": 1}, True)
    assert (response.finish_reason_raw, response.finish_reason, codes(told)) == ("completed", "tool_use", [])


def test_a_call_that_only_the_end_tells_of_is_taken():
    _, _, response = decode(text("a"), ended(message(whole_text("a")), function('{"a":1}')))
    assert [(call.id, call.input) for call in response.tool_calls] == [("c1", {"a": 1})]


def test_cut_arguments_are_no_input_although_they_are_said_to_be_done():
    cut = function('{"x":48151', "incomplete")
    _, told, response = decode(
        added(function(status="in_progress")), arguments('{"x":48'), arguments("151"), arguments_done('{"x":48151'),
        done(cut), ended(cut, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
    )  # fmt: skip
    (call,) = response.tool_calls
    assert (call.arguments, call.input, call.complete) == ('{"x":48151', None, False)
    assert (response.verdict, codes(told)) == ("cut_by_limit", ["cut_tool_input"])


@pytest.mark.parametrize("before", [[], [arguments('{"x":1}')], [arguments_done('{"x":1}')]])
def test_a_call_whose_item_is_incomplete_is_cut_even_if_its_text_looks_whole(before):
    cut = function('{"x":1}', "incomplete")
    _, told, response = decode(
        added(function(status="in_progress")), *before, done(cut), ended(cut, status="incomplete")
    )
    (call,) = response.tool_calls
    assert (call.arguments, call.input, call.complete) == ('{"x":1}', None, False)
    assert codes(told) == ["cut_tool_input"]


def test_a_call_without_arguments_is_whole_only_when_the_response_is():
    _, _, whole = decode(added(function()), ended())
    assert [(call.input, call.complete) for call in whole.tool_calls] == [({}, True)]
    _, told, cut = decode(added(function()))
    assert [(call.input, call.complete) for call in cut.tool_calls] == [(None, False)]
    assert codes(told) == ["cut_tool_input", "missing_terminator"]


CUSTOM = {"type": "custom_tool_call", "id": "ct", "call_id": "c2", "name": "patch", "input": ""}


def custom_input(delta):
    return {"type": "response.custom_tool_call_input.delta", "output_index": 0, "delta": delta}


def test_a_custom_tool_s_input_is_text():
    whole = CUSTOM | {"input": "*** Begin"}
    _, told, response = decode(
        added(CUSTOM), custom_input("*** "), custom_input("Begin"),
        {"type": "response.custom_tool_call_input.done", "output_index": 0, "input": "*** Begin"},
        done(whole), ended(whole),
    )  # fmt: skip
    (call,) = response.tool_calls
    assert (call.id, call.name, call.input, call.complete) == ("c2", "patch", "*** Begin", True)
    assert [content for _, content, _ in deltas(told)] == ["", "*** ", "Begin"]


def test_a_custom_tool_s_text_that_breaks_off_is_cut_although_no_parser_can_tell():
    _, told, response = decode(added(CUSTOM), custom_input("*** Be"))
    (call,) = response.tool_calls
    assert (call.arguments, call.input, call.complete) == ("*** Be", None, False)
    assert codes(told) == ["cut_tool_input", "missing_terminator"]


def test_a_custom_tool_s_text_is_whole_in_a_response_that_is():
    _, told, response = decode(added(CUSTOM), custom_input("*** Be"), ended())
    assert [(call.input, call.complete) for call in response.tool_calls] == [("*** Be", True)]
    assert codes(told) == []


def test_two_calls_under_one_index_are_kept_apart():
    _, told, response = decode(
        added(function()), arguments('{"a":1}'), added(function(call_id="c9", name="sub")), arguments('{"b":2}'),
        ended(),
    )  # fmt: skip
    assert [(call.id, call.input) for call in response.tool_calls] == [("c1", {"a": 1}), ("c9", {"b": 2})]
    assert codes(told) == ["tool_index_reused"]


@pytest.mark.parametrize(
    ("started", "whole", "tool", "shown"),
    [
        ({"type": "web_search_call"}, {"action": {"type": "search", "query": "q"}}, "web_search",
         '{"type":"search","query":"q"}'),
        ({"type": "file_search_call", "queries": []}, {"queries": ["q"]}, "file_search", '["q"]'),
        ({"type": "mcp_call", "name": "ask", "arguments": ""}, {"arguments": "{}", "output": "o"}, "ask", "{}"),
        ({"type": "image_generation_call"}, {"result": "AAAA"}, "image_generation", ""),
        ({"type": "time_travel_call", "name": "back"}, {"year": 1}, "back", ""),
    ],
)  # fmt: skip
def test_what_the_server_runs_is_a_block_and_no_call_of_ours(started, whole, tool, shown):
    item = {"id": "x", **started, **whole, "status": "completed"}
    _, told, response = decode(added({"id": "x", **started}), done(item), ended(item))
    assert (response.blocks, response.tool_calls, response.finish_reason) == ((item,), (), "stop")
    assert {event.tool for event in told if isinstance(event, Delta)} == {tool}
    assert "".join(content for _, content, _ in deltas(told)) == shown
    assert codes(told) == []


def test_an_unfinished_block_holds_what_came_of_its_code():
    code = {"type": "response.code_interpreter_call_code.delta", "output_index": 0}
    started = {"type": "code_interpreter_call", "id": "ci", "code": "", "outputs": []}
    _, _, response = decode(added(started), code | {"delta": "1 +"}, code | {"delta": " 1"})
    assert response.blocks == (started | {"code": "1 + 1"},)


def test_the_last_partial_image_is_kept_until_the_whole_one():
    started = {"type": "image_generation_call", "id": "ig", "status": "in_progress"}
    partial = {"type": "response.image_generation_call.partial_image", "output_index": 0}
    events = [added(started), partial | {"partial_image_b64": "AA"}, partial | {"partial_image_b64": "BB"}]
    assert decode(*events)[2].blocks == (started | {"partial_image_b64": "BB"},)
    whole = started | {"status": "completed", "result": "CC"}
    assert decode(*events, done(whole), ended(whole))[2].blocks == (whole,)


# --- what only the end tells ---


def test_blocks_that_only_the_end_tells_of_are_kept_once():
    search = {"type": "web_search_call", "id": "w1", "action": {"type": "search", "query": "q"}}
    again = search | {"id": "w2", "action": {"type": "search", "query": "p"}}
    sealed = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "gAAA"}
    _, told, response = decode(
        added(search), done(search), text("a", 1), ended(sealed, search, again, message(whole_text("a")))
    )
    assert [block["id"] for block in response.blocks] == ["w1", "rs", "w2"]
    assert (response.text, response.thinking, codes(told)) == ("a", "", [])


def test_citations_count_once_wherever_they_come_first():
    one, two = {"type": "url_citation", "url": "u"}, {"type": "url_citation", "url": "v"}
    note = {
        "type": "response.output_text.annotation.added", "output_index": 0, "content_index": 0, "annotation": one
    }  # fmt: skip
    both = message(whole_text("a", one, two))
    assert decode(text("a"), note, done(both), ended(both))[2].citations == (one, two)
    assert decode(text("a"), note, ended(both))[2].citations == (one, two)
    assert decode(text("a"), ended(both))[2].citations == (one, two)


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

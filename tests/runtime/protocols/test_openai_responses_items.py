"""Responses' output items: texts, tool calls and blocks, each counted once and none lost."""

from __future__ import annotations

import pytest

from helpers_responses import (
    CUSTOM,
    added,
    arguments,
    arguments_done,
    codes,
    decode,
    deltas,
    done,
    ended,
    function,
    message,
    part_done,
    text,
    text_done,
    whole_text,
)
from pipeline_runtime.events import Delta, Lint

pytestmark = pytest.mark.streaming

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


@pytest.mark.parametrize("item", [function('{"x":1}', "incomplete"), CUSTOM | {"status": "incomplete"}])
def test_a_call_that_is_said_to_be_cut_stays_so_in_a_response_that_is_whole(item):
    _, _, response = decode(added(item), done(item), ended(item))
    assert [(call.input, call.complete) for call in response.tool_calls] == [(None, False)]


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
    whole = part_done(whole_text("a", one, two))
    assert decode(text("a"), whole, done(both), ended(both))[2].citations == (one, two)
    bare = part_done(whole_text("a"))
    assert decode(text("a"), note, bare, done(both), ended(both))[2].citations == (one, two)

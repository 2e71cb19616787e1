"""Tool calls of Chat Completions, in all the ways in which servers number and cut them."""

from __future__ import annotations

import pytest

from helpers_chat import DONE, chunk, codes, decode, deltas, sync, tool

pytestmark = pytest.mark.streaming


def test_tool_fragments_join_by_index_and_name_the_tool():
    _, events, _, response = decode(
        chunk(tool(0, "", "a", "f")),
        chunk(tool(1, "", "b", "g")),
        chunk(tool(0, '{"x":')),
        chunk(tool(1, "{}")),
        chunk(tool(0, "1}")),
        chunk({}, "tool_calls"),
        DONE,
    )
    assert [row[2:] for row in deltas(events)] == [
        (0, "", "f"),
        (1, "", "g"),
        (0, '{"x":', "f"),
        (1, "{}", "g"),
        (0, "1}", "f"),
    ]
    assert [(call.id, call.name, call.input) for call in response.tool_calls] == [
        ("a", "f", {"x": 1}),
        ("b", "g", {}),
    ]


@pytest.mark.parametrize("arguments", [None, ""])
def test_a_tool_without_arguments_is_an_empty_object(arguments):
    fragment = tool(0, arguments, "a", "f")
    fragment["tool_calls"][0]["function"].setdefault("arguments", None)
    _, events, _, response = decode(chunk(fragment), chunk({}, "tool_calls"), DONE)
    assert deltas(events) == [("tool_input", 0, 0, "", "f")]
    assert [(call.arguments, call.input, call.complete) for call in response.tool_calls] == [("{}", {}, True)]


def test_whole_calls_under_one_index_are_kept_apart_and_told():
    _, events, _, response = decode(
        chunk(tool(0, '{"a":1}', "x", "f")),
        chunk(tool(0, '{"a":2}', "y", "f")),
        chunk(tool(0, "", "y")),
        chunk({}, "tool_calls"),
        DONE,
    )
    assert [(call.index, call.id, call.input) for call in response.tool_calls] == [
        (0, "x", {"a": 1}),
        (1, "y", {"a": 2}),
    ]
    assert codes(events) == [("tool_index_reused", 1)]


def test_an_index_that_was_given_away_opens_a_third_call():
    _, _, _, response = decode(
        chunk(tool(0, '{"a":1}', "x", "f")),
        chunk(tool(0, "{}", "y", "g")),
        chunk(tool(1, "[]", "z", "h")),
        DONE,
    )
    assert [(call.index, call.id, call.arguments) for call in response.tool_calls] == [
        (0, "x", '{"a":1}'),
        (1, "y", "{}"),
        (2, "z", "[]"),
    ]


def test_a_name_that_comes_late_is_told():
    _, events, _, _ = decode(
        chunk(tool(0, "", "x")), chunk(tool(0, "", None, "f")), chunk({}, "tool_calls"), DONE
    )
    assert deltas(events) == [("tool_input", 0, 0, "", None), ("tool_input", 0, 0, "", "f")]


def test_calls_without_an_index_are_told_apart_by_id_or_name():
    _, _, _, response = decode(
        chunk(tool(None, '{"a":', "x", "f")),
        chunk(tool(None, "1}")),
        chunk(tool(None, "{}", "y", "g")),
        chunk(tool(None, "{}", None, "h")),
        chunk(tool(None, None, "x")),
        chunk({}, "tool_calls"),
        DONE,
    )
    assert [(call.name, call.arguments) for call in response.tool_calls] == [
        ("f", '{"a":1}'),
        ("g", "{}"),
        ("h", "{}"),
    ]


def test_arguments_that_are_an_object_and_the_legacy_function_call():
    _, _, _, response = decode(chunk(tool(0, {"a": 1}, "x", "f")), chunk({}, "tool_calls"), DONE)
    assert response.tool_calls[0].arguments == '{"a":1}'
    _, _, verdict, response = decode(
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": "{}"}}),
        chunk({}, "function_call"),
        DONE,
    )
    assert [(call.name, call.input) for call in response.tool_calls] == [("f", {})]
    assert (response.finish_reason, verdict) == ("tool_use", "complete")


def test_a_tool_call_that_ends_with_stop_is_a_tool_call_and_told():
    parts = [chunk(tool(0, "{}", "x", "f")), chunk({}, "stop"), DONE]
    _, events, verdict, response = decode(*parts)
    assert (response.finish_reason_raw, response.finish_reason, verdict) == ("stop", "tool_use", "complete")
    assert codes(events) == [("stop_with_tool_call", 1)]


@pytest.mark.parametrize(
    ("parts", "complete"),
    [
        ([chunk(tool(0, "", "a", "f"))], False),
        ([chunk(tool(0, None, "a", "f")), chunk({}, "length"), DONE], False),
        ([chunk(tool(0, "", "a", "f")), chunk({}, "tool_calls")], True),
        ([chunk(tool(0, "", "a", "f")), chunk({}, "stop"), DONE], True),
        ([chunk(tool(0, "", "a", "f")), DONE], True),
        ([chunk(tool(0, "{}", "a", "f"))], True),
        ([chunk(tool(0, '{"x"', "a", "f")), chunk({}, "tool_calls"), DONE], False),
    ],
    ids=["cut", "limit", "reason", "stop", "done", "told", "half"],
)
def test_a_call_whose_arguments_never_came_is_whole_only_where_the_answer_is(parts, complete):
    _, events, _, response = decode(*parts)
    assert [call.complete for call in response.tool_calls] == [complete]
    assert ("cut_tool_input" in [code for code, _ in codes(events)]) is not complete


def test_arguments_without_a_json_value_are_null_and_told():
    _, events, _, response = decode(
        chunk(tool(0, '{"x": NaN, "y": 1e999}', "a", "f")), chunk({}, "tool_calls"), DONE
    )
    (call,) = response.tool_calls
    assert (call.input, call.arguments) == ({"x": None, "y": None}, '{"x": NaN, "y": 1e999}')
    assert codes(events) == [("lenient_tool_input", None)]


def custom(index, text="", call_id=None, name=None):
    given = {"name": name} if name else {}
    call = {"index": index, "custom": {**given, "input": text}}
    return {"tool_calls": [call | ({"id": call_id, "type": "custom"} if call_id else {})]}


def test_a_custom_tool_gets_plain_text():
    _, events, _, response = decode(
        chunk(custom(0, "", "a", "calculate")),
        chunk(custom(0, "4 +")),
        chunk(custom(0, " 4")),
        chunk({}, "tool_calls"),
        DONE,
    )
    assert [row[2:] for row in deltas(events)] == [
        (0, "", "calculate"),
        (0, "4 +", "calculate"),
        (0, " 4", "calculate"),
    ]
    (call,) = response.tool_calls
    assert (call.id, call.name, call.arguments, call.input, call.complete) == (
        "a",
        "calculate",
        "4 + 4",
        "4 + 4",
        True,
    )


def test_plain_text_that_a_limit_cut_is_cut_although_it_cannot_show():
    _, events, verdict, response = decode(
        chunk(custom(0, "", "a", "calculate")), chunk(custom(0, "4 +")), chunk({}, "length"), DONE
    )
    assert [call.complete for call in response.tool_calls] == [False]
    assert (codes(events), verdict) == ([("cut_tool_input", None)], "cut_by_limit")


def test_a_custom_tool_of_a_sync_answer_is_whole():
    message = {"tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "calculate", "input": "4"}}]}
    choices = [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
    decoder, _, _ = sync({"object": "chat.completion", "choices": choices})
    (draft,) = decoder.assembly.choice().tools.values()
    assert (draft.call().name, draft.call().input, draft.call().complete) == ("calculate", "4", True)


@pytest.mark.parametrize(
    "delta",
    [{"function_call": {"name": "", "arguments": ""}}, {"tool_calls": [{"index": 0, "function": {}}]}],
)
def test_what_names_nothing_and_holds_nothing_is_no_call(delta):
    _, events, _, response = decode(chunk({"content": "Hi", **delta}), chunk({}, "stop"), DONE)
    assert (response.tool_calls, response.finish_reason, codes(events)) == ((), "stop", [])


def test_calls_that_only_a_last_whole_message_has_are_taken():
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
    whole = chunk(finish="tool_calls")
    whole["choices"] = [
        {"index": 0, "message": {"content": "Hi", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    ]
    _, _, _, response = decode(chunk({"content": "Hi"}), whole, DONE)
    assert response.text == "Hi"
    assert [(call.id, call.name, call.input) for call in response.tool_calls] == [("a", "f", {"x": 1})]


def test_calls_that_a_last_whole_message_repeats_count_once():
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    whole = chunk(finish="tool_calls")
    whole["choices"] = [{"index": 0, "message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]
    _, _, _, response = decode(chunk(tool(0, "{}", "a", "f")), whole, DONE)
    assert len(response.tool_calls) == 1

"""Anthropic's tools: named, joined, cut, and run by the server."""

from __future__ import annotations

import pytest

from helpers_anthropic import STOP, TEXT, block, codes, decode, delta, deltas, end, start, stop

pytestmark = pytest.mark.streaming


def test_a_tool_is_named_in_each_of_its_deltas_and_joined():
    _, events, _, response = decode(
        start(),
        block(1, type="tool_use", id="t1", name="weather", input={}),
        delta(1, "input_json_delta", partial_json=""),
        delta(1, "input_json_delta", partial_json='{"city":'),
        delta(1, "input_json_delta", partial_json=' "Rome"}'),
        stop(1),
        end("tool_use"),
        STOP,
    )
    assert deltas(events) == [
        ("tool_input", 1, "", "weather", 1),
        ("tool_input", 1, '{"city":', "weather", 3),
        ("tool_input", 1, ' "Rome"}', "weather", 4),
    ]
    (call,) = response.tool_calls
    assert (call.index, call.id, call.arguments, call.input) == (
        1,
        "t1",
        '{"city": "Rome"}',
        {"city": "Rome"},
    )


def test_a_tool_input_that_comes_whole_at_its_start_is_told():
    _, events, _, response = decode(
        start(), block(0, type="tool_use", id="t", name="f", input={"a": 1}), stop(0), end("tool_use"), STOP
    )
    assert deltas(events)[-1] == ("tool_input", 0, '{"a":1}', "f", 2)
    assert response.tool_calls[0].input == {"a": 1}


def test_deltas_win_over_an_input_at_the_start():
    _, events, _, response = decode(
        start(),
        block(0, type="tool_use", id="t", name="f", input={"a": 1}),
        delta(0, "input_json_delta", partial_json='{"a":1}'),
        stop(0),
        end("tool_use"),
        STOP,
    )
    assert [row[2] for row in deltas(events)] == ["", '{"a":1}']
    assert response.tool_calls[0].arguments == '{"a":1}'


def test_cut_tool_arguments_are_not_complete():
    _, events, verdict, response = decode(
        start(),
        block(0, type="tool_use", id="t", name="f", input={}),
        delta(0, "input_json_delta", partial_json='{"a": "b'),
        end("max_tokens"),
        STOP,
    )
    (call,) = response.tool_calls
    assert (call.arguments, call.input, call.complete) == ('{"a": "b', None, False)
    assert (verdict, codes(events)) == ("cut_by_limit", [("cut_tool_input", None)])


def test_a_server_tool_is_shown_as_it_builds_and_kept_whole():
    _, events, _, response = decode(
        start(),
        block(0, type="server_tool_use", id="s", name="web_search", input={}),
        delta(0, "input_json_delta", partial_json='{"query": "x"}'),
        stop(0),
        block(1, type="web_search_tool_result", tool_use_id="s", content=[{"url": "u"}]),
        stop(1),
        end(),
        STOP,
    )
    assert [row[:4] for row in deltas(events)] == [
        ("tool_input", 0, "", "web_search"),
        ("tool_input", 0, '{"query": "x"}', "web_search"),
    ]
    assert response.tool_calls == ()
    assert response.blocks == (
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]},
    )


def tool_block(index=0):
    return block(index, type="tool_use", id="t", name="f", input={})


EMPTY = delta(0, "input_json_delta", partial_json="")


@pytest.mark.parametrize(
    ("events", "complete"),
    [
        ([tool_block()], False),
        ([tool_block(), EMPTY], False),
        ([tool_block(), EMPTY, stop(0)], True),
        ([tool_block(), EMPTY, stop(0), end("tool_use"), STOP], True),
        ([tool_block(), end("tool_use"), STOP], True),
        ([tool_block(), end("max_tokens"), STOP], False),
        ([tool_block(), EMPTY, stop(0), end("max_tokens"), STOP], False),
        (
            [tool_block(), EMPTY, stop(0), block(1, type="text", text="x"), stop(1), end("max_tokens"), STOP],
            True,
        ),
        ([tool_block(), delta(0, "input_json_delta", partial_json="{}"), end("max_tokens"), STOP], True),
    ],
)
def test_a_tool_whose_input_never_came_is_whole_only_where_that_was_its_end(events, complete):
    _, made, _, response = decode(start(), *events)
    assert [call.complete for call in response.tool_calls] == [complete]
    assert ("cut_tool_input" in [code for code, _ in codes(made)]) is not complete


def test_a_ping_is_no_progress():
    decoder, _, _, _ = decode(start(), {"type": "ping"}, *TEXT, {"type": "ping"}, end(), STOP)
    assert decoder.progress == 6


def test_two_tools_under_one_index_are_kept_apart_and_told():
    _, made, _, response = decode(
        start(), tool_block(), delta(0, "input_json_delta", partial_json='{"a":1}'), stop(0),
        block(0, type="tool_use", id="u", name="g", input={}), delta(0, "input_json_delta", partial_json='{"b":'),
        delta(0, "input_json_delta", partial_json="2}"), stop(0),
        block(1, type="text", text="x"), delta(1, "text_delta", text="y"), stop(1), end("tool_use"), STOP,
    )  # fmt: skip
    assert [(call.index, call.id, call.input) for call in response.tool_calls] == [
        (0, "t", {"a": 1}),
        (1, "u", {"b": 2}),
    ]
    assert (response.text, codes(made)) == ("xy", [("block_index_reused", 4)])
    assert [row[1] for row in deltas(made) if row[0] == "text"] == [2, 2]


def test_a_start_that_comes_late_is_no_second_block():
    _, made, _, response = decode(
        start(), delta(0, "text_delta", text="a"), block(0, type="text", text="b"), end(), STOP
    )
    assert (response.text, [code for code, _ in codes(made)]) == ("ab", ["delta_without_start"])


def test_a_message_that_is_whole_at_its_start_is_taken_then():
    called = {"type": "tool_use", "id": "t", "name": "roll", "input": {"player": "one"}}
    _, events, verdict, response = decode(
        start(content=[{"type": "text", "text": "Hi"}, called], stop_reason="tool_use"), STOP
    )
    assert deltas(events) == [
        ("text", 0, "Hi", None, 0),
        ("tool_input", 1, "", "roll", 0),
        ("tool_input", 1, '{"player":"one"}', "roll", 0),
    ]
    (call,) = response.tool_calls
    assert (call.id, call.name, call.input, call.complete) == ("t", "roll", {"player": "one"}, True)
    assert (response.text, response.finish_reason_raw, response.finish_reason, verdict) == (
        "Hi",
        "tool_use",
        "tool_use",
        "complete",
    )
    assert codes(events) == []


def test_blocks_go_on_after_those_of_the_message_s_start():
    _, events, _, response = decode(
        start(content=[{"type": "text", "text": "Kept. "}]),
        block(1, type="text", text=""),
        delta(1, "text_delta", text="New."),
        stop(1),
        end(),
        STOP,
    )
    assert (response.text, codes(events)) == ("Kept. New.", [])

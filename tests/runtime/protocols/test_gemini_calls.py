"""Gemini's function calls: whole ones, and ones whose arguments are streamed."""

from __future__ import annotations

import pytest

from helpers_gemini import answer, call, candidate, codes, decode
from pipeline_runtime.events import Delta, Lint

pytestmark = pytest.mark.streaming


def piece(path, value, more=False):
    return {"jsonPath": path, "stringValue": value} | ({"willContinue": True} if more else {})


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


def test_another_id_ends_a_call_that_was_left_open():
    _, _, response = decode(
        answer(candidate(call("one", id="c1", partialArgs=[piece("$.a", "x")], willContinue=True))),
        answer(candidate(call(id="c2", partialArgs=[piece("$.b", "y")]), finish="STOP")),
    )
    assert [(c.id, c.input) for c in response.tool_calls] == [("c1", {"a": "x"}), ("c2", {"b": "y"})]


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

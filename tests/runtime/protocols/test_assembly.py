"""What an assembly gives out at any time, and the JSON reader beneath it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.events import FallbackInfo, Timings, Usage
from pipeline_runtime.protocols.assembly import Assembly, ToolDraft
from pipeline_runtime.protocols.jsontext import as_count, as_index, parse

TIMINGS = Timings(total=9)


def test_an_empty_assembly_is_an_empty_response():
    response = Assembly().response(delivery="sync", timings=TIMINGS, verdict="truncated")
    assert (response.text, response.delivery, response.timings, response.verdict) == (
        "",
        "sync",
        TIMINGS,
        "truncated",
    )
    assert (response.usage, response.model, response.choices, response.blocks) == (None, None, (), ())


def test_what_the_stream_knows_is_filled_in():
    fallback = FallbackInfo("refused", "server", "words")
    response = Assembly().response(
        delivery="buffered", timings=TIMINGS, verdict="complete", request_id="req_1", fallback=fallback
    )
    assert (response.delivery, response.request_id, response.fallback) == ("buffered", "req_1", fallback)


def test_a_snapshot_does_not_end_the_assembly():
    assembly = Assembly()
    choice = assembly.choice()
    assert not assembly.has_content
    choice.text.append("a")
    assert assembly.has_content
    before = assembly.response(delivery="stream", timings=TIMINGS)
    choice.text.append("b")
    assert (before.text, assembly.response(delivery="stream", timings=TIMINGS).text) == ("a", "ab")


def test_choices_come_in_the_order_of_their_index():
    assembly = Assembly()
    assembly.choice(1).text.append("second")
    assembly.choice(0).text.append("first")
    response = assembly.response(delivery="stream", timings=TIMINGS)
    assert (response.text, [choice.text for choice in response.choices]) == ("first", ["first", "second"])


def test_an_empty_model_or_id_does_not_undo_one_that_was_given():
    assembly = Assembly()
    assembly.identify(model="m", response_id="1")
    assembly.identify(model="", response_id=None)
    assert (assembly.model, assembly.id) == ("m", "1")


def test_usage_is_the_last_of_each_count():
    assembly = Assembly()
    assembly.merge_usage({"a": 1, "b": 2}, lambda raw: Usage(input=raw["a"], raw=raw))
    assembly.merge_usage({"a": 5, "b": None}, lambda raw: Usage(input=raw["a"], raw=raw))
    assert assembly.usage == Usage(input=5, raw={"a": 5, "b": 2})


def test_a_block_joins_what_its_deltas_add():
    assembly = Assembly()
    tool = assembly.add_block({"type": "mcp_tool_use", "input": {}})
    cut = assembly.add_block({"type": "mcp_tool_use", "input": {}})
    bare = assembly.add_block({"type": "server_tool_use", "input": {"a": 1}})
    bare.add("input", "")
    tool.add("input", '{"q":')
    tool.add("input", "1}")
    cut.add("input", '{"q":')
    unsigned = assembly.add_block({"type": "thinking", "thinking": "", "signature": ""})
    unsigned.add("thinking", "x")
    blocks = assembly.response(delivery="stream", timings=TIMINGS).blocks
    assert [block["input"] for block in blocks] == [{"q": 1}, '{"q":', {"a": 1}]


@given(st.lists(st.sampled_from(['{"a"', ":", "[1,", " 2]", "}", " "])))
@settings(deadline=None)
def test_a_call_is_complete_exactly_when_its_arguments_are_json(fragments):
    draft = ToolDraft(0, "t", "f")
    draft.fragments = fragments
    call = draft.call()
    text = "".join(fragments)
    try:
        value = json.loads(text)
    except ValueError:
        value = {} if not text.strip() else None
    assert (call.input, call.complete) == (value, value is not None)


def test_lenient_json_is_read_and_told():
    value, flaw = parse('{"a": NaN, "b": "x\\ud83d", "c": "\\ud83d\\ude00", "d": [-Infinity, 1e999, 2e3]}')
    assert flaw == "lenient_json"
    assert value == {"a": None, "b": "x\ufffd", "c": "\U0001f600", "d": [None, None, 2000.0]}


@pytest.mark.parametrize(
    "number", ["NaN", "1e400", "-1e400", "18446744073709551616", "1" * 400, "-9" * 1 + "9" * 30]
)
def test_whatever_number_was_read_the_log_can_hold_it_unchanged(number):
    value, _ = parse(f'{{"a": {number}, "b": "\\ud83d"}}')
    assert msgspec.json.decode(msgspec.json.encode(value)) == value


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{'a':1}", "nul", "[" * 100_000, '{"a":1}x', "1" * 5000])
def test_malformed_json_is_told_and_raises_nothing(text):
    assert parse(text) == (None, "malformed_json")


def test_counts_and_indexes_are_whole_numbers():
    assert [as_count(value) for value in (3, True, 2.5, "4", None)] == [3, None, None, None, None]
    assert [as_index(value) for value in (0, -1, None)] == [0, None, None]

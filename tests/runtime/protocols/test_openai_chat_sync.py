"""The sync form of Chat Completions, and what no JSON may do to either form."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_chat import DONE, chunk, decode, deltas, sync, tool
from pipeline_runtime.events import Delta, Lint, Timings, Unknown

pytestmark = pytest.mark.streaming


def test_a_sync_body_leaves_what_a_stream_would():
    calls = [
        {"id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
        {"id": "u", "type": "function", "function": {"name": "g", "arguments": ""}},
    ]
    message = {
        "role": "assistant",
        "content": "Hi",
        "reasoning_content": "Hm",
        "refusal": None,
        "tool_calls": calls,
    }
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    decoder, events, verdict = sync(
        {
            "id": "c1",
            "object": "chat.completion",
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
            "usage": usage,
        }
    )
    assert deltas(events) == [
        ("thinking", 0, 0, "Hm", None),
        ("text", 0, 0, "Hi", None),
        ("tool_input", 0, 0, '{"a":1}', "f"),
        ("tool_input", 0, 1, "", "g"),
    ]
    assert {(event.at, event.frame) for event in events} == {(42, None)}
    _, _, _, expected = decode(
        chunk({"reasoning_content": "Hm"}),
        chunk({"content": "Hi"}),
        chunk(tool(0, '{"a":1}', "t", "f")),
        chunk(tool(1, "", "u", "g")),
        chunk({}, "tool_calls"),
        chunk(usage=usage),
        DONE,
    )
    assert decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict) == expected


@pytest.mark.parametrize(
    ("body", "kinds", "verdict"),
    [
        (b"", [Lint], "truncated"),
        (b"[]", [Unknown], "truncated"),
        (b'{"hello": 1}', [Unknown], "truncated"),
        (b'{"error":{"message":"no"}}', [], "error"),
        (b'{"choices":[{"message":{"content":null},"finish_reason":"length"}]}', [], "cut_by_limit"),
        (b'{"choices":[{"message":{"content":"x"}}]}', [Delta, Lint], "complete"),
    ],
)
def test_odd_sync_bodies(body, kinds, verdict):
    _, events, found = sync(body)
    assert ([type(event) for event in events], found) == (kinds, verdict)


FIELDS = [
    "choices", "index", "delta", "message", "content", "tool_calls", "function", "arguments", "name", "id", "usage",
    "error", "type", "text", "thinking", "reasoning_details", "finish_reason", "refusal", "annotations",
]  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(
    st.lists(
        json_values | st.builds(chunk, st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3)),
        max_size=5,
    )
)
def test_no_json_makes_it_raise(parts):
    decode(*(f"data: {json.dumps(part)}\n\n" for part in parts), DONE)
    for part in parts:
        sync(json.dumps(part).encode())

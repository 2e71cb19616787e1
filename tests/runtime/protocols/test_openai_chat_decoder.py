"""Chat Completions where compatible servers stray from the recordings, and the sync form."""

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

DONE = "data: [DONE]\n\n"


def chunk(delta=None, finish=None, index=0, **more):
    """A chunk of one choice; without a delta and a finish reason it has no choices."""
    choices = []
    if delta is not None or finish is not None:
        choices = [{"index": index, "delta": delta or {}, "finish_reason": finish}]
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": choices, **more}


def sse(*parts):
    return "".join(
        part
        if isinstance(part, str)
        else f"data: {json.dumps(part, separators=(',', ':'), ensure_ascii=False)}\n\n"
        for part in parts
    ).encode()


def decode(*parts):
    decoder, events, verdict = run_decoder("openai-chat", [sse(*parts)])
    return (
        decoder,
        events,
        verdict,
        decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict),
    )


def codes(events):
    return [(event.code, event.frame) for event in events if isinstance(event, Lint)]


def deltas(events):
    return [(e.lane, e.choice, e.index, e.content, e.tool) for e in events if isinstance(e, Delta)]


def unknown(events):
    return [(event.type, event.frame) for event in events if isinstance(event, Unknown)]


def tool(index, arguments=None, call_id=None, name=None):
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    call = {"index": index, "id": call_id, "function": function}
    return {"tool_calls": [{key: value for key, value in call.items() if value is not None}]}


def test_text_is_joined_and_the_role_chunk_is_no_delta():
    _, events, verdict, response = decode(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Par"}),
        chunk({"content": "is"}),
        chunk({}, "stop"),
        DONE,
    )
    assert deltas(events) == [("text", 0, 0, "Par", None), ("text", 0, 0, "is", None)]
    assert (response.text, response.finish_reason_raw, response.finish_reason, verdict) == (
        "Paris",
        "stop",
        "stop",
        "complete",
    )
    assert (response.id, response.model, response.choices) == ("c1", "m", ())


def test_several_choices_interleave_and_stay_apart():
    _, events, verdict, response = decode(
        chunk({"content": "a"}),
        chunk({"content": "x"}, index=1),
        chunk({"content": "b"}),
        chunk({}, "stop"),
        chunk(tool(0, "{}", "t", "f"), index=1),
        chunk({}, "tool_calls", index=1),
        DONE,
    )
    assert [(row[1], row[3]) for row in deltas(events)] == [(0, "a"), (1, "x"), (0, "b"), (1, "{}")]
    assert [(choice.index, choice.text, choice.finish_reason) for choice in response.choices] == [
        (0, "ab", "stop"),
        (1, "x", "tool_use"),
    ]
    assert (response.text, response.tool_calls, verdict) == ("ab", (), "complete")
    assert response.choices[1].tool_calls[0].name == "f"


def test_a_choice_that_never_finished_makes_it_truncated():
    _, _, verdict, _ = decode(chunk({"content": "a"}, "stop"), chunk({"content": "x"}, index=1))
    assert verdict == "truncated"


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "Hm"},
        {"reasoning": "Hm", "content": ""},
        {"reasoning": "Hm", "reasoning_content": "Hm", "content": None},
        {"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
        {"reasoning": None, "reasoning_details": [{"type": "reasoning.summary", "summary": "Hm"}]},
        {
            "content": [
                {
                    "type": "thinking",
                    "thinking": [{"type": "text", "text": "H"}, {"type": "text", "text": "m"}],
                }
            ]
        },
        {"content": [{"type": "thinking", "thinking": "Hm"}]},
    ],
)
def test_reasoning_is_thinking_once_however_it_is_sent(delta):
    _, events, _, response = decode(chunk(delta), chunk({"content": "Ok"}), chunk({}, "stop"), DONE)
    assert (response.thinking, response.text, response.blocks) == ("Hm", "Ok", ())
    assert [row[0] for row in deltas(events)] == ["thinking", "text"]
    assert unknown(events) == []


def test_content_parts_of_other_kinds_and_signed_details_are_kept():
    part = {"type": "reference", "reference_ids": [1]}
    detail = {"type": "reasoning.text", "text": "", "signature": "s"}
    _, _, _, response = decode(
        chunk({"content": [{"type": "text", "text": "a"}, part]}),
        chunk({"reasoning_details": [detail]}),
        chunk({}, "stop"),
        DONE,
    )
    assert (response.text, response.blocks) == ("a", (part, detail))


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


def test_a_choice_without_a_usable_index_is_known_by_its_place():
    odd = chunk({"content": "b"}, index=-1)
    del odd["choices"][0]["finish_reason"]
    _, events, _, response = decode(chunk({"content": "a"}), odd, chunk({}, "stop"), DONE)
    assert (response.text, response.choices) == ("ab", ())
    assert [row[1] for row in deltas(events)] == [0, 0]


def test_citations_are_the_last_list_and_annotations_are_added():
    _, _, _, response = decode(
        chunk({"content": "a"}, citations=["u"]),
        chunk({"content": "b"}, citations=["u", "v"]),
        chunk({}, "stop"),
        DONE,
    )
    assert (response.text, response.citations) == ("ab", ("u", "v"))
    _, _, _, response = decode(
        chunk({"annotations": [{"url": "u"}]}), chunk({"annotations": [{"url": "v"}]}), DONE
    )
    assert response.citations == ({"url": "u"}, {"url": "v"})


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


def test_a_refusal_has_its_lane_and_its_verdict():
    _, events, verdict, response = decode(
        chunk({"refusal": "I"}), chunk({"refusal": " can't"}), chunk({}, "stop"), DONE
    )
    assert [row[0] for row in deltas(events)] == ["refusal", "refusal"]
    assert (response.refusal, response.text, verdict) == ("I can't", "", "refused")
    assert (response.finish_reason_raw, response.finish_reason) == ("stop", "refusal")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}, (3, 4, 7, None, None)),
        ({"x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}}, (3, 4, None, None, None)),
        (
            {"usage": {"prompt_tokens": 3, "prompt_cache_hit_tokens": 2, "reasoning_tokens": 1}},
            (3, None, None, 2, 1),
        ),
        ({"usage": {"input_tokens": 3, "output_tokens": 4}}, (3, 4, None, None, None)),
        (
            {"usage": {"prompt_tokens": 3, "prompt_tokens_details": None, "completion_tokens": "x"}},
            (3, None, None, None, None),
        ),
    ],
)
def test_usage_is_found_where_servers_put_it(more, expected):
    _, _, _, response = decode(chunk({"content": "a"}, "stop"), chunk(**more), DONE)
    usage = response.usage
    assert (usage.input, usage.output, usage.total, usage.cached, usage.reasoning) == expected


def test_usage_in_a_choice_and_on_every_chunk_is_cumulative():
    inside = chunk({"content": "a"})
    inside["choices"][0]["usage"] = {"prompt_tokens": 3, "completion_tokens": 1}
    _, events, _, response = decode(
        inside,
        chunk({"content": "b"}, usage={"prompt_tokens": 3, "completion_tokens": 2}),
        chunk({}, "stop"),
        DONE,
    )
    assert (response.text, response.usage.input, response.usage.output) == ("ab", 3, 2)
    assert len(deltas(events)) == 2


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (chunk(error={"code": 400, "message": "Token limit reached"}), "invalid_request_error", False),
        (chunk(error={"code": 502, "message": "Provider gone"}), "api_error", True),
        ({"error": {"type": "overloaded_error", "message": "busy"}}, "overloaded_error", True),
        ({"error": "plain words"}, "api_error", False),
        (
            {"object": "error", "message": "bad", "type": "BadRequestError", "code": 400},
            "BadRequestError",
            False,
        ),
        (chunk({"content": ""}, x_groq={"error": "over capacity"}), "api_error", False),
    ],
)
def test_an_error_in_a_chunk_is_a_failure_whatever_follows(error, kind, retryable):
    decoder, _, verdict, response = decode(
        chunk({"content": "a"}), chunk({}, "stop"), error, chunk(usage={"prompt_tokens": 1}), DONE
    )
    assert (verdict, response.text, response.usage.input) == ("error", "a", 1)
    assert (decoder.failure.type, decoder.failure.retryable) == (kind, retryable)
    assert decoder.failure.message


def test_an_error_event_is_a_failure_whatever_its_data():
    decoder, _, verdict, _ = decode('event: error\ndata: {"message":"stop here","status_code":503}\n\n')
    assert (verdict, decoder.failure.message, decoder.failure.retryable) == ("error", "stop here", True)


def test_null_errors_are_none():
    decoder, _, verdict, _ = decode(chunk({"content": "a"}, "stop", error=None), chunk(error={}), DONE)
    assert (decoder.failure, verdict) == (None, "complete")


def test_a_whole_message_in_one_chunk_is_read_once():
    message = {
        "role": "assistant",
        "content": "all",
        "tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "{}"}}],
    }
    faked = chunk()
    faked["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
    _, events, _, response = decode(faked, DONE)
    assert (response.text, len(response.tool_calls), len(deltas(events))) == ("all", 1, 2)
    _, _, _, response = decode(chunk({"content": "al"}), chunk({"content": "l"}), faked, DONE)
    assert response.text == "all"


def test_legacy_text_is_text():
    legacy = chunk()
    legacy["choices"] = [{"index": 0, "text": "old"}]
    assert decode(legacy, DONE)[3].text == "old"


def test_what_is_unknown_is_told():
    _, events, _, response = decode(
        chunk({"content": "a", "audio": {"id": "x"}, "sparkle": None}),
        chunk(weather={"sun": True}),
        'event: progress\ndata: {"percent":5}\n\n',
        {"type": "content-delta", "delta": {}},
        chunk({}, "stop"),
        DONE,
    )
    assert unknown(events) == [("delta.audio", 0), ("weather", 1), ("progress", 2), ("content-delta", 3)]
    assert response.text == "a"


@pytest.mark.parametrize(
    ("parts", "verdict", "lints"),
    [
        ([chunk({"content": "a"}, "stop")], "complete", ["missing_terminator"]),
        ([chunk({"content": "a"}), DONE], "complete", ["no_finish_reason"]),
        ([chunk({"content": "a"})], "truncated", ["missing_terminator"]),
        ([chunk({"content": "a"}, "length"), DONE], "cut_by_limit", []),
        ([chunk({"content": "a"}, "content_filter"), DONE], "refused", []),
        ([chunk({"content": "a"}, "error"), DONE], "error", []),
        ([chunk({"content": "a"}, "mystery"), DONE], "complete", []),
        ([": keepalive\n\n"], "truncated", ["empty_stream"]),
        ([DONE], "complete", ["no_finish_reason"]),
        ([chunk({"content": "a"}, "stop"), "data: {oops\n\n", DONE], "complete", ["malformed_json"]),
        ([chunk({"content": "a"}, "stop"), DONE, chunk({"content": "b"})], "complete", ["after_end"]),
        (['data: {"choices":[{"delta":{"content":"a"},"logprobs":NaN,"finish_reason":"stop"}]}\n\n', DONE], "complete", ["lenient_json"]),
    ],
)  # fmt: skip
def test_the_verdict_and_what_only_shows_at_the_end(parts, verdict, lints):
    decoder, events, found, _ = decode(*parts)
    assert (found, [code for code, _ in codes(events)]) == (verdict, lints)
    assert decoder.terminated == (DONE in parts)


def test_the_typed_way_and_the_general_way_agree():
    plain = [
        chunk({"content": "a"}),
        chunk({"reasoning": "t"}),
        chunk({"content": None, "refusal": "r"}),
        chunk({"content": "x"}, index=1),
    ]
    typed = decode(*plain, DONE)
    general = decode(*({**part, "citations": None, "x_groq": {"id": "r"}} for part in plain), DONE)
    assert deltas(typed[1]) == deltas(general[1])
    assert typed[3] == general[3]


# --- sync ---


def sync(body):
    decoder = get_protocol("openai-chat").decoder(Origin.of_run("r"))
    events = decoder.decode_sync(body if isinstance(body, bytes) else json.dumps(body).encode(), 42)
    verdict, lints = decoder.finish(43)
    return decoder, events + lints, verdict


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

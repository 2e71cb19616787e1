"""Anthropic's stream where it strays from the recordings, and its sync form."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from anthropic.types.beta import BetaStopReason
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_anthropic import STOP, TEXT, block, codes, decode, delta, deltas, end, sse, start, stop
from helpers_wire import run_decoder
from pipeline_runtime.events import Delta, FrameReceived, Lint, Timings, Unknown
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.anthropic_fields import FINISH_REASONS

pytestmark = pytest.mark.streaming


def test_each_frame_is_an_event_before_what_it_means():
    _, events, verdict, response = decode(start(), *TEXT, end(), STOP)
    kinds = [type(event).__name__ for event in events]
    assert kinds == ["FrameReceived"] * 3 + ["Delta"] + ["FrameReceived"] * 3
    first = events[0]
    assert (first.run, first.step, first.attempt, first.n, first.event) == ("r", "s", 1, 0, "message_start")
    assert (verdict, response.text, response.finish_reason) == ("complete", "Hi", "stop")


def test_a_delta_carries_the_arrival_of_its_frame():
    wire = get_protocol("anthropic")
    decoder = wire.decoder(Origin.of_run("r"))
    _, events, _ = run_decoder("anthropic", [sse(start(), TEXT[0]), sse(TEXT[1])])
    made = [event for event in events if isinstance(event, Delta)]
    assert [(event.at, event.frame) for event in made] == [(1000, 2)]
    assert decoder.finish(5)[0] == "truncated"


def test_usage_is_merged_and_never_added():
    _, _, _, response = decode(
        start(usage={"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 4}),
        end(output_tokens=7),
        end(output_tokens=12, cache_read_input_tokens=None, output_tokens_details={"thinking_tokens": 3}),
        STOP,
    )
    usage = response.usage
    assert (usage.input, usage.output, usage.cached, usage.cache_write, usage.reasoning) == (
        9,
        12,
        4,
        None,
        3,
    )
    assert usage.raw == {
        "input_tokens": 9,
        "output_tokens": 12,
        "cache_read_input_tokens": 4,
        "output_tokens_details": {"thinking_tokens": 3},
    }


def test_signatures_compaction_and_redacted_thinking_are_kept():
    _, events, _, response = decode(
        start(),
        block(0, type="thinking", thinking="", signature=""),
        delta(0, "thinking_delta", thinking="Hm"),
        delta(0, "thinking_delta", thinking="m"),
        delta(0, "signature_delta", signature="sig"),
        stop(0),
        block(1, type="redacted_thinking", data="xyz"),
        stop(1),
        block(2, type="compaction", content=""),
        delta(2, "compaction_delta", content="summary"),
        stop(2),
        end(),
        STOP,
    )
    assert response.thinking == "Hmm"
    assert response.blocks == (
        {"type": "thinking", "thinking": "Hmm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "compaction", "content": "summary"},
    )
    assert [row[0] for row in deltas(events)] == ["thinking", "thinking"]


def test_what_is_unknown_is_kept_and_told():
    _, events, verdict, _ = decode(
        start(),
        TEXT[0],
        delta(0, "sound_delta", sound="la"),
        {"type": "message_mood", "mood": "good"},
        stop(0),
        end(),
        STOP,
    )
    unknown = [(event.type, event.frame) for event in events if isinstance(event, Unknown)]
    assert unknown == [("sound_delta", 2), ("message_mood", 3)]
    assert verdict == "complete"


def test_pings_and_padding_mean_nothing():
    body = (
        'event: ping\ndata: {"type": "ping"}\n\nevent: message_stop\ndata: {"type":"message_stop"      }\n\n'
    )
    _, events, _, _ = decode(start(), *TEXT, end(), body)
    assert [type(event) for event in events[-2:]] == [FrameReceived, FrameReceived]


@pytest.mark.parametrize(
    ("data", "code"),
    [("{oops", "malformed_json"), ("", "malformed_json"), ("[DONE]", "unexpected_done")],
)
def test_data_that_is_no_event_is_a_lint_and_the_frame_stays(data, code):
    _, events, verdict, response = decode(start(), *TEXT, f"event: data\ndata: {data}\n\n", end(), STOP)
    assert codes(events) == [(code, 4)]
    assert (verdict, response.text) == ("complete", "Hi")


def test_json_that_is_no_object_is_unknown():
    _, events, _, _ = decode(
        start(), *(f"data: {value}\n\n" for value in ("[1]", "2", '"x"', "null", "true")), STOP
    )
    assert [e.type for e in events if isinstance(e, Unknown)] == [
        "array",
        "number",
        "string",
        "null",
        "boolean",
    ]


def test_nesting_without_end_is_malformed_and_does_not_raise():
    _, events, _, _ = decode(start(), f"event: content_block_delta\ndata: {'[' * 50_000}\n\n", STOP)
    assert codes(events)[0] == ("malformed_json", 1)


def test_half_a_surrogate_pair_is_read_leniently():
    body = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\\ud83d"}}\n\n'
    _, events, _, response = decode(start(), TEXT[0], body, stop(0), end(), STOP)
    assert (response.text, codes(events)) == ("a\ufffd", [("lenient_json", 2)])


def test_events_without_names_are_read_and_told_once():
    _, events, verdict, response = decode(start(), *TEXT, end(), STOP, named=False)
    assert (response.text, verdict) == ("Hi", "complete")
    assert codes(events) == [("unnamed_event", 0)]


def test_a_name_that_differs_from_the_type_is_told():
    _, events, _, response = decode(
        start(), TEXT[0], sse(TEXT[1]).decode().replace("event: content", "event: "), end(), STOP
    )
    assert response.text == "Hi"
    assert codes(events) == [("event_name_mismatch", 2)]


def test_a_spliced_second_message_keeps_both_halves_apart():
    tool = [
        block(0, type="tool_use", id="t", name="f", input={}),
        delta(0, "input_json_delta", partial_json="{}"),
        stop(0),
    ]
    _, events, _, response = decode(start(), *tool, start(id="msg_2"), *tool, end("tool_use"), STOP)
    assert codes(events) == [("second_message_start", 4)]
    assert [(call.index, call.arguments) for call in response.tool_calls] == [(0, "{}"), (1, "{}")]
    assert response.id == "msg_2"


def test_a_delta_for_a_block_that_never_began_is_kept():
    _, events, _, response = decode(
        start(),
        delta(3, "text_delta", text="lost"),
        delta(4, "input_json_delta", partial_json="{}"),
        end(),
        STOP,
    )
    assert response.text == "lost"
    assert [call.arguments for call in response.tool_calls] == ["{}"]
    assert codes(events) == [("delta_without_start", 1), ("delta_without_start", 2)]


def test_content_after_the_end_is_told_and_kept():
    _, events, verdict, response = decode(start(), *TEXT, end(), STOP, delta(0, "text_delta", text="!"))
    assert (response.text, verdict) == ("Hi!", "complete")
    assert codes(events) == [("after_end", 6)]


@pytest.mark.parametrize(
    ("events", "verdict", "lints"),
    [
        ([start(), *TEXT, end()], "complete", ["missing_terminator"]),
        ([start(), *TEXT, STOP], "complete", ["no_finish_reason"]),
        ([start(), *TEXT], "truncated", ["missing_terminator"]),
        ([": ping\n\n"], "truncated", ["empty_stream"]),
        ([], "truncated", ["empty_stream"]),
        ([start(), *TEXT, end("refusal"), STOP], "refused", []),
        ([start(), *TEXT, end("model_context_window_exceeded")], "cut_by_limit", ["missing_terminator"]),
        ([start(), end("stop_sequence"), STOP], "complete", []),
        ([start(), *TEXT, end("a_new_reason"), STOP], "complete", []),
    ],
)
def test_the_verdict_and_what_only_shows_at_the_end(events, verdict, lints):
    _, made, found, _ = decode(*events)
    assert (found, [code for code, _ in codes(made)]) == (verdict, lints)


def test_an_error_inside_the_stream_is_a_failure_and_keeps_the_partial():
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    decoder, events, verdict, response = decode(start(), *TEXT[:2], error)
    assert (verdict, response.text, response.finish_reason) == ("error", "Hi", None)
    assert (decoder.failure.type, decoder.failure.message, decoder.failure.retryable) == (
        "overloaded_error",
        "Overloaded",
        True,
    )
    assert not decoder.terminated
    assert codes(events) == []


def test_the_first_of_two_errors_counts():
    errors = [
        {"type": "error", "error": {"type": kind, "message": kind}} for kind in ("api_error", "timeout_error")
    ]
    assert decode(start(), *errors)[0].failure.type == "api_error"


def test_an_event_cut_at_the_end_counts_when_its_json_is_whole():
    body = sse(start(), *TEXT, end()) + b'event: message_stop\ndata: {"type":"message_stop"}'
    decoder, events, verdict = run_decoder("anthropic", [body])
    assert decoder.terminated
    assert (verdict, codes(events)) == ("complete", [("incomplete_frame", 5)])
    _, events, verdict = run_decoder("anthropic", [body[:-9]])
    assert (verdict, codes(events)) == ("complete", [("incomplete_frame", 5), ("missing_terminator", None)])


def test_thinking_inside_a_text_block_is_thinking_and_told_once():
    _, events, verdict, response = decode(
        start(),
        block(0, type="text", text=""),
        delta(0, "thinking_delta", thinking="Hm"),
        delta(0, "thinking_delta", thinking="."),
        delta(0, "text_delta", text="Yes"),
        stop(0),
        end(),
        STOP,
    )
    assert (response.thinking, response.text, verdict) == ("Hm.", "Yes", "complete")
    assert codes(events) == [("delta_of_another_block", 2)]


def test_every_stop_reason_of_the_sdk_has_a_word():
    assert set(get_args(BetaStopReason)) <= FINISH_REASONS.keys()


def test_a_filter_s_stop_reason_is_a_refusal():
    _, _, verdict, response = decode(start(), *TEXT, end("sensitive"), STOP)
    assert (response.finish_reason, verdict) == ("content_filter", "refused")


def test_a_stop_to_compact_is_a_pause_that_the_next_request_ends():
    _, _, verdict, response = decode(start(), *TEXT, end("compaction"), STOP)
    assert (response.finish_reason_raw, response.finish_reason, verdict) == (
        "compaction",
        "pause",
        "complete",
    )


# --- sync ---


def sync(body):
    decoder = get_protocol("anthropic").decoder(Origin.of_run("r"))
    events = decoder.decode_sync(body if isinstance(body, bytes) else json.dumps(body).encode(), 42)
    verdict, lints = decoder.finish(43)
    return decoder, events + lints, verdict


def test_a_sync_body_leaves_what_a_stream_would():
    content = [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "text", "text": "Hi", "citations": [{"type": "char_location"}]},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1, "é"]}},
        {"type": "tool_use", "id": "u", "name": "g", "input": {}},
    ]
    decoder, events, verdict = sync(
        {
            "type": "message",
            "id": "msg_1",
            "model": "m",
            "content": content,
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 5, "output_tokens": 2},
        }
    )
    assert deltas(events) == [
        ("thinking", 0, "Hm", None, None),
        ("text", 1, "Hi", None, None),
        ("tool_input", 2, "", "f", None),
        ("tool_input", 2, '{"a":[1,"é"]}', "f", None),
        ("tool_input", 3, "", "g", None),
    ]
    assert {event.at for event in events} == {42}
    streamed, _, _, expected = decode(
        start(),
        block(0, type="thinking", thinking="", signature=""),
        delta(0, "thinking_delta", thinking="Hm"),
        delta(0, "signature_delta", signature="s"),
        block(1, type="text", text="", citations=[]),
        delta(1, "citations_delta", citation={"type": "char_location"}),
        delta(1, "text_delta", text="Hi"),
        block(2, type="tool_use", id="t", name="f", input={}),
        delta(2, "input_json_delta", partial_json='{"a":[1,"é"]}'),
        block(3, type="tool_use", id="u", name="g", input={}),
        end("tool_use"),
        STOP,
    )
    assert decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict) == expected
    assert streamed.failure is None


@pytest.mark.parametrize(
    ("body", "kinds", "verdict"),
    [
        (b"<html>", [Lint], "truncated"),
        (b"[]", [Unknown], "truncated"),
        (b'{"hello": 1}', [Unknown], "truncated"),
        (b'{"type":"error","error":{"type":"api_error","message":"no"}}', [], "error"),
        (b'\xef\xbb\xbf{"content":[],"stop_reason":"max_tokens"}', [], "cut_by_limit"),
    ],
)
def test_odd_sync_bodies(body, kinds, verdict):
    _, events, found = sync(body)
    assert ([type(event) for event in events], found) == (kinds, verdict)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "index", "delta", "content_block", "message", "usage", "text", "thinking", "partial_json", "error", "content", "input", "name", "id"]
    ), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
KINDS = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "error",
]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(
    ["index", "delta", "content_block", "message", "usage", "error"]), json_values, max_size=3)), max_size=6), json_values)  # fmt: skip
def test_no_json_makes_it_raise(events, body):
    decode(*({**fields, "type": kind} for kind, fields in events))
    decoder, _, _ = sync(json.dumps(body).encode())
    decoder.assembly.response(delivery="sync", timings=Timings(0))

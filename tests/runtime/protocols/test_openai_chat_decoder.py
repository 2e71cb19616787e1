"""Chat Completions where compatible servers stray from the recordings: texts, usage, errors, ends."""

from __future__ import annotations

import json

import pytest

from helpers_chat import DONE, chunk, codes, decode, deltas, tool, unknown
from pipeline_runtime.events import Lint

pytestmark = pytest.mark.streaming


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
        chunk({"content": "a", "aura": {"id": "x"}, "sparkle": None}),
        chunk(weather={"sun": True}),
        'event: progress\ndata: {"percent":5}\n\n',
        {"type": "content-delta", "delta": {}},
        chunk({}, "stop"),
        DONE,
    )
    assert unknown(events) == [("delta.aura", 0), ("weather", 1), ("progress", 2), ("content-delta", 3)]
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


def whole(text, finish=None):
    return {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}]
    }


@pytest.mark.parametrize(
    ("texts", "text", "lints"),
    [
        (["He", "Hello", "Hello!"], "Hello!", []),
        (["He", "He"], "He", []),
        (["He", "Shallow", "Hello"], "Hello", ["done_differs"]),
        (["He", ""], "He", []),
    ],
)
def test_of_cumulative_messages_only_the_new_part_counts(texts, text, lints):
    *first, last = (whole(one) for one in texts)
    last["choices"][0]["finish_reason"] = "stop"
    _, events, _, response = decode(*first, last, DONE)
    assert (response.text, [code for code, _ in codes(events)]) == (text, lints)
    assert "".join(row[3] for row in deltas(events)) == text


@pytest.mark.parametrize("event", ["ping", "keepalive"])
def test_a_gateways_keepalive_event_is_told_and_is_no_progress(event):
    decoder, events, _, _ = decode(
        chunk({"content": "a"}), f"event: {event}\ndata: {{}}\n\n", chunk({}, "stop"), DONE
    )
    assert (decoder.progress, unknown(events)) == (3, [(event, 1)])


@pytest.mark.parametrize(
    ("block", "fields"),
    [
        ("retry: 3000\n\n", "only `retry:`"),
        ("event: tick\nid: 7\n\n", "`event:` and `id:`"),
        (": hi\nid: 7\n\n", "only `id:`"),
    ],
)
def test_a_block_without_data_is_told(block, fields):
    _, events, _, response = decode(block, chunk({"content": "a"}, "stop"), DONE)
    (lint,) = [event for event in events if isinstance(event, Lint)]
    assert (lint.code, lint.frame, response.text) == ("block_without_data", 0, "a")
    assert f"has {fields} and no data" in lint.message


def test_a_comment_and_a_block_that_was_cut_are_not_told_so():
    _, events, _, _ = decode(": hi\n\n", "\n\n", chunk({"content": "a"}, "stop"), DONE, "retry: 3000\n")
    assert "block_without_data" not in [code for code, _ in codes(events)]


@pytest.mark.parametrize("finish", ["error", None])
def test_an_error_inside_a_choice_is_told_in_its_words(finish):
    """OpenRouter, when a provider breaks off."""
    choice = {
        "index": 0,
        "delta": {"content": ""},
        "finish_reason": finish,
        "error": {"code": 502, "message": "gone"},
    }
    decoder, _, verdict, response = decode(chunk({"content": "a"}), {"choices": [choice]}, DONE)
    assert (verdict, response.text) == ("error", "a")
    assert (decoder.failure.message, decoder.failure.retryable) == ("gone", True)


def test_a_finish_reason_that_is_an_error_without_words_says_so():
    decoder, _, verdict, _ = decode(chunk({"content": "a"}, "error"), DONE)
    assert (verdict, decoder.failure.type) == ("error", "api_error")
    assert "does not say why" in decoder.failure.message


def test_a_status_that_is_a_text_counts():
    error = {"message": "litellm.APIError", "type": None, "code": "500"}
    decoder, _, _, _ = decode(f"data: {json.dumps({'error': error})}\n\n")
    assert (decoder.failure.retryable, decoder.failure.code) == (True, "500")

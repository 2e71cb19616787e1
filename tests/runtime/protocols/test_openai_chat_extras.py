"""What deltas of Chat Completions hold beside text, reasoning and calls."""

from __future__ import annotations

import pytest

from helpers_chat import DONE, chunk, codes, decode, deltas, sync, tool, unknown
from pipeline_runtime.events import Timings

pytestmark = pytest.mark.streaming


def test_what_a_spoken_answer_says_is_text_and_its_sound_one_block():
    _, events, verdict, response = decode(
        chunk({"role": "assistant", "content": None, "audio": {"id": "a1", "transcript": "Good"}}),
        chunk({"audio": {"data": "QUJD"}}),
        chunk({"audio": {"transcript": " day"}}),
        chunk({"audio": {"data": "REVG"}}),
        chunk({"audio": {"expires_at": 7}}),
        chunk({}, "stop"),
        DONE,
    )
    assert [row[:4] for row in deltas(events)] == [("text", 0, 0, "Good"), ("text", 0, 0, " day")]
    assert response.text == "Good day"
    assert response.blocks == ({"type": "audio", "id": "a1", "data": "QUJDREVG", "transcript": "Good day"},)
    assert (unknown(events), verdict) == ([], "complete")


def test_an_audio_object_without_anything_in_it_is_none():
    empty = {"data": "", "expires_at": 0, "id": "", "transcript": ""}
    _, events, _, response = decode(chunk({"content": "Hi", "audio": empty}), chunk({}, "stop"), DONE)
    assert (response.text, response.blocks, unknown(events)) == ("Hi", (), [])


def test_pictures_are_blocks_as_sent():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}, "index": 0}
    _, events, _, response = decode(chunk({"content": "", "images": [picture]}), chunk({}, "stop"), DONE)
    assert (response.blocks, unknown(events)) == ((picture,), [])


def test_a_tool_that_the_server_ran_is_one_block_with_its_output():
    called = {
        "index": 0,
        "type": "search",
        "arguments": '{"query":"rain"}',
        "search_results": {"results": []},
    }
    other = {"index": 1, "type": "python", "arguments": "{}"}
    _, events, _, response = decode(
        chunk({"executed_tools": [called]}),
        chunk({"executed_tools": [other]}),
        chunk({"executed_tools": [{**called, "output": "wet"}]}),
        chunk({"content": "Rain."}),
        chunk({}, "stop"),
        DONE,
    )
    assert response.blocks == ({**called, "output": "wet"}, other)
    assert (response.tool_calls, unknown(events)) == ((), [])


@pytest.mark.parametrize(
    ("holder", "block"),
    [
        ({"thought_signature": "c2ln"}, {"type": "thought_signature", "thought_signature": "c2ln"}),
        (
            {"extra_content": {"google": {"thought_signature": "c2ln"}}, "thought_signature": "c2ln"},
            {"type": "extra_content", "extra_content": {"google": {"thought_signature": "c2ln"}}},
        ),
    ],
)
def test_a_signature_is_kept_once_for_the_next_turn(holder, block):
    _, events, _, response = decode(chunk({"content": "Hi", **holder}), chunk({}, "stop"), DONE)
    assert (response.text, response.blocks, unknown(events)) == ("Hi", (block,), [])


def test_the_signature_of_a_call_names_the_call():
    signed = tool(0, "{}", "call_1", "f")
    signed["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": "c2ln"}}
    _, _, _, response = decode(chunk(signed), chunk({}, "tool_calls"), DONE)
    assert response.blocks == (
        {
            "type": "extra_content",
            "extra_content": {"google": {"thought_signature": "c2ln"}},
            "tool_call_id": "call_1",
        },
    )


def test_a_signature_that_comes_alone_belongs_to_the_last_call():
    signature = {"google": {"thought_signature": "c2ln"}}
    _, _, _, response = decode(
        chunk(tool(0, "{}", "call_1", "f")), chunk({"tool_calls": [{"extra_content": signature}]}), DONE
    )
    assert [call.id for call in response.tool_calls] == ["call_1"]
    assert response.blocks == (
        {"type": "extra_content", "extra_content": signature, "tool_call_id": "call_1"},
    )


@pytest.mark.parametrize(
    "remark",
    [
        {"token_id": 271},
        {"flagged": False, "scores": [0.1, 0.2]},
        {"graph_data": {"sources": None, "status": None, "subqueries": []}},
        {"provider_metadata": {"gateway": {"routing": {"resolvedProvider": "anthropic"}}}},
        {"padding": "abcd"},
    ],
)
def test_remarks_that_say_nothing_of_the_answer_are_not_worth_a_word(remark):
    _, events, _, response = decode(chunk({"content": "Hi", **remark}), chunk({}, "stop"), DONE)
    assert (response.text, response.blocks, unknown(events)) == ("Hi", (), [])


@pytest.mark.parametrize(
    "field", [{"sparkle": "new words"}, {"sparkle": {"deep": ["words"]}}, {"sparkle": [{"text": "words"}]}]
)
def test_a_field_with_words_in_it_is_told(field):
    _, events, _, _ = decode(chunk({"content": "Hi", **field}), chunk({}, "stop"), DONE)
    assert unknown(events) == [("delta.sparkle", 0)]


def test_the_usage_chunk_may_hold_what_else_was_measured():
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    _, events, _, response = decode(
        chunk({"content": "Hi"}),
        chunk({}, "stop"),
        chunk(usage=usage, latency_checkpoint={"engine_ttft_ms": 80}, cost={"usd": 0.1, "currency": "USD"}),
        DONE,
    )
    assert response.usage is not None
    assert (response.usage.total, unknown(events)) == (7, [])


@pytest.mark.parametrize("field", ["search_results", "web_search"])
def test_sources_are_taken_where_there_are_no_citations(field):
    sources = [{"title": "Rain", "url": "https://example.com/rain"}]
    _, _, _, response = decode(chunk({"content": "Wet"}, **{field: sources}), chunk({}, "stop"), DONE)
    assert response.citations == tuple(sources)
    _, _, _, response = decode(
        chunk({"content": "Wet"}, citations=["u"], **{field: sources}), chunk({}, "stop"), DONE
    )
    assert response.citations == ("u",)


@pytest.mark.parametrize(
    "field", ["prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens"]
)
def test_cached_tokens_are_found_wherever_a_server_counts_them(field):
    usage = {"prompt_tokens": 9, "completion_tokens": 4, field: 5}
    _, _, _, response = decode(chunk({"content": "Hi"}), chunk({}, "stop", usage=usage), DONE)
    assert response.usage is not None
    assert response.usage.cached == 5
    usage["prompt_tokens_details"] = {"cached_tokens": 6}
    _, _, _, response = decode(chunk({"content": "Hi"}), chunk({}, "stop", usage=usage), DONE)
    assert response.usage is not None
    assert response.usage.cached == 6


def test_a_sync_message_leaves_the_same():
    message = {
        "role": "assistant",
        "content": None,
        "audio": {"id": "a1", "data": "QUJD", "transcript": "Good day", "expires_at": 7},
        "function_call": {"name": "", "arguments": ""},
        "padding": "abc",
    }
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    decoder, events, verdict = sync({"object": "chat.completion", "choices": choices})
    response = decoder.assembly.response(delivery="sync", timings=Timings(0))
    assert (response.text, response.tool_calls) == ("Good day", ())
    assert response.blocks == (
        {"type": "audio", "id": "a1", "expires_at": 7, "data": "QUJD", "transcript": "Good day"},
    )
    assert (unknown(events), verdict) == ([], "complete")


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_deltas_that_each_hold_the_whole_text_are_told_once(field):
    words = ["A", "A tide", "A tide is", "A tide is a", "A tide is a wave"]
    _, events, _, response = decode(*(chunk({field: text}) for text in words), chunk({}, "stop"), DONE)
    assert codes(events) == [("cumulative_deltas", None)]
    assert "".join(words) in (response.text, response.thinking)


@pytest.mark.parametrize(
    "words", [["ha", "haha", "hahaha"], ["a", "ab", "abc", "abc"], ["A", " tide", " is", " a"]]
)
def test_deltas_that_hold_a_part_each_are_not(words):
    _, events, _, _ = decode(*(chunk({"content": text}) for text in words), chunk({}, "stop"), DONE)
    assert codes(events) == []


def test_thinking_blocks_are_thinking_once_and_signed_ones_are_kept():
    signed = {"type": "thinking", "thinking": "", "signature": "c2ln"}
    _, events, _, response = decode(
        chunk({"reasoning_content": "Hm", "thinking_blocks": [{"type": "thinking", "thinking": "Hm"}]}),
        chunk({"thinking_blocks": [{"type": "thinking", "thinking": ", so"}]}),
        chunk({"content": "", "thinking_blocks": [signed]}),
        chunk({"content": "Yes", "provider_specific_fields": {"citation": {"type": "char_location"}}}),
        chunk({}, "stop"),
        DONE,
    )
    assert (response.thinking, response.text, response.blocks) == ("Hm, so", "Yes", (signed,))
    assert response.citations == ({"type": "char_location"},)
    assert unknown(events) == []

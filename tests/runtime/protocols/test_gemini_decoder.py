"""Gemini's texts, candidates and ends: what no recording has, and what must not be lost."""

from __future__ import annotations

import pytest

from helpers_gemini import answer, candidate, codes, decode, deltas, sse
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.gemini_fields import FINISH_REASONS

pytestmark = pytest.mark.streaming


def test_thoughts_and_text_have_their_lanes():
    _, events, response = decode(
        answer(candidate({"text": "hm", "thought": True})),
        answer(candidate({"text": "so"}, {"text": ""}, finish="STOP")),
    )
    assert deltas(events) == [("thinking", "hm", 0), ("text", "so", 0)]
    assert (response.thinking, response.text, response.verdict) == ("hm", "so", "complete")


@pytest.mark.parametrize(("raw", "reason"), FINISH_REASONS.items())
def test_every_finish_reason_has_a_word_and_a_verdict(raw, reason):
    verdicts = {"length": "cut_by_limit", "content_filter": "refused", "error": "error"}
    decoder, _, response = decode(answer(candidate({"text": "a"}, finish=raw, finishMessage="why")))
    assert (response.finish_reason_raw, response.finish_reason) == (raw, reason)
    assert response.verdict == verdicts.get(reason, "complete")
    failure = decoder.failure
    assert (failure and (failure.type, failure.message)) == ((raw, "why") if reason == "error" else None)


def test_the_sdk_knows_no_other_finish_reason():
    from google.genai.types import FinishReason

    assert set(FINISH_REASONS) == {reason.value for reason in FinishReason}


def test_a_reason_of_tomorrow_is_kept():
    _, _, response = decode(answer(candidate({"text": "a"}, finish="BORED")))
    assert (response.finish_reason_raw, response.finish_reason, response.verdict) == (
        "BORED",
        "other",
        "complete",
    )


@pytest.mark.parametrize(
    ("raw", "retryable"), [("MALFORMED_FUNCTION_CALL", True), ("UNEXPECTED_TOOL_CALL", False)]
)
def test_a_fault_of_the_model_says_what_it_is_and_whether_to_ask_again(raw, retryable):
    decoder, _, _ = decode(answer({"finishReason": raw}))
    assert decoder.failure.message == f"the model stopped with {raw}"
    assert decoder.failure.retryable is retryable


def test_a_blocked_prompt_is_refused_in_the_server_s_words():
    decoder, events, response = decode(
        {
            "promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "No."},
            "usageMetadata": {"promptTokenCount": 4},
        }
    )
    assert (response.verdict, response.finish_reason_raw, response.finish_reason) == (
        "refused",
        "SAFETY",
        "content_filter",
    )
    assert (response.refusal, deltas(events), codes(events)) == ("No.", [("refusal", "No.", 0)], [])
    assert decoder.failure is None
    _, _, bare = decode({"promptFeedback": {"blockReason": "OTHER"}})
    assert (bare.verdict, bare.refusal) == ("refused", "")


def test_the_body_s_end_without_a_reason_is_a_cut():
    decoder, events, response = decode(answer(candidate({"text": "a"})))
    assert (response.verdict, codes(events)) == ("truncated", ["missing_terminator"])
    assert decoder.terminated is False


def test_a_reason_makes_it_whole_and_does_not_end_it():
    decoder, events, response = decode(
        answer(candidate({"text": "a"}, finish="STOP")), answer(candidate({"text": "b"}, finish="STOP"))
    )
    assert (response.text, response.verdict, codes(events)) == ("ab", "complete", [])
    assert decoder.terminated is True


def test_nothing_terminates_before_the_body_s_end():
    decoder = get_protocol("gemini").decoder(Origin.of_run("r"))
    framing = get_protocol("gemini").framing()
    from helpers_wire import chunks_of

    for frame in framing.feed(chunks_of([sse(answer(candidate({"text": "a"}, finish="STOP")))])[0]):
        decoder.decode(frame)
    assert decoder.terminated is False


def test_candidates_without_an_index_are_the_first():
    _, events, response = decode(
        answer(candidate({"text": "a"}), candidate({"text": "x"}, index=1)),
        answer(
            candidate({"text": "y"}, finish="MAX_TOKENS", index=1), candidate({"text": "b"}, finish="STOP")
        ),
    )
    assert [(c.index, c.text, c.finish_reason) for c in response.choices] == [
        (0, "ab", "stop"),
        (1, "xy", "length"),
    ]
    assert response.verdict == "cut_by_limit"
    assert [choice for _, _, choice in deltas(events)] == [0, 1, 1, 0]


def test_a_candidate_that_never_ends_is_a_cut():
    _, _, response = decode(
        answer(candidate({"text": "a"}, finish="STOP"), candidate({"text": "x"}, index=1))
    )
    assert response.verdict == "truncated"


@pytest.mark.parametrize(
    ("number", "reason", "verdict"),
    [
        (1, "stop", "complete"),
        (2, "length", "cut_by_limit"),
        (3, "content_filter", "refused"),
        (4, "content_filter", "refused"),
        (5, "other", "complete"),
        (7, "content_filter", "refused"),
        (99, "other", "complete"),
    ],
)
def test_a_client_that_asked_for_numbers_gets_reasons_as_numbers(number, reason, verdict):
    _, events, response = decode(answer(candidate({"text": "a"}, finish=number)))
    assert (response.finish_reason_raw, response.finish_reason, response.verdict) == (
        str(number),
        reason,
        verdict,
    )
    assert codes(events) == []


def test_a_prompt_blocked_by_number_is_refused():
    _, _, response = decode({"promptFeedback": {"blockReason": 1}})
    assert (response.finish_reason_raw, response.verdict) == ("1", "refused")

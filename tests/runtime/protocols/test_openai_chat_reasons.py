"""Why answers end, in the words of the servers that speak Chat Completions."""

from __future__ import annotations

import pytest

from helpers_chat import DONE, chunk, codes, decode

pytestmark = pytest.mark.streaming


@pytest.mark.parametrize(
    ("word", "reason", "verdict"),
    [
        ("stop", "stop", "complete"),
        ("eos", "stop", "complete"),
        ("eos_token", "stop", "complete"),
        ("STOP", "stop", "complete"),
        ("MAX_TOKENS", "length", "cut_by_limit"),
        ("model_length", "length", "cut_by_limit"),
        ("model_context_window_exceeded", "length", "cut_by_limit"),
        ("content_filter", "content_filter", "refused"),
        ("sensitive", "content_filter", "refused"),
        ("tomorrow", "other", "complete"),
    ],
)
def test_a_finish_reason_has_a_word_of_ours_and_a_verdict(word, reason, verdict):
    _, events, found, response = decode(chunk({"content": "Hi"}), chunk({}, word), DONE)
    assert (response.finish_reason_raw, response.finish_reason, found) == (word, reason, verdict)
    assert codes(events) == []


@pytest.mark.parametrize("word", ["error", "network_error", "insufficient_system_resource", "abort"])
def test_a_reason_that_is_a_fault_is_an_error_in_its_own_word(word):
    decoder, _, verdict, response = decode(chunk({"content": "Hi"}), chunk({}, word), DONE)
    assert (response.text, response.finish_reason, verdict) == ("Hi", "error", "error")
    assert f"`{word}`" in decoder.failure.message
    assert decoder.failure.retryable


def test_null_in_a_text_is_no_reason():
    parts = [chunk({"content": part}, "null") for part in ("a", "b")]
    _, _, verdict, response = decode(*parts, chunk({"content": "c"}, "stop"), DONE)
    assert (response.text, response.finish_reason_raw, verdict) == ("abc", "stop", "complete")
    _, _, verdict, response = decode(*parts)
    assert (response.text, response.finish_reason_raw, verdict) == ("ab", None, "truncated")

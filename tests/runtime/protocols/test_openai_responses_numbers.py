"""The numbers of Responses' events: gaps, repeats, lost beginnings, resumed legs; and keepalives."""

from __future__ import annotations

import pytest

from helpers_responses import (
    CREATED,
    added,
    arguments,
    codes,
    decode,
    decode_body,
    done,
    ended,
    function,
    message,
    numbered,
    part_done,
    sse,
    text,
    text_done,
    unknowns,
    whole_text,
)
from helpers_wire import frames_of
from pipeline_runtime.events import Lint
from pipeline_runtime.origin import Origin

pytestmark = pytest.mark.streaming

# --- sequence numbers ---


def test_a_gap_is_told_with_both_numbers_and_the_rest_counts():
    events = numbered(CREATED, text("a"), text("b"), text("c"), ended())
    _, told, response = decode_body(sse(*events[:2], *events[3:]))
    (lint,) = [event for event in told if isinstance(event, Lint)]
    assert (lint.code, lint.frame) == ("sequence_gap", 2)
    assert "sequence_number 3, and the last one had 1" in lint.message
    assert (response.text, response.verdict) == ("ac", "complete")


def test_the_whole_text_gives_a_lost_end_back_and_tells_of_it():
    events = numbered(CREATED, text("a"), text("b"), text_done("ab"), ended())
    _, told, response = decode_body(sse(*events[:2], *events[3:]))
    assert (response.text, codes(told)) == ("ab", ["sequence_gap", "done_differs"])


@pytest.mark.parametrize("twice", [1, 2, 3])
def test_an_event_that_comes_twice_counts_once(twice):
    events = numbered(CREATED, text("a"), text("b"), added(function(), 1), arguments("{}", 1), ended())
    _, told, response = decode_body(sse(*events[: twice + 1], *events[twice:]))
    assert (response.text, codes(told)) == ("ab", ["sequence_repeat"])
    assert [call.id for call in response.tool_calls] == ["c1"]


def test_another_event_under_an_old_number_counts():
    events = numbered(CREATED, text("a"), text("b"))
    odd = {**text("c"), "sequence_number": 1}
    _, told, response = decode_body(sse(*events, odd, odd | {"delta": "d"}, *numbered(ended(), start=3)))
    assert (response.text, codes(told)) == ("abcd", ["sequence_repeat"])


def test_one_number_for_all_events_loses_nothing():
    same = [{**event, "sequence_number": 0} for event in (CREATED, text("a"), text("a"), ended())]
    _, told, response = decode_body(sse(*same))
    assert (response.text, response.verdict, codes(told)) == ("aa", "complete", ["sequence_repeat"])


def test_no_numbers_at_all_are_no_finding():
    _, told, response = decode_body(sse(CREATED, text("a"), text("a"), ended()))
    assert (response.text, response.verdict, codes(told)) == ("aa", "complete", [])


# --- a resumed leg ---


def test_a_resumed_leg_needs_no_beginning_and_misses_none_of_its_own_text():
    events = numbered(
        text(" c"), text(" d"), text_done("a b c d"), part_done(whole_text("a b c d")),
        done(message(whole_text("a b c d"))), ended(message(whole_text("a b c d"))), start=6,
    )  # fmt: skip
    decoder, told, response = decode_body(sse(*events))
    assert (response.text, response.verdict, codes(told)) == (" c d", "complete", ["sequence_start"])
    assert (response.id, decoder.terminated) == ("r", True)


def test_a_resumed_leg_has_gaps_of_its_own():
    events = numbered(text("c"), text("d"), text("e"), ended(), start=6)
    _, told, response = decode_body(sse(events[0], *events[2:]))
    assert (response.text, codes(told)) == ("ce", ["sequence_start", "sequence_gap"])


def test_a_stream_whose_first_events_are_lost_says_so():
    events = numbered(CREATED, added(message()), text("a"), text("b"), text_done("ab"), ended())
    _, told, response = decode_body(sse(*events[3:]))
    (lint,) = [event for event in told if isinstance(event, Lint)]
    assert (lint.code, lint.frame) == ("sequence_start", 0)
    assert "begins with sequence_number 3" in lint.message
    assert response.text == "b"


@pytest.mark.parametrize("kind", ["response.created", "response.queued", "response.in_progress"])
def test_numbers_that_begin_elsewhere_are_no_finding_where_the_answer_begins(kind):
    events = numbered({**CREATED, "type": kind}, text("a"), ended(), start=1)
    _, told, response = decode_body(sse(*events))
    assert (response.text, codes(told)) == ("a", [])


def test_a_stream_that_goes_on_in_another_attempt_has_lost_nothing():
    events = numbered(CREATED, text("a"), text("b"), ended())
    decoder, _, _ = decode_body(sse(*events[:2]))
    decoder.continue_as(Origin.of_run("r"))
    told = [event for frame in frames_of([sse(*events[2:])]) for event in decoder.decode(frame)]
    assert (codes(told), decoder.sequence) == ([], 3)


def test_the_first_event_has_a_number_to_go_on_from():
    decoder, _, _ = decode_body(sse(*numbered(CREATED)))
    assert decoder.sequence == 0


# --- keepalives ---


def test_a_keepalive_is_no_progress():
    decoder, told, _ = decode(text("a"), {"type": "keepalive"}, text("b", sequence_number=3), ended())
    assert (decoder.progress, unknowns(told), codes(told)) == (4, [], [])

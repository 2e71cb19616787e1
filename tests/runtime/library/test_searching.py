"""A text is found wherever deltas cut it, and whatever characters it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_core import events_of, mocked
from helpers_events import delta, error, frame, lint, started
from helpers_library import ids_of, log_of
from pipeline_runtime.errors import InputError
from pipeline_runtime.expression import parse_expression
from pipeline_runtime.library import Library, RunFilter, search_expression, search_text


def deltas(*parts, **more):
    return [delta(part, seq=number, **more) for number, part in enumerate(parts)]


def test_a_text_is_found_across_deltas():
    [hit] = search_text(deltas("the c", "at s", "at on the mat"), "cat sat")
    assert (hit.seq, hit.where, hit.step, hit.attempt) == (0, "text", "draft", 1)
    assert (hit.before, hit.match, hit.after) == ("the ", "cat sat", " on the mat")


def test_lanes_steps_and_attempts_are_texts_apart():
    for other in ({"lane": "thinking"}, {"step": "b"}, {"attempt": 2}, {"index": 1}, {"choice": 1}):
        assert search_text([delta("the c"), delta("at", **other)], "cat") == []


@pytest.mark.parametrize(("text", "found"), [("cat", 3), ("Cat", 1), ("CAT", 1), ("dog", 0)])
def test_case_counts_only_with_a_capital(text, found):
    assert len(search_text(deltas("cat Cat CAT"), text)) == found


@given(st.text(min_size=1, max_size=20), st.text(max_size=20), st.text(max_size=20), st.data())
def test_any_text_finds_itself(text, before, after, data):
    """No character means anything: not quotes, stars, brackets, dots, colons, nor words such as AND."""
    whole = before + text + after
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    parts = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    hits = search_text(deltas(*parts), text)
    assert hits
    assert all(hit.match.lower() == text.lower() or hit.match == text for hit in hits if text.isascii())
    assert sum(hit.match == text for hit in hits) >= 1 or before.lower() in whole.lower()


@pytest.mark.parametrize(
    "text", ['"', "type:", "a AND (", "/[/", "nth(", "*", "%", "\\", "--expr", "ctrl-c", "'; --"]
)
def test_what_other_languages_would_choke_on(text):
    log_of("r-aaaa", delta(f"before {text} after"))
    [found] = Library().search_text(text)
    assert [hit.match for hit in found.hits] == [text]


@pytest.mark.parametrize(
    ("event", "where", "text"),
    [
        (started(model="claude-opus"), "step_started", "opus"),
        (lint("split_utf8"), "lint", "split_utf8"),
        (error(message="overloaded by tea"), "error", "by tea"),
        (delta('{"city"', lane="tool_input", tool="get_weather"), "tool_input", "city"),
        (delta("hmm", lane="thinking"), "thinking", "hmm"),
    ],
)  # fmt: skip
def test_what_is_searched(event, where, text):
    assert [hit.where for hit in search_text([event], text)] == [where]


def test_raw_frames_are_not_searched():
    assert search_text([frame(data="secret sauce")], "sauce") == []


def test_inputs_are_searched():
    log_of("r-aaaa", inputs={"topic": "the tides", "n": 3, "list": ["deep sea"]})
    library = Library()
    for text in ("topic: the tides", "deep sea", "Draft"):
        [found] = library.search_text(text)
        assert [hit.where for hit in found.hits] == ["run_started"]


def test_nothing_to_search_for_is_said():
    with pytest.raises(InputError, match="nothing to search for"):
        Library().search_text("")


def test_runs_come_newest_first_and_filtered():
    for name, workflow in (("1-aaaa", "A"), ("2-bbbb", "B"), ("3-cccc", "A")):
        log_of(name, delta("tea"), workflow=workflow, status="cut")
    log_of("4-dddd", delta("coffee"))
    library = Library()
    assert ids_of(found.run for found in library.search_text("tea")) == ["3-cccc", "2-bbbb", "1-aaaa"]
    assert ids_of(one.run for one in library.search_text("tea", RunFilter(workflow="B"))) == ["2-bbbb"]


def test_what_cannot_be_read_to_its_end_is_told_and_the_rest_is_searched():
    log_of("1-aaaa", delta("tea"))
    from pipeline_runtime.events import ResponseOpened

    log_of("2-bbbb", delta("tea"), started(protocol="morse"), ResponseOpened("r", "draft", 1, 3, 1, 200, ()))
    bad, good = Library().search_text("tea")
    assert "protocol 'morse'" in bad.problem
    assert (good.problem, len(good.hits)) == ("", 1)


def test_expressions_find_events():
    events = [delta("one", seq=0), lint("split_utf8", seq=1), delta("two", lane="thinking", seq=2)]
    assert [hit.seq for hit in search_expression(events, parse_expression("type:lint or lane:thinking"))] == [
        1,
        2,
    ]
    log_of("r-aaaa", delta("one"), delta("two"))
    log_of("r-bbbb", delta("two"))
    found = list(Library().search_expression(parse_expression("nth(2, type:delta)")))
    assert [(one.run.run, [hit.match for hit in one.hits]) for one in found] == [("r-aaaa", ["two"])]


@pytest.mark.streaming
async def test_a_real_answer_is_found_in_its_run(simulator):
    text = "steps: [{id: a, prompt: 'Ask of rivers', scenario: {reply: 'Rivers meet the sea at last.'}}]"
    await events_of(mocked(text, simulator))
    library = Library()
    for words in ("meet the sea", "ask of rivers"):
        [found] = library.search_text(words)
        assert found.hits
        assert not found.problem
    assert list(library.search_text("meet the lake")) == []

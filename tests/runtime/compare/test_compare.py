"""Two runs compared: equal where they say the same, told apart where they part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_core import events_of, mocked
from helpers_events import delta, done, error, lint
from pipeline_runtime.compare import align, compare_runs, first_difference
from pipeline_runtime.events import StepFinished

WORDS = st.text(alphabet="ab \n", max_size=40)


def finished(status="ok", step="draft"):
    return StepFinished("r", step, None, 0, 0, status, 0, 1)


async def test_the_same_workflow_twice_is_equal_in_all_but_time(simulator):
    text = "steps: [{id: a, prompt: x, scenario: tool-call}, {id: b, prompt: y, scenario: thinking}]"
    first, second = [await events_of(mocked(text, simulator)) for _ in range(2)]
    found = compare_runs(first, second)
    assert found.equal
    assert [step.step for step in found.steps] == ["a", "b"]
    names = [row.name for row in found.steps[0].metrics]
    gaps = {f"gap {name}" for name in ("p50", "p90", "p95", "p99", "max")}
    assert {"TTFT", "total", *gaps, "stalled", "deltas", "output tokens"} <= set(names)


async def test_another_answer_is_told_by_where_it_parts(simulator):
    def answer(text):
        return f"steps: [{{id: a, prompt: x, scenario: {{reply: {text}}}}}]"

    runs = [await events_of(mocked(answer(text), simulator)) for text in ("the cat sat", "the cat ran")]
    [step] = compare_runs(*runs).steps
    assert step.differs == ("text",)
    assert step.reasons == ("text parts at character 8",)
    assert (step.texts["text"].a, step.texts["text"].b) == ("the cat sat", "the cat ran")
    assert compare_runs(*runs, aspects={"order"}).equal


@pytest.mark.parametrize(
    ("a", "b", "differs", "told"),
    [
        ([finished()], [finished("failed")], ("status",), "ok against failed"),
        ([delta(), lint()], [delta()], ("order",), "the first goes on with lint split_utf8"),
        ([delta()], [delta(), done()], ("order",), "the second goes on with done stop"),
        ([error(type="x")], [error(type="y")], ("order",), "number 1 is error x against error y"),
        ([delta("{", lane="tool_input")], [delta("[", lane="tool_input")], ("text",), "tool_input parts at character 0"),
    ],
)  # fmt: skip
def test_what_differs_is_named(a, b, differs, told):
    [step] = compare_runs(a, b).steps
    assert step.differs == differs
    assert told in step.reasons[0]


def test_how_an_answer_was_cut_is_no_difference():
    assert compare_runs([delta("one "), delta("two")], [delta("one two")]).equal


def test_steps_of_one_run_only_are_told():
    found = compare_runs([delta(step="a"), delta(step="b")], [delta(step="b"), delta(step="c")])
    assert (found.only_a, found.only_b, found.equal) == (("a",), ("c",), False)


@pytest.mark.parametrize(
    ("late", "tolerance", "equal"),
    [(1_000, 0.2, True), (1_100, 0.2, True), (1_400, 0.2, False), (1_400, 0.5, True), (5_000, 0.5, False)],
)
def test_times_may_differ_by_a_part(late, tolerance, equal):
    def answer(milliseconds):
        at = milliseconds * 1_000_000
        return [delta(at=0), delta(at=at), finished()]

    found = compare_runs(answer(1_000), answer(late), aspects={"timing"}, tolerance=tolerance)
    assert found.equal is equal
    rows = {row.name: row for row in found.steps[0].metrics}
    assert rows["gap max"].a == "1000.0 ms"
    assert rows["gap max"].differs is not equal


def test_a_few_milliseconds_are_never_a_difference():
    short = compare_runs(
        [delta(at=0), delta(at=1_000_000)], [delta(at=0), delta(at=9_000_000)], aspects={"timing"}
    )
    assert short.equal


@given(WORDS, WORDS)
def test_segments_make_up_both_texts(a, b):
    segments = align(a, b)
    assert "".join(segment.a for segment in segments) == a
    assert "".join(segment.b for segment in segments) == b
    assert (a == b) == all(segment.same for segment in segments)
    difference = first_difference(a, b)
    assert (difference is None) == (a == b)
    if difference is not None:
        assert a[: difference.at] == b[: difference.at]
        assert a[difference.at : difference.at + 1] != b[difference.at : difference.at + 1]


def test_long_texts_that_share_nothing_are_not_aligned_word_by_word():
    a, b = "a " * 5_000, "b " * 5_000
    assert len(align(f"same {a}end", f"same {b}end")) == 3


def test_one_word_changed_is_one_segment():
    changed = [segment for segment in align("the cat sat down", "the cat ran down") if not segment.same]
    assert [(segment.a, segment.b) for segment in changed] == [("sat", "ran")]

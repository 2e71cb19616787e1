"""What is told of two runs."""

from __future__ import annotations

import pytest

from helpers_history import record
from pipeline_runtime.errors import RunLogError
from pipeline_tui.views.compare_words import head_text, metrics_table, side_text, status_text
from pipeline_tui.views.comparing import Comparing


def compare(a, b):
    comparing = Comparing(a, b)
    while not comparing.over:
        comparing.read()
    return comparing


def compare_logs(a, b):
    return compare(a, b).compared()


@pytest.fixture
def logs():
    a = record(
        "draft", 9, steps={"draft": "Tea is better late than never.", "only": "here"}, tool='{"city": "Oslo"}'
    )
    b = record("draft", 3, steps={"draft": "Tea is better hot than never.", "more": "there"}, first=900)
    return a, b


@pytest.fixture
def compared(logs):
    return compare_logs(*logs)


def test_steps_of_either_run_are_there(compared):
    assert [step.name for step in compared.steps] == ["draft", "only", "more"]
    assert status_text(compared, 1, "text", 1, 0) == "only A has this step · place 1 of 1"
    assert status_text(compared, 2, "order", 0, None) == "only B has this step"
    assert "nothing to compare" in metrics_table(compared.steps[1], going=False).plain


def test_the_head_says_in_what_they_differ(compared):
    head = head_text(compared, 0, "text").plain
    assert head == "Compare  draft (1/3)   1 text ≠    2 order ≠    3 metrics ≠ "
    assert side_text(compared.a, "claude/sonnet").plain == (
        "A claude/sonnet  ok in 940 ms · draft · mock · 20260314-115100-draft"
    )
    assert side_text(compared.b, "").plain.startswith("B draft  ok in ")


def test_each_lane_has_a_heading(logs):
    rows = compare(*logs).text_rows(("draft", "draft"), 60)
    headings = [row.a.text for row in rows if row.heading]
    assert headings == ["text", "tool_input · get_weather #1"]
    assert [row.a.text for row in rows if row.b is None] == ['{"city": "Oslo"}']


def test_the_status_tells_reasons_and_places(compared):
    told = status_text(compared, 0, "text", 2, 1)
    assert told.startswith("place 2 of 2 · text parts at character 14")
    assert "TTFT" not in told
    assert "TTFT 400.0 ms against 900.0 ms" in status_text(compared, 0, "metrics", 0, None)
    assert "get_weather" in status_text(compared, 0, "order", 1, None)


def test_the_table_marks_times_that_are_far_apart_and_says_by_how_much(compared):
    lines = metrics_table(compared.steps[0], going=False).plain.splitlines()
    (ttft,) = [line for line in lines if "TTFT" in line]
    assert ttft.startswith("≠ TTFT")
    assert ttft.split()[-1] == "+125%"
    (deltas,) = [line for line in lines if line.strip().startswith("deltas")]
    assert deltas.split() == ["deltas", "6", "6"]


def test_the_order_names_what_happened(logs):
    rows = compare(*logs).order_rows(("draft", "draft"), 60)
    assert [row.a.text for row in rows if row.a and row.differs] == ["delta tool_input get_weather 0.1"]


def test_a_run_and_itself_do_not_differ():
    log = record("draft", 3)
    compared = compare_logs(log, log)
    assert head_text(compared, 0, "metrics").plain.count("=") == 3
    assert status_text(compared, 0, "order", 0, None) == "no difference in order"


def test_a_killed_run_is_compared_as_far_as_it_came():
    compared = compare_logs(record("draft", 3), record("draft", 4, status=None))
    assert compared.b.status == "without an end"
    assert "the run: ok against without an end" in status_text(compared, 0, "text", 0, None)


def test_runs_without_steps_are_no_mistake():
    compared = compare_logs(record("none", 3, steps={}), record("none", 4, steps={}))
    assert head_text(compared, 0, "text").plain == "Compare"
    assert status_text(compared, 0, "text", 0, None) == "Neither run has come to a step"


def test_what_is_no_log_is_refused(tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text("no log\n")
    with pytest.raises(RunLogError, match="not a run log"):
        compare_logs(other, other)

"""Two runs compared while they go on: what may still come is no difference, what has parted is one."""

from __future__ import annotations

import pytest

from helpers_events import delta, done
from pipeline_runtime.compare import RunReading, compare_readings, step_name
from pipeline_runtime.events import RunFinished, StepFinished

ALL = ("status", "text", "order", "timing")


def reading(*events, over=False):
    found = RunReading()
    found.feed(events)
    found.over = over
    return found


def finished(status="ok", step="draft"):
    return StepFinished("r", step, None, 0, 0, status, 0, 1)


def differs(a, b):
    [step] = compare_readings(a, b, aspects=ALL).steps
    return step.differs


def test_what_one_has_said_and_the_other_may_still_say_is_no_difference():
    behind = reading(delta("It is"))
    for ahead in (reading(delta("It is late")), reading(delta("It is late"), done(), finished(), over=True)):
        assert differs(ahead, behind) == ()
        assert differs(behind, ahead) == ()


def test_what_the_other_will_never_say_is_one():
    behind = reading(delta("It is"), finished("cancelled"))
    assert differs(reading(delta("It is late")), behind) == ("text",)
    killed = reading(delta("It is"), over=True)
    ended = reading(delta("It is late"), finished(), over=True)
    assert differs(ended, killed) == ("status", "text")


def test_what_has_parted_is_told_while_both_go_on():
    [step] = compare_readings(reading(delta("It was")), reading(delta("It is late"))).steps
    assert step.reasons == ("text parts at character 3",)
    [step] = compare_readings(reading(delta("{", lane="tool_input")), reading(delta("It"))).steps
    assert "number 1 is delta tool_input" in step.reasons[-1]


def test_only_times_that_stay_are_judged_while_a_step_goes_on():
    def stream(first, *rest, over):
        events = [delta(at=0), *(delta(at=at * 1_000_000) for at in (first, *rest))]
        return reading(*events, *([finished()] if over else []), over=over)

    slow, quick = stream(3_000, over=False), stream(100, 200, over=True)
    assert "timing" not in differs(slow, quick)
    slow.feed([finished()])
    assert "timing" in differs(slow, quick)


def test_how_runs_ended_is_compared_once_both_have():
    a, b = reading(delta()), reading(delta(), finished(), RunFinished("r", None, None, 0, 0, "ok", 0, ()))
    b.over = True
    assert compare_readings(a, b, aspects=ALL).reasons == ()
    a.over = True
    assert compare_readings(a, b, aspects=ALL).reasons == ("the run: without an end against ok",)


@pytest.mark.parametrize("there", [True, False])
def test_two_steps_of_one_run_are_a_pair(there):
    run = reading(delta("tea", step="a"), *([delta("tee", step="b")] if there else []))
    steps = compare_readings(run, run, pair=("a", "b")).steps
    assert [(step.step, step.differs) for step in steps] == ([("a against b", ("text",))] if there else [])
    assert step_name(("a", "a")) == "a"

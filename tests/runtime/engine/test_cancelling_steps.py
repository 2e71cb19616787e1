"""One step is cancelled: before its turn, while it waits, while others run."""

from __future__ import annotations

import asyncio

import pytest

from helpers_core import mocked, simulator
from pipeline_runtime import Delta, StepFinished
from pipeline_runtime.engine.walk import UNBEGUN

__all__ = ["simulator"]
pytestmark = pytest.mark.streaming

STEPS = """\
steps:
  - {id: first, prompt: p, scenario: draft}
  - {id: second, prompt: p}
  - {id: third, prompt: p}
  - {id: beside, needs: [first], prompt: p}
"""


def statuses(run):
    return {summary.step: (summary.status, summary.reason) for summary in run.result.steps}


async def test_a_step_that_waits_is_cancelled_at_once_and_what_needs_it_is_skipped(simulator):
    run = mocked(STEPS, simulator)
    told = []
    async for event in run:
        if isinstance(event, Delta) and event.step == "first" and not told:
            run.cancel("second")
            run.cancel("second")
            told.append(event.seq)
        if isinstance(event, StepFinished):
            told.append(event.step)
    assert told[1:] == ["second", "first", "third", "beside"]
    assert statuses(run) == {
        "first": ("ok", None),
        "second": ("cancelled", UNBEGUN),
        "third": ("skipped", "needs second, which did not succeed"),
        "beside": ("ok", None),
    }
    assert run.result.status == "cancelled"


async def test_a_step_is_cancelled_before_the_run_begins(simulator):
    run = mocked(STEPS, simulator)
    run.cancel("first")
    await asyncio.wait_for(run.wait(), 30)
    assert {status for status, _ in statuses(run).values()} == {"cancelled", "skipped"}
    assert statuses(run)["first"] == ("cancelled", UNBEGUN)


async def test_a_name_that_is_no_step_cancels_nothing(simulator):
    run = mocked(STEPS, simulator)
    run.cancel("zeroth")
    result = await asyncio.wait_for(run.wait(), 30)
    run.cancel("first")
    assert result.status == "ok"
    assert run.result == result

"""How a replay ends: with the recording, before its end, and where the recording has none."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from helpers_core import PATIENCE, check_run, events_of, gather, mocked, of, only, until
from helpers_replay import MS, STALLED, one_step_log, sixty_three
from pipeline_runtime.debugging import Gate
from pipeline_runtime.events import Delta, Error, FrameReceived, RunFinished, RunStarted, StepFinished
from pipeline_runtime.replay import INSTANT, ReplayRun
from pipeline_runtime.runlog.holding import hold

PAIR = """
steps:
  - {id: left, needs: [], prompt: x, scenario: {reply: "one two three four", timing: {rate: 200}}}
  - {id: right, needs: [], prompt: y, scenario: {reply: "five six seven eight", timing: {rate: 200}}}
"""


@pytest.fixture
def stalled(tmp_path):
    return one_step_log(tmp_path, sixty_three(), STALLED)


async def replayed(path, **options):
    return await gather(ReplayRun(path, speed=INSTANT, **options))


# --- a recording without an end ---------------------------------------------------------------------------


async def test_any_cut_is_played_as_far_as_it_goes_and_ends_every_step(stalled, tmp_path):
    whole = stalled.read_bytes()
    header = whole.index(b"\n") + 1
    cut = tmp_path / "cut.jsonl"
    told = await replayed(stalled)
    for size in range(header, len(whole) - 2, 97):
        cut.write_bytes(whole[:size])
        events = await replayed(cut)
        check_run(events)
        assert only(events, Error).type == "log_cut"
        assert events[-1].status == "failed"
        assert [delta.content for delta in of(events, Delta)] == [
            delta.content for delta in of(told, Delta)[: len(of(events, Delta))]
        ]


async def test_a_cut_step_says_so_and_keeps_what_it_had(stalled):
    whole = stalled.read_bytes().splitlines(keepends=True)
    stalled.write_bytes(b"".join(whole[:25]) + whole[25][:40])
    events = await replayed(stalled)
    step = only(events, StepFinished)
    assert (step.status, step.reason, step.attempts) == ("failed", "the recording ends here", 1)
    assert "the run was killed, or its log was cut (line 26" in only(events, Error).message
    assert len(of(events, FrameReceived)) == 20


async def test_a_log_with_nothing_but_its_header_is_a_run_too(stalled):
    stalled.write_bytes(stalled.read_bytes().splitlines(keepends=True)[0])
    begun, error, finished = await replayed(stalled)
    assert (begun.mode, begun.workflow) == ("replay", "Sixty-three")
    assert (error.type, finished.status) == ("log_cut", "failed")


async def test_a_run_that_still_goes_on_is_not_called_killed(stalled):
    lines = stalled.read_bytes().splitlines(keepends=True)
    with stalled.open("wb") as file:
        file.write(b"".join(lines[:30]))
        file.flush()
        hold(file.fileno())
        events = await replayed(stalled)
    assert only(events, Error).message == "the recording ends here: the run still goes on"


async def test_a_protocol_of_a_newer_version_ends_it_kindly(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    log.write_bytes(log.read_bytes().replace(b'"protocol":"openai-chat"', b'"protocol":"telepathy"'))
    events = await replayed(log)
    check_run(events)
    assert "'telepathy', which is not known here" in only(events, Error).message


# --- ended from here --------------------------------------------------------------------------------------


async def test_a_cancelled_replay_ends_its_steps(stalled):
    run = ReplayRun(stalled)
    gathering = asyncio.create_task(gather(run))
    await until(lambda: run.position == MS)  # the head is told; the first frame is due in 0.6 s
    run.cancel()
    finished = await run.wait()
    events = await gathering
    check_run(events)
    assert finished.status == "cancelled"
    assert only(events, StepFinished).status == "cancelled"
    assert only(events, StepFinished).reason == "the replay was ended"
    assert await gather(run) == events


async def test_leaving_the_loop_ends_it(stalled):
    run = ReplayRun(stalled)
    async with aclosing(aiter(run)) as events:
        assert isinstance(await anext(events), RunStarted)
    assert run.finished
    assert run.result.status == "cancelled"


async def test_a_cancelled_task_ends_it_too(stalled):
    run = ReplayRun(stalled)
    gathering = asyncio.create_task(gather(run))
    await until(lambda: run.position == MS)
    run._task.cancel()
    async with asyncio.timeout(PATIENCE):
        events = await gathering
    check_run(events)
    assert events[-1].status == "cancelled"


# --- with a gate ------------------------------------------------------------------------------------------


async def test_buffered_events_come_before_the_end(simulator):
    recorded = mocked(PAIR, simulator)
    await events_of(recorded)
    gate = Gate(mode="buffer")
    gate.breakpoints.add("step:left type:delta", once=True)
    run = ReplayRun(recorded.log_path, speed=INSTANT, gate=gate)
    gathering = asyncio.create_task(gather(run))
    await until(lambda: gate.hit and gate.waiting("left") > 3 and not gate.waiting("right"))
    for _ in range(200):
        await asyncio.sleep(0)
    assert not run.finished
    missed = await asyncio.to_thread(list, run.history())
    assert len(of([event for event in missed if event.step == "left"], Delta)) == 1
    assert of([event for event in missed if event.step == "right"], StepFinished)
    assert not of(missed, RunFinished)
    late = asyncio.create_task(gather(run))
    await asyncio.sleep(0)
    gate.resume()
    async with asyncio.timeout(PATIENCE):
        events, again = await gathering, await late
    assert isinstance(events[-1], RunFinished)
    check_run(sorted(events, key=lambda event: event.seq))
    assert sorted(event.seq for event in again) == list(range(len(events)))


async def test_a_breakpoint_on_the_last_event_of_a_step_holds(stalled):
    gate = Gate()
    gate.breakpoints.add("type:step_finished", once=True)
    run = ReplayRun(stalled, speed=INSTANT, gate=gate)
    gathering = asyncio.create_task(gather(run))
    await until(lambda: gate.hit)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not run.finished
    gate.resume()
    async with asyncio.timeout(PATIENCE):
        check_run(await gathering)

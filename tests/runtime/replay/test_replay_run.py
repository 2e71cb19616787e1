"""Recorded runs, played again: every event, at its time, in the batches in which they came."""

from __future__ import annotations

import asyncio
from itertools import accumulate

import pytest

from helpers_core import PATIENCE, check_run, events_of, gather, mocked, until
from helpers_replay import Clock
from pipeline_runtime.debugging import Gate
from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import Delta, Error, FrameReceived, RunFinished, RunStarted, StepFinished
from pipeline_runtime.replay import INSTANT, ReplayRun
from pipeline_runtime.replay.recording import Recording

STEPS = "steps: [{id: a, prompt: x, scenario: stall}, {id: b, prompt: y, scenario: tool-call}]"
MS = 1_000_000


@pytest.fixture
async def recorded(simulator):
    run = mocked(STEPS, simulator)
    return run.log_path, await events_of(run)


def unmarked(events):
    return [event for event in events if not isinstance(event, RunStarted)]


async def test_it_gives_the_recorded_events(recorded):
    path, events = recorded
    replayed = [event async for event in ReplayRun(path, speed=INSTANT)]
    assert unmarked(replayed) == unmarked(events)
    assert replayed[0].mode == "replay"
    assert f"a replay of {events[0].run} (mock" in replayed[0].note


async def test_each_moment_comes_when_it_is_due(recorded, monkeypatch):
    path, events = recorded
    clock = Clock(monkeypatch)
    run = ReplayRun(path, clock=clock)
    seen, push = [], run._channel.push

    def stamped(batch):
        seen.extend((event.at, clock.now) for event in batch)
        push(batch)

    monkeypatch.setattr(run._channel, "push", stamped)
    await run.wait()
    assert [at for at, _ in seen] == [event.at for event in events]
    due = accumulate((at for at, _ in seen), max)  # some are stamped a little before those they follow
    assert max(abs(now - at) for at, (_, now) in zip(due, seen, strict=True)) <= MS // 2
    assert clock.now >= events[-1].at - MS


async def test_four_times_as_fast_takes_a_quarter(recorded, monkeypatch):
    path, events = recorded
    clock = Clock(monkeypatch)
    async for _ in ReplayRun(path, speed=4, clock=clock):
        pass
    assert abs(clock.now - events[-1].at / 4) <= MS


async def test_what_came_together_comes_together(recorded):
    path, _ = recorded
    moments = [[event.at for event in group] async for group in Recording(path).moments()]
    assert all(len(set(group)) == 1 for group in moments)
    assert len({group[0] for group in moments}) == len(moments)


async def test_it_pauses_and_steps_at_the_gate(recorded):
    path, events = recorded
    gate = Gate()
    gate.breakpoints.add("type:delta", once=True)
    run = ReplayRun(path, speed=INSTANT, gate=gate)
    got = []

    async def watch():
        async for batch in run.batches():
            got.extend(batch)

    watching = asyncio.create_task(watch())
    await until(lambda: gate.hit)
    for _ in range(100):
        await asyncio.sleep(0)
    assert isinstance(got[-1], Delta)
    reached = len(got)
    gate.advance("event")
    await until(lambda: len(got) > reached)
    assert isinstance(got[-1], Delta | FrameReceived)
    gate.resume()
    async with asyncio.timeout(PATIENCE):
        await watching
    assert sorted(unmarked(got), key=lambda event: event.seq) == unmarked(events)


async def test_a_paused_replay_can_be_cancelled(recorded):
    path, _ = recorded
    run = ReplayRun(path, gate=Gate(shut=True))
    gathering = asyncio.create_task(gather(run))
    await until(lambda: run._task)
    run.cancel()
    async with asyncio.timeout(PATIENCE):
        await run.wait()
        await gathering
    assert run.finished


async def test_who_comes_late_gets_everything(recorded):
    path, events = recorded
    run = ReplayRun(path, speed=INSTANT)
    await run.wait()
    assert unmarked(await gather(run)) == unmarked(events)
    assert unmarked(run.history()) == unmarked(events)


async def test_a_log_cut_anywhere_is_played_as_far_as_it_goes(recorded, tmp_path):
    path, events = recorded
    whole = path.read_bytes()
    for share in (0.3, 0.6, 0.95):
        cut = tmp_path / "cut.jsonl"
        cut.write_bytes(whole[: int(len(whole) * share)])
        replayed = [event async for event in ReplayRun(cut, speed=INSTANT)]
        last = replayed[-1]
        (told,) = [event for event in replayed if isinstance(event, Error) and event.type == "log_cut"]
        assert "the run was killed, or its log was cut" in told.message
        check_run(replayed)
        assert isinstance(last, RunFinished)
        assert last.status == "failed"
        deltas = [event.content for event in replayed if isinstance(event, Delta)]
        assert deltas == [event.content for event in events if isinstance(event, Delta)][: len(deltas)]
        assert [event.seq for event in replayed] == list(range(len(replayed)))


async def test_the_bytes_of_a_frame_are_there(recorded):
    path, events = recorded
    run = ReplayRun(path, speed=INSTANT)
    frame = next(event for event in events if isinstance(event, FrameReceived) and event.data)
    raw = await asyncio.to_thread(run.raw_bytes, frame.step, frame.attempt, frame.offset, frame.size)
    assert frame.data.encode() in raw


async def test_steps_end_as_they_did(recorded):
    path, events = recorded
    replayed = [event async for event in ReplayRun(path, speed=INSTANT)]
    assert [e for e in replayed if isinstance(e, StepFinished)] == [
        e for e in events if isinstance(e, StepFinished)
    ]


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "x.jsonl").write_text("{}\n")
    with pytest.raises(RunLogError):
        ReplayRun(tmp_path / "x.jsonl")
    with pytest.raises(RunLogError, match="cannot be read"):
        ReplayRun(tmp_path / "none.jsonl")
    newer = '{"kind":"log","run":"r","workflow":"w","mode":"mock","started_at":"","writer":"pipeline-tui 9","schema":99}\n'
    (tmp_path / "y.jsonl").write_text(newer)
    with pytest.raises(RunLogError, match="newer version"):
        ReplayRun(tmp_path / "y.jsonl")

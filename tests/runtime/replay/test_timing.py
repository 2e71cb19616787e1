"""When things come: the stream that no other tool could replay, and what changes its pace."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from helpers_core import PATIENCE, gather, of, until
from helpers_replay import MS, STALLED, Clock, one_step_log, sixty_three
from pipeline_runtime.debugging import Gate
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import Delta, FrameReceived
from pipeline_runtime.replay import INSTANT, ReplayRun


@pytest.fixture
def stalled(tmp_path):
    return one_step_log(tmp_path, sixty_three(), STALLED)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


class Stamped:
    """A replay whose batches are noted with the time at which they were told."""

    def __init__(self, run, clock, monkeypatch):
        self.batches = []
        push = run._channel.push

        def stamped(events):
            self.batches.append((clock.now, list(events)))
            push(events)

        monkeypatch.setattr(run._channel, "push", stamped)

    @property
    def frames(self):
        return [(now, event) for now, events in self.batches for event in of(events, FrameReceived)]


def gaps(times):
    return [later - sooner for sooner, later in pairwise(times)]


async def test_sixty_three_events_and_a_stall_come_as_they_came_twice(stalled, clock, monkeypatch):
    for _ in range(2):
        run = ReplayRun(stalled, clock=clock)
        seen = Stamped(run, clock, monkeypatch)
        await run.wait()
        assert len(seen.frames) == 63
        told = gaps([now for now, _ in seen.frames])
        wanted = gaps(STALLED)
        assert max(abs(one - other) for one, other in zip(told, wanted, strict=True)) < 10 * MS
        assert max(told) > 3_040 * MS
        assert [event.chunks for _, event in seen.frames] == [(n, n) for n in range(63)]
        frames = [len(of(events, FrameReceived)) for _, events in seen.batches]
        assert set(frames) <= {0, 1}


async def test_errors_do_not_add_up(tmp_path, clock, monkeypatch):
    times = [n * MS * 3 // 10 for n in range(1, 2_001)]  # 0.3 ms apart: shorter than any sleep
    texts = [b"data: {}\n\n"] * 2_000
    run = ReplayRun(one_step_log(tmp_path, texts, times), clock=clock)
    seen = Stamped(run, clock, monkeypatch)
    await run.wait()
    assert max(abs(now - event.at) for now, event in seen.frames) < MS


async def test_at_once_takes_no_time_at_all(stalled, clock):
    run = ReplayRun(stalled, speed=INSTANT, clock=clock)
    assert len(of(await gather(run), FrameReceived)) == 63
    assert clock.now == 0
    assert run.position == STALLED[-1] + MS


async def test_the_speed_can_change_from_all_at_once_to_as_it_was(stalled, clock, monkeypatch):
    run = ReplayRun(stalled, speed=INSTANT, clock=clock)
    seen = Stamped(run, clock, monkeypatch)
    push = run._channel.push

    def slower_after_ten(events):
        push(events)
        if len(seen.frames) == 10 and run.speed == INSTANT:
            run.set_speed(1)

    monkeypatch.setattr(run._channel, "push", slower_after_ten)
    await run.wait()
    assert clock.now == pytest.approx(STALLED[-1] + MS - STALLED[9], abs=MS)


@pytest.mark.parametrize("speed", [0.5, 4, INSTANT])
async def test_its_time_goes_as_fast_as_it_is_played(stalled, clock, monkeypatch, speed):
    run = ReplayRun(stalled, speed=speed, clock=clock)
    assert run.now == 0
    seen = []
    push = run._channel.push

    def noted(events):
        seen.append((run.now, events[-1].at, clock.now))
        push(events)

    monkeypatch.setattr(run._channel, "push", noted)
    await run.wait()
    assert run.now == STALLED[-1] + MS
    for shown, at, now in seen:
        assert shown == pytest.approx(at, abs=MS)
        assert now == pytest.approx(at / speed, abs=MS)


async def test_a_speed_is_above_nothing(stalled):
    for speed in (0, -1, float("nan")):
        with pytest.raises(PipelineError, match="a speed of"):
            ReplayRun(stalled, speed=speed)
    run = ReplayRun(stalled)
    with pytest.raises(PipelineError, match="a speed of 0"):
        run.set_speed(0)


@pytest.mark.parametrize("later", [False, True], ids=["made with its gate", "given its gate later"])
async def test_a_pause_stops_the_clock_and_loses_nothing(later, stalled, clock, monkeypatch):
    gate = Gate()
    gate.breakpoints.add("n:20", once=True)
    run = ReplayRun(stalled, gate=None if later else gate, clock=clock)
    if later:
        run.gate = gate
    seen = Stamped(run, clock, monkeypatch)
    watching = asyncio.create_task(gather(run))
    await until(lambda: gate.hit)
    paused_at, moment = clock.now, run.now
    clock.now += 60_000 * MS  # a minute at lunch
    assert run.now == moment == pytest.approx(STALLED[20], abs=MS)
    gate.resume()
    async with asyncio.timeout(PATIENCE):
        assert len(of(await watching, Delta)) == 61
    told = [now - (60_000 * MS if now > paused_at else 0) for now, _ in seen.frames]
    assert max(abs(now - at) for now, at in zip(told, STALLED, strict=True)) < 10 * MS


async def test_a_step_goes_to_the_next_moment_at_once(stalled, clock):
    gate = Gate(shut=True)
    run = ReplayRun(stalled, gate=gate, clock=clock)
    got = []

    async def watch():
        async for batch in run.batches():
            got.extend(batch)

    watching = asyncio.create_task(watch())
    await until(lambda: got)
    assert [type(event).__name__ for event in got] == ["RunStarted"]
    for _ in range(36):
        before = len(got)
        gate.advance("frame")
        await until(lambda: len(got) > before)  # noqa: B023 - awaited at once
    assert clock.now == 0
    assert len(of(got, FrameReceived)) >= 32
    run.cancel()
    async with asyncio.timeout(PATIENCE):
        await watching

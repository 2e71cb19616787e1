"""Stalls: noticed while they last, measured when they are over, and only where the server is silent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from helpers_core import head, live, of, only, piece, pieces, play, seen, until, watching, workflow_for
from helpers_transport import Peer, serving
from pipeline_runtime.events import Delta, Done, Error, FrameReceived, Lint, Stall
from pipeline_runtime.metrics import SECOND, Meter
from pipeline_runtime.stream.stalls import StallWatch

MS = SECOND // 1000


class FakeLoop:
    """A loop's timers under a clock that is moved by hand (ns)."""

    def __init__(self) -> None:
        self.now = 0
        self.timers: list[FakeTimer] = []

    def call_later(self, seconds: float, callback: Any) -> FakeTimer:
        timer = FakeTimer(self.now + round(seconds * SECOND), callback)
        self.timers.append(timer)
        return timer

    def go(self, until: int) -> None:
        """Move the clock; timers that are due run on the way."""
        while due := [one for one in self.timers if one.when <= until]:
            timer = min(due, key=lambda one: one.when)
            self.timers.remove(timer)
            self.now = max(self.now, timer.when)
            if not timer.cancelled:
                timer.callback()
        self.now = until


class FakeTimer:
    def __init__(self, when: int, callback: Any) -> None:
        self.when = when
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Watched:
    """A stall watch whose clock is ours."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loop = FakeLoop()
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self.loop)
        self.told: list[tuple[Any, ...]] = []
        self.meter = Meter()
        self.watch = StallWatch(
            self.meter,
            lambda: self.loop.now,
            began=lambda gap, median: self.told.append(
                ("began", self.loop.now // MS, gap // MS, median // MS)
            ),
            ended=lambda at, gap, median: self.told.append(("ended", at // MS, gap // MS, median // MS)),
        )

    def delta(self, at_ms: int, content: str = "x") -> None:
        self.loop.go(at_ms * MS)
        self.meter.feed([Delta("r", "s", 1, 0, at_ms * MS, content, "text", 0, 0)])
        self.watch.progress(at_ms * MS)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def test_a_second_of_silence_is_a_stall_at_once(watched: Watched) -> None:
    for at in (100, 120, 140):
        watched.delta(at)
    watched.loop.go(1139 * MS)
    assert watched.told == []
    watched.loop.go(1140 * MS)
    assert watched.told == [("began", 1140, 1000, 20)]
    watched.loop.go(3000 * MS)
    watched.delta(3140)
    assert watched.told[1:] == [("ended", 3140, 3000, 20)]


def test_a_slow_rhythm_needs_five_times_its_median(watched: Watched) -> None:
    for at in (0, 600, 1200, 1800):
        watched.delta(at)
    watched.loop.go(4799 * MS)
    assert watched.told == []
    watched.loop.go(4800 * MS)
    assert watched.told == [("began", 4800, 3000, 600)]


def test_steady_progress_is_no_stall(watched: Watched) -> None:
    for at in range(0, 20_000, 900):
        watched.delta(at)
    assert watched.told == []
    assert len([one for one in watched.loop.timers if not one.cancelled]) == 1


def test_silence_before_the_first_delta_is_no_stall(watched: Watched) -> None:
    watched.watch.progress(10 * MS)
    watched.loop.go(60_000 * MS)
    assert watched.told == []


def test_a_second_stall_is_told_too(watched: Watched) -> None:
    for at in (0, 10, 20):
        watched.delta(at)
    watched.delta(2020)
    watched.delta(2030)
    watched.delta(4030)
    assert [kind for kind, *_ in watched.told] == ["began", "ended", "began", "ended"]


def test_the_end_ends_a_stall_and_no_other_begins(watched: Watched) -> None:
    watched.delta(0)
    watched.delta(10)
    watched.loop.go(1500 * MS)
    watched.watch.stop(2000 * MS)
    assert watched.told[-1] == ("ended", 2000, 1990, 10)
    watched.watch.stop(2500 * MS)
    watched.watch.progress(2600 * MS)
    watched.loop.go(9000 * MS)
    assert len(watched.told) == 2


def test_silence_of_our_own_making_is_no_stall(watched: Watched) -> None:
    watched.delta(0)
    watched.delta(10)
    watched.watch.hold()
    watched.loop.go(8000 * MS)
    assert watched.told == []
    watched.watch.release(8000 * MS)
    watched.watch.progress(20 * MS)
    watched.loop.go(8999 * MS)
    assert watched.told == []
    watched.loop.go(9000 * MS)
    assert [told[:3] for told in watched.told] == [("began", 9000, 1000)]


# --- real servers -----------------------------------------------------------------------------------------


class Stalling:
    """Sends two deltas, then what it is told, then waits until it may go on."""

    def __init__(self, opening: bytes = head()) -> None:
        self.opening = opening
        self.go_on = asyncio.Event()

    async def __call__(self, peer: Peer) -> None:
        await peer.request()
        await peer.send(self.opening, piece("one "), piece("two "))
        await self.go_on.wait()
        await peer.send(*pieces("three"))


@pytest.mark.streaming
async def test_a_stall_is_told_while_it_lasts() -> None:
    script = Stalling()
    async with watching(script) as (run, _):
        began = await seen(run, Stall)
        assert not run.finished
        assert (began.phase, began.after) == ("began", 2)
        assert began.gap >= SECOND
        script.go_on.set()
        result = await run.wait()
        assert result.status == "ok"
        events = list(run.history())
    first, last = of(events, Stall)
    assert (last.phase, last.after) == ("ended", 2)
    third = of(events, Delta)[2]
    assert last.at == third.at
    assert last.gap == third.at - of(events, Delta)[1].at
    (stall,) = only(events, Done).response.timings.stalls
    assert (stall.after, stall.duration) == (2, last.gap)
    assert first.seq < third.seq < last.seq


@pytest.mark.streaming
async def test_a_keepalive_does_not_end_a_stall() -> None:
    class Pinging(Stalling):
        async def __call__(self, peer: Peer) -> None:
            await peer.request()
            await peer.send(head(), piece("one "), piece("two "))
            await self.go_on.wait()
            await peer.send(b": keepalive\n\n", b"event: ping\ndata: {}\n\n")
            self.go_on.clear()
            await self.go_on.wait()
            await peer.send(*pieces("three"))

    script = Pinging()
    async with watching(script) as (run, _):
        await seen(run, Stall)
        script.go_on.set()
        await until(lambda: len(of(list(run.history()), FrameReceived)) == 4)
        assert len(of(list(run.history()), Stall)) == 1
        script.go_on.set()
        await run.wait()
        assert [stall.phase for stall in of(list(run.history()), Stall)] == ["began", "ended"]


@pytest.mark.streaming
async def test_a_stall_that_ends_in_a_timeout() -> None:
    events = await play(Stalling(), {"timeout": {"idle": 1.3}})
    assert [stall.phase for stall in of(events, Stall)] == ["began", "ended"]
    error = only(events, Error)
    assert error.type == "idle_timeout"
    assert error.response is not None
    assert [stall.after for stall in error.response.timings.stalls] == [2]


@pytest.mark.streaming
@pytest.mark.parametrize("how", ["cancel", "disconnect"])
async def test_a_stall_that_ends_otherwise(how: str) -> None:
    script = Stalling(head("200 OK", "content-length: 9999"))
    async with watching(script) as (run, server):
        await seen(run, Stall)
        run.cancel() if how == "cancel" else server.peers[0].reset()
        result = await run.wait()
        assert result.status == {"cancel": "cancelled", "disconnect": "failed"}[how]
        events = list(run.history())
    assert [stall.phase for stall in of(events, Stall)] == ["began", "ended"]
    error = only(events, Error)
    assert error.type == {"cancel": "cancelled", "disconnect": "disconnected"}[how]
    assert error.response is not None
    assert len(error.response.timings.stalls) == 1


@pytest.mark.streaming
async def test_a_body_that_stays_open_after_its_end_is_told_and_is_no_stall() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), *pieces("a", "b"))
        await peer.until_gone()

    events = await play(script)
    assert only(events, Done).response.text == "ab"
    assert [lint.code for lint in of(events, Lint)] == ["body_not_ended", "usage_missing"]
    assert not of(events, Stall)


@pytest.mark.streaming
async def test_an_error_inside_a_stream_that_stays_open_does_not_call_the_answer_whole() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(
            head(), piece("a"), b'event: error\ndata: {"error":{"message":"broke","type":"x"}}\n\n'
        )
        await peer.until_gone()

    async with serving(script) as server:
        run = live(workflow_for(server))
        events = [event async for event in run]
    assert only(events, Error).message == "broke"
    assert not [lint for lint in of(events, Lint) if lint.code in ("body_not_ended", "dropped_after_end")]

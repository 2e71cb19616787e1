"""How a run takes its handlers: started first, closed last, stopped when they fail a step, named when they block."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from helpers_core import (
    PATIENCE,
    events_of,
    head,
    live,
    mocked,
    of,
    only,
    piece,
    steps_of,
    text_of,
    until,
    workflow_for,
)
from helpers_handlers import RUN, Script
from helpers_transport import Peer, serving
from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.events import (
    AnyEvent,
    AttemptStarted,
    Delta,
    Error,
    Lint,
    RunFinished,
    StepFinished,
)
from pipeline_runtime.handlers import RunInfo, blocking, load_handler, runner
from pipeline_runtime.handlers.blocking import LIMIT
from pipeline_runtime.handlers.runner import MOST_TOLD, HandlerRunner
from pipeline_runtime.simulator import Simulator
from pipeline_runtime.workflow import load_workflow_text

STEP = "steps: [{id: s, prompt: hi, scenario: {reply: one two three four}}]"
FAIL = "steps: [{id: s, on_handler_error: fail, prompt: hi, scenario: {reply: one two three}}, {id: t, prompt: hi}]"


class Steps:
    """Tells what is called, in order."""

    kinds = "all"

    def __init__(self) -> None:
        self.called: list[Any] = []

    async def start(self, run: RunInfo) -> None:
        await asyncio.sleep(0)
        self.called.append(run)

    def handle_event(self, event: AnyEvent) -> None:
        self.called.append(type(event).__name__)

    async def close(self) -> None:
        self.called.append("closed")


class BadStart(Steps):
    def start(self, run: RunInfo) -> None:
        raise OSError("no such disk")


async def test_start_comes_before_anything_is_sent_and_close_at_the_end(simulator: Simulator) -> None:
    handler = Steps()
    run = mocked(STEP, simulator, handlers=(handler,))
    await events_of(run)
    info = handler.called[0]
    assert info == RunInfo(id=run.id, workflow="test", step="s", mode="mock", log=str(run.log_path))
    assert handler.called[1:3] == ["StepStarted", "AttemptStarted"]
    assert handler.called[-1] == "closed"


async def test_a_handler_that_cannot_start_gets_nothing_and_the_run_goes_on(simulator: Simulator) -> None:
    bad = BadStart()
    events = await events_of(mocked(STEP, simulator, handlers=(bad,)))
    error = only(events, Error)
    assert "OSError: no such disk" in error.message
    assert not error.fatal
    assert text_of(events) == "one two three four"
    assert bad.called == []


# --- on_handler_error -------------------------------------------------------------------------------------


async def test_fail_stops_the_call_and_keeps_what_came() -> None:
    closed = Steps()

    def raising(event: AnyEvent) -> None:
        raise ValueError("odd")

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("half "))
        await peer.until_gone()

    async with serving(script) as server:
        steps = ({"on_handler_error": "fail"}, {"needs": ["s1"]})
        events = await events_of(live(workflow_for(server, *steps), handlers=(raising, closed)))
        async with asyncio.timeout(PATIENCE):
            await server.peers[0].gone.wait()
    told, stopped = of(events, Error)
    assert (told.type, told.fatal, stopped.type, stopped.fatal) == (
        "handler_error",
        False,
        "handler_error",
        True,
    )
    assert "raise ValueError" in (told.traceback or "")
    assert (
        stopped.message
        == "handler '" + raising.__qualname__ + "' raised ValueError: odd; cancelled after 1 delta"
    )
    assert "on_handler_error: continue" in stopped.cure
    assert stopped.response is not None
    assert stopped.response.text == "half "
    assert steps_of(events) == {"s1": "failed", "s2": "skipped"}
    assert "raised ValueError: odd" in (of(events, StepFinished)[0].reason or "")
    assert only(events, RunFinished).status == "failed"
    assert closed.called[-1] == "closed"


async def test_fail_at_the_start_sends_nothing(simulator: Simulator) -> None:
    events = await events_of(mocked(FAIL, simulator, handlers=(BadStart,)))
    assert steps_of(events) == {"s": "failed", "t": "skipped"}
    assert of(events, AttemptStarted) == []
    error = only(events, Error)
    assert error.fatal
    assert "no such disk" in error.message


async def test_fail_at_the_end_fails_the_step(simulator: Simulator) -> None:
    class BadEnd:
        def handle_event(self, event: AnyEvent) -> None:
            pass

        async def close(self) -> None:
            raise OSError("disk full")

    events = await events_of(mocked(FAIL, simulator, handlers=(BadEnd,)))
    assert text_of(events) == "one two three"
    assert steps_of(events) == {"s": "failed", "t": "skipped"}
    assert only(events, Error).fatal


@pytest.mark.parametrize(("step", "ends"), [("", "failed"), ("on_handler_error: continue, ", "ok")])
async def test_defaults_say_it_for_steps_that_do_not(step: str, ends: str, simulator: Simulator) -> None:
    def raising(event: AnyEvent) -> None:
        raise ValueError("odd")

    defaults = "defaults: {provider: claude, model: m, stream: true, on_handler_error: fail}"
    workflow = load_workflow_text(f"{defaults}\nsteps: [{{id: s, {step}prompt: hi}}]", "test")
    setting = Setting.of(workflow, mode="mock", simulator=simulator, handlers=(raising,))
    assert steps_of(await events_of(Run(workflow, {}, setting))) == {"s": ends}


async def test_a_handler_that_always_fails_is_told_a_few_times_and_counted() -> None:
    def raising(event: AnyEvent) -> None:
        assert isinstance(event, Delta)
        raise ValueError(event.content)

    told: list[str] = []
    running = HandlerRunner(load_handler(raising), on_error=lambda name, message, trace: told.append(message))
    running.push(Script().deltas(*"xxyx", *map(str, range(100))))
    await running.close()
    assert told[:3] == ["ValueError: x", "ValueError: y", "ValueError: 0"]
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == "ValueError: 99 (104 errors in all)"


async def test_a_stopped_handler_gets_no_more_and_is_closed() -> None:
    class Bad(Steps):
        def handle_event(self, event: AnyEvent) -> None:
            super().handle_event(event)
            raise ValueError("odd")

    bad = Bad()
    running = HandlerRunner(load_handler(bad), on_error=lambda *_: True, run=RUN)
    running.push(Script().deltas("a", "b"))
    await until(lambda: "Delta" in bad.called)
    running.push(Script().deltas("c"))
    await running.ready()
    await running.close()
    assert bad.called == [RUN, "Delta", "closed"]


# --- a handler that blocks --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """Here a clock of ours says what blocks."""


class Clock:
    """The time that handlers take: it passes only where they say so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0
        for module in (blocking, runner):
            monkeypatch.setattr(module, "perf_counter_ns", lambda: self.now)

    def take(self, nanoseconds: int) -> None:
        self.now += nanoseconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_a_handler_that_blocks_is_named(clock: Clock, simulator: Simulator) -> None:
    def heavy(event: AnyEvent) -> None:
        clock.take(LIMIT + 10_000_000 if isinstance(event, Delta) else 1)

    events = await events_of(mocked(STEP, simulator, handlers=(heavy,)))
    first, last = of(events, Lint)
    deltas = len(of(events, Delta))
    assert deltas > 1
    assert {first.code, last.code} == {"handler_blocks"}
    assert "heavy` held up everything for 60 ms in one call (1 call so far, 60 ms in all)" in first.message
    assert f"({deltas} calls so far" in last.message
    assert first.step == "s"
    assert only(events, RunFinished).status == "ok"


async def test_an_async_handler_that_blocks_is_named_and_one_that_waits_is_not(
    clock: Clock, simulator: Simulator
) -> None:
    async def waiting(event: AnyEvent) -> None:
        clock_before = clock.now
        await asyncio.sleep(0)
        assert clock.now >= clock_before

    async def blocking_between_waits(event: AnyEvent) -> None:
        await asyncio.sleep(0)
        if isinstance(event, Delta):
            clock.take(LIMIT + 1)
        await asyncio.sleep(0)

    events = await events_of(mocked(STEP, simulator, handlers=(waiting, blocking_between_waits)))
    assert {"blocking_between_waits" in lint.message for lint in of(events, Lint)} == {True}


async def test_time_that_others_take_while_it_waits_is_not_its_own(clock: Clock) -> None:
    told: list[Any] = []
    gate = asyncio.Event()

    async def waiting(event: AnyEvent) -> None:
        await gate.wait()

    running = HandlerRunner(
        load_handler(waiting), on_error=lambda *_: None, on_block=lambda *facts: told.append(facts)
    )
    running.push(Script().deltas("a"))
    await asyncio.sleep(0)
    clock.take(10 * LIMIT)
    gate.set()
    await running.close()
    assert told == []


@pytest.mark.parametrize("caught", [True, False])
async def test_what_is_awaited_may_raise_into_an_async_handler(caught: bool) -> None:
    kept: list[str] = []

    async def failing() -> None:
        await asyncio.sleep(0)
        raise KeyError("inner")

    async def handle(event: AnyEvent) -> None:
        task = asyncio.create_task(failing())
        try:
            await task
        except KeyError:
            if not caught:
                raise
            kept.append("caught")
        await asyncio.sleep(0)
        kept.append("end")

    told: list[str] = []
    running = HandlerRunner(load_handler(handle), on_error=lambda name, message, trace: told.append(message))
    running.push(Script().deltas("a"))
    await running.close()
    assert (kept, told) == ((["caught", "end"], []) if caught else ([], ["KeyError: 'inner'"]))


async def test_a_wait_that_ends_in_an_error_is_no_block_and_a_block_before_a_wait_is(clock: Clock) -> None:
    gate = asyncio.Event()
    told: list[Any] = []

    async def wait_and_fail() -> None:
        await gate.wait()
        raise ValueError("odd")

    def handle(event: AnyEvent) -> Any:
        if isinstance(event, Delta) and event.content == "b":
            clock.take(LIMIT + 1)
        return wait_and_fail()

    running = HandlerRunner(
        load_handler(handle), on_error=lambda *_: None, on_block=lambda *facts: told.append(facts[1:])
    )
    running.push(Script().deltas("a"))
    await asyncio.sleep(0)
    clock.take(10 * LIMIT)
    gate.set()
    await running.ready()
    running.push(Script().deltas("b"))
    await running.close()
    assert told == [(1, LIMIT + 1, LIMIT + 1)]


async def test_what_is_no_coroutine_can_be_awaited_too() -> None:
    kept: list[AnyEvent] = []

    def handle(event: AnyEvent) -> asyncio.Task[None]:
        async def later() -> None:
            kept.append(event)

        return asyncio.create_task(later())

    running = HandlerRunner(load_handler(handle), on_error=lambda *_: None)
    running.push(Script().deltas("a"))
    await running.close()
    assert len(kept) == 1

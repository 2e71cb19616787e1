"""Handlers on a replay: fed as in a run, isolated as in a run, and never the end of what has happened."""

from __future__ import annotations

import asyncio
import io

from helpers_core import PATIENCE, check_run, events_of, gather, mocked, of, text_of
from helpers_replay import STALLED, one_step_log, sixty_three
from pipeline_runtime.events import Delta, Done, Error, RunFinished, StepFinished
from pipeline_runtime.replay import INSTANT, HandlerPlan, ReplayRun
from pipeline_runtime.replay.handling import FIRST_SEQ
from pipeline_runtime.workflow import load_workflow_text

PAIR = "steps: [{id: a, prompt: x, scenario: default}, {id: b, prompt: y, scenario: tool-call}]"


class Keeper:
    kinds = "all"
    made: list = []  # noqa: RUF012 - what the runs made

    def __init__(self):
        self.events, self.run, self.closed = [], None, False
        Keeper.made.append(self)

    def start(self, run):
        self.run = run

    def handle_event(self, event):
        assert not self.closed
        self.events.append(event)

    async def close(self):
        await asyncio.sleep(0)
        self.closed = True


async def test_they_get_what_they_got_when_it_was_live(simulator):
    Keeper.made.clear()
    recorded = mocked(PAIR, simulator, handlers=(Keeper,))
    await events_of(recorded)
    live, Keeper.made[:] = list(Keeper.made), []
    events = await gather(
        ReplayRun(recorded.log_path, speed=INSTANT, handlers=HandlerPlan(handlers=(Keeper,)))
    )
    assert len(Keeper.made) == 2
    for then, now in zip(live, Keeper.made, strict=True):
        assert now.events == then.events
        assert now.closed
        assert (now.run.mode, now.run.id, now.run.log) == ("replay", recorded.id, str(recorded.log_path))
    check_run(events)


async def test_a_workflows_own_are_run_with_their_options(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    out = tmp_path / "kept.jsonl"
    workflow = load_workflow_text(
        "steps: [{id: s, provider: claude, model: m, prompt: x, stream: true, "
        f"stream_handler: file, stream_handler_opts: {{path: '{out}'}}}}]",
        "test",
    )
    await gather(ReplayRun(log, speed=INSTANT, handlers=HandlerPlan(workflow)))
    assert "w60" in out.read_text()


async def test_a_console_handler_writes_where_it_is_told(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    console = io.StringIO()
    workflow = load_workflow_text(
        "steps: [{id: s, provider: claude, model: m, prompt: x, stream_handler: console}]", "test"
    )
    await gather(ReplayRun(log, speed=INSTANT, handlers=HandlerPlan(workflow, console=console)))
    assert console.getvalue().startswith("w0 w1 ")


async def test_one_that_raises_is_told_and_the_replay_goes_on(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)

    def broken(event):
        raise ValueError(event.content)

    run = ReplayRun(log, speed=INSTANT, handlers=HandlerPlan(handlers=(broken,)))
    events = await gather(run)
    told = of(events, Error)
    assert told[0].message.endswith("broken' raised ValueError: w0 ")
    assert [error.seq for error in told] == list(range(FIRST_SEQ, FIRST_SEQ + len(told)))
    assert run.handler_failures == len(told) == 6  # five of them, and how many in all
    recorded = [event for event in events if event.seq < FIRST_SEQ]
    check_run(recorded)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "ok"
    assert len(of(await gather(run), Error)) == 6


async def test_a_step_that_fails_for_its_handlers_does_not_fail_again(tmp_path):
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    workflow = load_workflow_text(
        "steps: [{id: s, provider: claude, model: m, prompt: x, on_handler_error: fail, "
        "stream_handler: 'no_such_module:handler'}]",
        "test",
    )
    run = ReplayRun(log, speed=INSTANT, handlers=HandlerPlan(workflow))
    events = await gather(run)
    assert run.handler_failures == 1
    (told,) = of(events, Error)
    assert (told.type, told.fatal) == ("handler_error", False)
    assert "no_such_module" in told.message
    assert of(events, StepFinished)[0].status == "ok"
    assert len(text_of(events)) > 100


async def test_a_slow_one_holds_the_replay_and_loses_nothing(tmp_path):
    count = 30_000
    log = one_step_log(tmp_path, [b'data: {"choices":[]}\n\n'] * count, range(1, count + 1))
    seen = []

    class Slow:
        kinds = "all"

        async def handle_event(self, event):
            await asyncio.sleep(0)
            seen.append(event.seq)

    run = ReplayRun(log, speed=INSTANT, handlers=HandlerPlan(handlers=(Slow,)))
    async with asyncio.timeout(PATIENCE * 2):
        await run.wait()
    assert len(seen) > count
    assert seen == sorted(seen)


async def test_a_cancel_lets_them_close(tmp_path):
    Keeper.made.clear()
    log = one_step_log(tmp_path, sixty_three(), STALLED)
    run = ReplayRun(log, handlers=HandlerPlan(handlers=(Keeper,)))
    async for batch in run.batches():
        if batch[-1].step is not None:
            run.cancel()
    assert [keeper.closed for keeper in Keeper.made] == [True]
    assert not of(Keeper.made[0].events, Delta)
    assert not of(Keeper.made[0].events, Done)


async def test_they_do_not_hear_what_was_told_of_the_recorded_runs_own(simulator):
    def broken(event):
        raise ValueError

    recorded = mocked(PAIR, simulator, handlers=(broken,))
    events = await events_of(recorded)
    assert {error.type for error in of(events, Error)} == {"handler_error"}
    Keeper.made.clear()
    told = await gather(ReplayRun(recorded.log_path, speed=INSTANT, handlers=HandlerPlan(handlers=(Keeper,))))
    assert of(told, Error) == of(events, Error)
    assert [of(keeper.events, Error) for keeper in Keeper.made] == [[], []]

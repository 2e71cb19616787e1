"""A recorded run played again with faults: a new run, whose answers are the recorded ones, broken."""

from __future__ import annotations

import asyncio
import json

import pytest

from helpers_cli import cli
from helpers_core import DONE, PATIENCE, check_run, events_of, mocked, of, only, piece, steps_of, text_of
from helpers_replay import MS, one_step_log
from pipeline_runtime.debugging import Breakpoints, Gate
from pipeline_runtime.errors import InputError, PipelineError, RunLogError
from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Fallback,
    Retry,
    RunStarted,
    StepFinished,
    StepStarted,
)
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.replay import INSTANT, HandlerPlan, ReplayRun
from pipeline_runtime.replay.faulted import FaultedReplay

WORDS = ["zero", " one", " two", " three", " four"]


@pytest.fixture
def log(tmp_path):
    parts = [*(piece(word) for word in WORDS), piece(finish="stop"), DONE]
    return one_step_log(tmp_path, parts, [(n + 2) * MS for n in range(len(parts))])


async def replayed(path, *faults, **options):
    """Its events; they are also those of its own log."""
    run = FaultedReplay(path, faults, **{"speed": INSTANT} | options)
    return await events_of(run)


async def played(path):
    """The events of a replay without faults."""
    async with asyncio.timeout(PATIENCE):
        return [event async for event in ReplayRun(path, speed=INSTANT)]


async def test_the_recorded_stream_is_broken_at_its_place(log):
    events = await replayed(log, "disconnect@2")
    error = only(events, Error)
    assert (error.type, error.response.text) == ("disconnected", "zero one")
    assert text_of(events) == "zero one"
    started = only(events, RunStarted)
    assert (started.mode, started.faults) == ("replay", ("disconnect@2",))
    assert started.note.startswith("a replay of 20261121T000000000Z-sixty-three-aaaa (live, ")
    assert started.note.endswith(", all at once; faults are injected: disconnect@2")
    assert only(events, StepStarted).model == "m"
    assert only(events, AttemptStarted).request.url == "http://127.0.0.1:9/v1/chat/completions"


async def test_a_replay_of_it_and_one_with_more_faults_keep_the_faults(log):
    run = FaultedReplay(log, ["drop@1"], speed=INSTANT)
    broken = await events_of(run)
    assert text_of(broken) == "zero two three four"
    again = await played(run.log_path)
    assert only(again, RunStarted).faults == ("drop@1",)
    assert text_of(again) == text_of(broken)
    more = await replayed(run.log_path, "drop@0")
    assert only(more, RunStarted).faults == ("drop@1", "drop@0")
    assert text_of(more) == " two three four"


async def test_what_goes_on_without_harm_is_the_same_answer(log):
    events = await replayed(log, "stall@2:1ms", "split@1:3", "jitter:1ms")
    assert text_of(events) == "".join(WORDS)
    assert only(events, Done).response.text == "".join(WORDS)


async def test_a_failed_request_is_asked_again_and_gets_its_recorded_answer(log):
    events = await replayed(log, "status:529:retry-after=0")
    assert [retry.status for retry in of(events, Retry)] == [529]
    assert text_of(events) == "".join(WORDS)
    assert steps_of(events) == {"s": "ok"}


async def test_an_answer_that_broke_before_its_first_word_is_had_again(log):
    events = await replayed(log, "disconnect@0")
    assert len(of(events, AttemptStarted)) == 3
    assert {error.type for error in of(events, Error)} == {"disconnected"}


async def test_steps_follow_one_another_as_they_did(simulator, tmp_path):
    text = """
steps:
  - {id: one, prompt: hi, retry: {attempts: 1}, scenario: {reply: one two three}}
  - {id: two, prompt: hi, scenario: {reply: one two three}}
  - {id: left, prompt: hi, skip: not today}
"""
    recorded = mocked(text, simulator, logs=tmp_path)
    await events_of(recorded)
    well = await replayed(recorded.log_path, "stall@1:1ms")
    assert steps_of(well) == {"one": "ok", "two": "ok", "left": "skipped"}
    order = [event.step for event in well if isinstance(event, StepStarted | StepFinished)]
    assert [step for step in order if step != "left"] == ["one", "one", "two", "two"]
    assert only([event for event in of(well, StepFinished) if event.step == "left"], StepFinished).reason
    ill = await replayed(recorded.log_path, "disconnect@1")
    assert steps_of(ill) == {"one": "failed", "two": "skipped", "left": "skipped"}


async def test_a_fallback_is_walked_again(simulator, tmp_path):
    scenario = "{reply: one two, refuse_stream: openai-o1-default}"
    text = f"steps: [{{id: one, prompt: hi, provider: openai, scenario: {scenario}}}]"
    recorded = mocked(text, simulator, logs=tmp_path)
    before = await events_of(recorded)
    assert of(before, Fallback)
    events = await replayed(recorded.log_path, "slow-headers:1ms")
    assert [event.asked for event in of(events, AttemptStarted)] == ["stream", "sync"]
    assert only(events, Done).response.fallback.source == "server"
    assert text_of(events) == text_of(before)


async def test_handlers_may_be_run_on_it(log):
    heard = []
    plan = HandlerPlan(handlers=(heard.append,))
    await replayed(log, "drop@0", handlers=plan)
    assert "".join(event.content for event in heard if isinstance(event, Delta)) == " one two three four"


async def test_it_stops_at_breakpoints(log):
    points = Breakpoints()
    points.add("type:delta n:2")
    gate = Gate(breakpoints=points)
    run = FaultedReplay(log, ["drop@1"], speed=INSTANT, gate=gate)
    stopped = asyncio.Event()
    gate.listen(lambda: stopped.set() if gate.hit else None)
    gathering = asyncio.create_task(_gather(run))
    async with asyncio.timeout(PATIENCE):
        await stopped.wait()
        gate.resume()
        while not gathering.done():
            stopped.clear()
            gate.resume()
            await asyncio.sleep(0)
        check_run(await gathering)


async def _gather(run):
    return [event async for batch in run.batches() for event in batch]


def test_what_is_no_fault_no_run_or_no_speed_is_refused(log, tmp_path):
    with pytest.raises(InputError, match="not a fault"):
        FaultedReplay(log, ["disconect@1"])
    with pytest.raises(RunLogError):
        FaultedReplay(tmp_path / "none.jsonl", ["drop@1"])
    with pytest.raises(PipelineError, match="speed"):
        FaultedReplay(log, ["drop@1"], speed=0)


def test_the_command(log):
    ran = cli("replay", str(log), "--fault", "disconnect@2", "--speed", "instant")
    assert (ran.code, ran.out.strip()) == (1, "zero one")
    assert "faults are injected: disconnect@2" in ran.notes
    kept = list(runs_dir().glob("*.jsonl"))
    assert len(kept) == 1
    again = cli("replay", str(kept[0]), "--speed", "instant", "--json")
    assert json.loads(again.out.splitlines()[0])["faults"] == ["disconnect@2"]
    told = cli("replay", str(kept[0]), "--speed", "instant")
    assert "faults were injected: disconnect@2" in told.notes
    assert cli("replay", str(log), "--fault", "nope@2").code == 2

"""Runs: order, parallel steps, failures, subscribers of every kind, and ends that always come."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

from helpers_core import (
    KEY,
    PATIENCE,
    InTurn,
    check_run,
    events_of,
    gather,
    head,
    live,
    mocked,
    of,
    only,
    piece,
    pieces,
    play,
    replying,
    seen,
    steps_of,
    text_of,
    until,
    watching,
    whole,
    workflow_for,
)
from helpers_transport import Peer, serving
from pipeline_runtime.engine import channel as channels
from pipeline_runtime.engine.channel import Channel
from pipeline_runtime.engine.run import Run, run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.engine.step import StepRunner
from pipeline_runtime.errors import InputError
from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Lint,
    RunFinished,
    RunStarted,
    Stall,
    StepFinished,
    StepStarted,
)
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from pipeline_runtime.simulator import Simulator

pytestmark = pytest.mark.streaming
OK = "scenario: {reply: one two three}"


# --- order ------------------------------------------------------------------------------------------------


async def test_steps_run_in_order_and_see_earlier_answers(simulator: Simulator) -> None:
    text = """
inputs: {topic: tea}
steps:
  - {id: draft, prompt: "about {{ inputs.topic }}", scenario: {reply: "a draft"}}
  - {id: polish, system: "be {{ steps.draft.finish_reason }}", prompt: "mend: {{ steps.draft.text }}", scenario: {reply: done}}
"""
    events = await events_of(mocked(text, simulator, {"topic": "rain"}))
    first, second = of(events, StepStarted)
    assert (first.prompt, second.prompt) == ("about rain", "mend: a draft")
    assert second.seq > of(events, StepFinished)[0].seq
    body = of(events, AttemptStarted)[1].request.body
    assert body["system"] == "be stop"
    assert steps_of(events) == {"draft": "ok", "polish": "ok"}
    finished = only(events, RunFinished)
    assert [one.step for one in finished.steps] == ["draft", "polish"]
    assert finished.steps[0].delivery == "stream"


async def test_independent_steps_overlap() -> None:
    both_seen = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("begun "))
        await both_seen.wait()
        await peer.send(*pieces("done"))

    async with watching(script, {"needs": []}, {"needs": []}) as (made, _):
        begun: set[str | None] = set()
        async for batch in made.batches():
            begun |= {event.step for event in batch if isinstance(event, Delta)}
            if begun == {"s1", "s2"}:
                both_seen.set()
        events = list(made.history())
    spans = [[event.at for event in of(events, Delta) if event.step == step] for step in ("s1", "s2")]
    assert spans[0][0] < spans[1][-1]
    assert spans[1][0] < spans[0][-1]
    assert text_of(events, "s1") == text_of(events, "s2") == "begun done"


async def test_a_failure_skips_what_depends_on_it_only(simulator: Simulator) -> None:
    text = f"""
steps:
  - {{id: a, needs: [], prompt: hi, scenario: {{reply: x, faults: ["error@0:broken"]}}, retry: {{attempts: 1}}}}
  - {{id: b, needs: [], prompt: hi, {OK}}}
  - {{id: c, needs: [a], prompt: hi, {OK}}}
  - {{id: d, needs: [c, b], prompt: hi, {OK}}}
  - {{id: e, needs: [b], prompt: hi, {OK}}}
"""
    events = await events_of(mocked(text, simulator))
    assert steps_of(events) == {"a": "failed", "b": "ok", "c": "skipped", "d": "skipped", "e": "ok"}
    reasons = {one.step: one.reason for one in of(events, StepFinished) if one.status == "skipped"}
    assert reasons == {"c": "needs a, which did not succeed", "d": "needs c, which did not succeed"}
    assert only(events, RunFinished).status == "failed"


async def test_the_setting_may_turn_streaming_off(simulator: Simulator) -> None:
    events = await events_of(mocked(f"steps: [{{id: a, prompt: hi, {OK}}}]", simulator, stream=False))
    assert only(events, StepStarted).stream is False
    assert only(events, AttemptStarted).asked == "sync"
    assert only(events, Done).response.delivery == "sync"
    assert only(events, Done).response.fallback is None


# --- what cannot run --------------------------------------------------------------------------------------


async def test_a_missing_key_is_a_clear_error() -> None:
    workflow = workflow_for("http://127.0.0.1:9/v1")
    events = await events_of(live(workflow, environ={}))
    error = only(events, Error)
    assert (error.type, error.step, error.fatal) == ("step_failed", "s1", True)
    assert "LOCAL_KEY" in error.message
    assert "LOCAL_KEY" in error.cure
    assert only(events, StepStarted).seq < error.seq
    assert not of(events, AttemptStarted)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("prompt: '{{ 1 / 0 }}'", "division by zero"),
        ("prompt: hi, stream_handler: nowhere.to:be_found", "nowhere"),
        ("prompt: hi, scenario: no-such-scenario", "no-such-scenario"),
        ("prompt: '{{ \"half \\uD83D a pair\" }}'", "half a character"),
        ("prompt: hi, thinking: 2048, provider: openai", "budget"),
    ],
)
async def test_what_a_step_cannot_do_is_told(step: str, words: str, simulator: Simulator) -> None:
    events = await events_of(
        mocked(f"steps: [{{id: a, {step}}}, {{id: b, needs: [], prompt: x, {OK}}}]", simulator)
    )
    error = only(events, Error)
    assert (error.step, error.fatal) == ("a", True)
    assert words in error.message
    assert error.cure
    assert steps_of(events) == {"a": "failed", "b": "ok"}


class Broken(Exception):
    """No error of ours."""


async def test_our_own_mistake_ends_the_step_and_the_run(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise Broken(f"with {KEY}")

    monkeypatch.setattr(StepRunner, "_request", broken)
    text = f"steps: [{{id: a, prompt: hi, {OK}}}, {{id: b, prompt: hi, {OK}}}]"
    events = await events_of(mocked(text, simulator))
    error = only(events, Error)
    assert (error.type, error.step, error.fatal) == ("internal_error", "a", True)
    assert "Broken" in error.message
    assert "Broken" in (error.traceback or "")
    assert steps_of(events) == {"a": "failed", "b": "skipped"}
    assert only(events, RunFinished).status == "failed"


@pytest.mark.parametrize("where", ["_begin", "_walk", "run", "_call"])
async def test_whatever_breaks_the_run_has_an_end(
    where: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("oh")

    owner = Run if where in ("_begin", "_walk") else StepRunner
    monkeypatch.setattr(owner, where, broken)
    made = mocked(f"steps: [{{id: a, prompt: hi, {OK}}}, {{id: b, needs: [], prompt: hi, {OK}}}]", simulator)
    async with asyncio.timeout(PATIENCE):
        events = await gather(made)
    assert [event.seq for event in events] == list(range(len(events)))
    assert {error.type for error in of(events, Error)} == {"internal_error"}
    assert only(events, RunFinished).status == "failed"
    assert sorted(steps_of(events)) == ["a", "b"]
    assert (await made.wait()).status == "failed"


async def test_a_run_task_that_is_cancelled_from_outside_still_ends() -> None:
    async with serving(replying(head(), piece("a"))) as server:

        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.send(head(), piece("a"))
            await peer.until_gone()

        async with serving(script) as slow:
            made = live(workflow_for(slow, {}, {}))
            task = asyncio.create_task(gather(made))
            await asyncio.sleep(0)
            await seen(made, Delta)
            assert made._task is not None
            made._task.cancel()
            events = await task
    check_run(events)
    assert server.peers == []
    assert only(events, RunFinished).status == "cancelled"
    assert steps_of(events) == {"s1": "cancelled", "s2": "cancelled"}
    assert made.log_path is not None
    assert list(RunLog(made.log_path).events()) == events


def test_inputs_must_be_text() -> None:
    workflow = workflow_for("http://127.0.0.1:9/v1")
    setting = Setting.of(workflow, mode="live", environ={}, keep_log=False)
    with pytest.raises(InputError, match="not UTF-8") as caught:
        Run(workflow, {"topic": "caf\udce9"}, setting)
    assert caught.value.problems == {"topic": "is not UTF-8"}


def test_unknown_inputs_are_refused() -> None:
    with pytest.raises(InputError, match="topic"):
        run(workflow_for("http://127.0.0.1:9/v1"), {"topic": "x"}, mode="mock")


# --- subscribers ------------------------------------------------------------------------------------------


class Paced:
    """A server that sends a delta whenever it may."""

    def __init__(self, deltas: int) -> None:
        self.deltas = deltas
        self.may = asyncio.Semaphore(0)

    async def __call__(self, peer: Peer) -> None:
        await peer.request()
        await peer.send(head())
        for number in range(self.deltas):
            await self.may.acquire()
            await peer.send(piece(f"{number} "))
        await peer.send(*pieces("end"))


async def test_late_subscribers_get_everything_once() -> None:
    script = Paced(12)
    async with watching(script) as (made, _):
        latecomers = []
        for _ in range(12):
            script.may.release()
            latecomers.append(asyncio.create_task(gather(made)))
            await until(lambda: len(of(list(made.history()), Delta)) >= len(latecomers))
        await made.wait()
        after = await gather(made)
        told = await asyncio.gather(*latecomers)
    check_run(after)
    for events in told:
        assert events == after
    assert [lint.code for lint in of(after, Lint)] == ["usage_missing"]


async def test_two_subscribers_from_the_beginning(simulator: Simulator) -> None:
    made = mocked(f"steps: [{{id: a, prompt: hi, {OK}}}]", simulator)
    first, second = await asyncio.gather(gather(made), gather(made))
    check_run(first)
    assert first == second


async def test_one_who_only_watches_may_leave(simulator: Simulator) -> None:
    made = mocked(f"steps: [{{id: a, prompt: hi, {OK}}}]", simulator)
    async for _ in made.batches():
        break
    assert (await made.wait()).status == "ok"
    check_run(await gather(made))


async def test_a_run_needs_no_watcher(simulator: Simulator) -> None:
    made = mocked(f"steps: [{{id: a, prompt: hi, {OK}}}]", simulator)
    assert not made.finished
    assert (await made.wait()).status == "ok"
    assert made.finished
    assert [type(event) for event in made.history()][-1] is RunFinished


@pytest.mark.parametrize("kind", [RunStarted, StepStarted, AttemptStarted, Delta])
async def test_leaving_the_loop_cancels_the_run(kind: type) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("a"))
        await peer.until_gone()

    async with serving(script) as server:
        made = live(workflow_for(server))
        async for event in made:
            if isinstance(event, kind):
                break
        gc.collect()
        async with asyncio.timeout(PATIENCE):
            result = await made.wait()
        assert result.status == "cancelled"
        check_run(list(made.history()))


async def test_an_exception_in_the_loop_cancels_the_run_too() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("a"))
        await peer.until_gone()

    async with serving(script) as server:
        made = live(workflow_for(server))

        async def fail_at_a_delta() -> None:
            async for event in made:
                if isinstance(event, Delta):
                    raise Broken

        with pytest.raises(Broken):
            await fail_at_a_delta()
        async with asyncio.timeout(PATIENCE):
            assert (await made.wait()).status == "cancelled"


async def test_the_watching_task_is_cancelled() -> None:
    async with serving(replying(head(), piece("a"))) as _, serving(Paced(1)) as server:
        made = live(workflow_for(server))

        async def own() -> None:
            async for _ in made:
                pass

        task = asyncio.create_task(own())
        await asyncio.sleep(0)
        await seen(made, AttemptStarted)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert made.finished
        assert made.result is not None
        assert made.result.status == "cancelled"


async def test_a_slow_subscriber_holds_the_server_back_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "HIGH_WATER", 200)
    monkeypatch.setattr(channels, "LOW_WATER", 50)
    sent = 0
    total = 400
    block = piece("x" * 20_000)

    async def script(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(head())
        for _ in range(total):
            await peer.send(block)
            sent += 1
        await peer.send(*pieces("end"))

    async with serving(script) as server:
        made = live(workflow_for(server))
        batches = made.batches()
        taken = await anext(batches)
        held = -1
        while held != sent:  # the server stops when every buffer between is full
            held = sent
            for _ in range(300):
                await asyncio.sleep(0)
            await asyncio.to_thread(lambda: None)
        assert made._channel.congested
        assert sent < total
        async for batch in batches:
            taken += batch
    check_run(taken)
    assert sent == total
    assert len(of(taken, Delta)) == total + 1
    assert only(taken, Done).response.text == "x" * 20_000 * total + "end"
    assert not of(taken, Stall)
    assert made.log_path is not None
    assert list(RunLog(made.log_path).events()) == taken


async def test_one_who_leaves_does_not_hold_the_run_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "HIGH_WATER", 5)
    monkeypatch.setattr(channels, "LOW_WATER", 2)
    async with serving(replying(head(), *(piece("x") for _ in range(200)), *pieces("end"))) as server:
        made = live(workflow_for(server))
        first, second = made.batches(), made.batches()
        await anext(first)
        await anext(second)
        await first.aclose()
        await second.aclose()
        async with asyncio.timeout(PATIENCE):
            assert (await made.wait()).status == "ok"


def test_a_channel_without_subscribers_is_never_congested() -> None:
    channel = Channel()
    channel.push([RunStarted("r", None, None, 0, 0, "w", "mock", (), {})] * (channels.HIGH_WATER + 1))
    assert not channel.congested


# --- the attempts of a step -------------------------------------------------------------------------------


async def test_attempts_are_numbered_per_step() -> None:
    busy = head("529 Busy", kind="application/json") + b'{"error":{"message":"busy"}}'
    script = InTurn(busy, head() + b"".join(pieces("one")), busy, head() + b"".join(pieces("two")))
    step = {"retry": {"attempts": 2, "backoff": 0.001}}
    events = await play(script, step, step)
    assert [(one.step, one.attempt) for one in of(events, AttemptStarted)] == [
        ("s1", 1),
        ("s1", 2),
        ("s2", 1),
        ("s2", 2),
    ]
    assert [one.attempts for one in of(events, StepFinished)] == [2, 2]
    assert all(event.attempt is not None for event in of(events, Done))


async def test_a_sync_step_reads_back() -> None:
    events = await play(replying(head(kind="application/json"), whole("at once")), {"stream": False})
    assert text_of(events) == "at once"
    assert only(events, StepFinished).delivery == "sync"

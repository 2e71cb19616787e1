"""Real runs behind a gate: pause, step, stop, go on; nothing is lost, doubled or told out of order."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_core import KEY, PATIENCE, events_of, head, live, of, pieces, replying, until, workflow_for
from helpers_transport import serving
from pipeline_runtime.debugging import Breakpoints, Gate
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import AttemptStarted, Delta, Done, FrameReceived, RunFinished
from pipeline_runtime.expression import ExpressionError
from pipeline_runtime.runlog.reader import RunLog

WORDS = [f"word{n} " for n in range(8)]


def whole_answer():
    return replying(head(), *pieces(*WORDS))


@asynccontextmanager
async def held(script, *steps, gate, **setting):
    """A run behind a gate, what its subscriber got so far, and its end checked."""
    async with serving(script) as server:
        run = live(workflow_for(server, *steps), gate=gate, **setting)
        got = []

        async def watch():
            async for batch in run.batches():
                got.extend(batch)

        watching = asyncio.create_task(watch())
        try:
            yield run, got, server
            async with asyncio.timeout(PATIENCE):
                await watching
        finally:
            if not run.finished:
                run.cancel()
                await run.wait()
        assert sorted(got, key=lambda event: event.seq) == list(RunLog(run.log_path).events())


async def settled():
    """Let everything that can go on do so."""
    for _ in range(100):
        await asyncio.sleep(0)


def contents(got):
    return [event.content for event in of(got, Delta)]


async def test_without_breakpoints_an_open_gate_changes_nothing():
    async with serving(whole_answer()) as server:
        events = await events_of(live(workflow_for(server), gate=Gate()))
    assert contents(events) == WORDS


async def test_it_stops_behind_the_event_that_a_breakpoint_is_true_of():
    gate = Gate()
    point = gate.breakpoints.add("text~/word2/")
    async with held(whole_answer(), gate=gate) as (_, got, _):
        await until(lambda: gate.hit)
        await settled()
        assert contents(got) == WORDS[:3]
        assert gate.is_paused()
        assert gate.hit.number == point.number
        assert gate.hit.event == got[-1]
        gate.resume()
        assert gate.hit is None
    assert contents(got) == WORDS
    assert point.hits == 1


async def test_stepping_lets_one_event_pass_then_a_frame_then_all_up_to_the_next_text():
    gate = Gate()
    gate.breakpoints.add("nth(2, type:delta)", once=True)
    async with held(whole_answer(), gate=gate) as (_, got, _):
        await until(lambda: gate.hit)
        await settled()
        reached = len(got)
        gate.advance("event")
        await until(lambda: len(got) == reached + 1)
        gate.advance("event")
        await until(lambda: len(got) == reached + 2)
        assert [type(event) for event in got[-2:]] == [FrameReceived, Delta]
        gate.advance("frame")
        await until(lambda: len(got) == reached + 4)
        gate.advance("text")
        await until(lambda: contents(got) == WORDS[:5])
        gate.resume()
    assert contents(got) == WORDS


async def test_held_the_socket_is_not_read_and_buffered_it_is():
    sent = asyncio.Event()

    async def script(peer):
        await peer.request()
        await peer.send(head() + pieces(WORDS[0])[0])
        await sent.wait()
        await peer.send(b"".join(pieces(*WORDS[1:])))

    gate = Gate()
    gate.breakpoints.add("type:delta", once=True)
    async with held(script, gate=gate) as (run, got, _):
        await until(lambda: gate.hit)
        sent.set()
        await settled()
        assert gate.waiting() == 0
        assert contents(list(run.history())) == WORDS[:1]
        gate.set_mode("buffer")
        await until(lambda: contents(list(run.history())) == WORDS)
        assert gate.waiting() > len(WORDS)
        assert contents(got) == WORDS[:1]
        assert not run.finished
        gate.resume()
    assert contents(got) == WORDS


async def test_a_paused_run_is_cancelled_at_once_and_its_rest_is_told():
    gate = Gate(mode="buffer")
    gate.breakpoints.add("type:delta", once=True)
    async with held(whole_answer(), gate=gate) as (run, got, _):
        await until(lambda: gate.waiting() > 0)
        run.cancel()
    assert of(got, RunFinished)[0].status in {"cancelled", "ok"}
    assert not gate.is_paused()


@pytest.mark.parametrize("mode", ["hold", "buffer"])
async def test_a_request_is_held_back_edited_and_then_sent(mode):
    bodies = []

    async def script(peer):
        _, body = await peer.request()
        bodies.append(body)
        await peer.send(head() + b"".join(pieces("ok")))

    gate = Gate(mode=mode)
    gate.breakpoints.add("type:attempt_started step:s1", once=True)
    async with held(script, gate=gate) as (_, got, _):
        await until(gate.pending_requests)
        [pending] = gate.pending_requests()
        assert pending.step == "s1"
        assert bodies == []
        assert not of(got, AttemptStarted)
        gate.edit_request("s1", b'{"edited":true}')
        gate.resume()
    assert bodies == [b'{"edited":true}']
    assert of(got, AttemptStarted)[0].request.body == {"edited": True}
    assert gate.pending_requests() == []


async def test_an_edited_request_is_sent_with_the_secrets_that_were_never_shown():
    bodies = []

    async def script(peer):
        _, body = await peer.request()
        bodies.append(body)
        await peer.send(head() + b"".join(pieces("ok")))

    gate = Gate()
    gate.breakpoints.add("type:attempt_started", once=True)
    async with held(script, {"prompt": f"what is {KEY} for?"}, gate=gate) as (_, got, _):
        await until(gate.pending_requests)
        first = gate.editable_request("s1")
        assert KEY not in first.text
        with pytest.raises(PipelineError, match="not JSON"):
            gate.edit_request("s1", first.applied(first.text[:-1]))
        gate.edit_request("s1", first.applied(first.text.replace("what is", "who made")))
        again = gate.editable_request("s1")
        assert "who made <masked 1> for?" in again.text
        gate.edit_request("s1", again.applied(again.text.replace(" for?", "?")))
        gate.resume()
    assert f"who made {KEY}?".encode() in bodies[0]
    told = of(got, AttemptStarted)[0].request.body
    assert told["messages"][0]["content"] == f"who made {'*' * len(KEY)}?"
    with pytest.raises(PipelineError, match="no request of step 's1' is held back"):
        gate.editable_request("s1")


async def test_a_run_that_begins_paused_sends_nothing_until_it_goes_on():
    gate = Gate(shut=True)
    async with held(whole_answer(), gate=gate) as (_, got, _):
        await until(gate.pending_requests)
        assert not of(got, AttemptStarted)
        gate.resume()
    assert of(got, Done)


async def test_one_step_is_paused_and_the_other_goes_on():
    gate = Gate()
    gate.breakpoints.add("step:s1 type:delta", once=True)
    async with held(whole_answer(), {"needs": []}, {"needs": []}, gate=gate) as (_, got, _):
        await until(lambda: gate.hit and any(done.step == "s2" for done in of(got, Done)))
        assert gate.is_paused("s1")
        assert not gate.is_paused("s2")
        gate.resume("s1")
    assert {done.step for done in of(got, Done)} == {"s1", "s2"}


async def test_a_step_that_stops_at_its_last_event_is_not_over_until_it_goes_on():
    gate = Gate()
    gate.breakpoints.add("type:done")
    async with held(whole_answer(), gate=gate) as (run, got, _):
        await until(gate.stops)
        await settled()
        assert isinstance(got[-1], Done)
        assert not run.finished
        gate.advance("event")
    assert isinstance(got[-1], RunFinished)
    assert gate.stops() == []


async def test_handlers_are_behind_the_gate_too():
    heard = []
    gate = Gate()
    gate.breakpoints.add("nth(3, type:delta)", once=True)
    async with held(whole_answer(), gate=gate, handlers=(heard.append,)) as (_, got, _):
        await until(lambda: gate.hit and len(heard) == 3)
        gate.resume()
    assert contents(heard) == contents(got) == WORDS


def test_breakpoints_count_their_hits_and_can_be_turned_off_and_forgotten():
    points = Breakpoints()
    first, second = points.add("type:delta"), points.add("type:done", once=True)
    assert [point.number for point in points] == [1, 2]
    points.remove(first)
    third = points.add("error:*")
    assert [point.number for point in points] == [2, 3]
    assert (second.once, third.once, third.enabled, third.hits) == (True, False, True, 0)
    points.clear()
    assert len(points) == 0
    with pytest.raises(ExpressionError):
        points.add("type:detla")
    with pytest.raises(ExpressionError, match="empty"):
        points.add("  ")


async def test_a_breakpoint_that_is_off_stops_nothing_and_one_that_is_once_turns_itself_off():
    gate = Gate()
    off, once = gate.breakpoints.add("type:delta"), gate.breakpoints.add("lane:text", once=True)
    off.enabled = False
    async with held(whole_answer(), gate=gate) as (_, got, _):
        await until(lambda: gate.hit)
        assert gate.hit.number == once.number
        gate.resume()
    assert (off.hits, once.hits, once.enabled) == (0, 1, False)
    assert contents(got) == WORDS


MOVES = st.sampled_from(["pause", "resume", "event", "frame", "text", "hold", "buffer", "wait"])


@settings(max_examples=25, deadline=None)
@given(st.lists(MOVES, max_size=14), st.sampled_from(["hold", "buffer"]), st.booleans())
async def test_whatever_is_done_at_the_gate_everything_is_told_once_and_in_order(moves, mode, shut):
    gate = Gate(mode=mode, shut=shut)
    async with held(whole_answer(), gate=gate) as (_, got, _):
        for move in moves:
            match move:
                case "pause":
                    gate.pause()
                case "resume":
                    gate.resume()
                case "hold" | "buffer":
                    gate.set_mode(move)
                case "wait":
                    await settled()
                case unit:
                    gate.advance(unit)
        gate.resume()
    assert [event.seq for event in got] == list(range(len(got)))

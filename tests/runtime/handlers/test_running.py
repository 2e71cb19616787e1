"""Handlers in runs: every event in order, isolated from the stream and from each other."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import pytest

from helpers_core import (
    PATIENCE,
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
    text_of,
    watching,
    workflow_for,
)
from helpers_transport import SOON, Peer, serving
from pipeline_runtime.events import AnyEvent, Delta, Done, Error, Event, RunFinished, StepFinished
from pipeline_runtime.handlers import runner as runners
from pipeline_runtime.handlers.loading import load_handler
from pipeline_runtime.handlers.runner import HandlerRunner

if TYPE_CHECKING:
    from pipeline_runtime.simulator import Simulator

pytestmark = pytest.mark.streaming
STEP = "steps: [{id: s, prompt: hi, scenario: {reply: one two three four}}]"


async def test_events_come_in_order_and_close_is_last(simulator: Simulator) -> None:
    told: list[Any] = []

    class Keep:
        kinds = frozenset({"step_started", "attempt_started", "frame", "delta", "done", "response_opened"})

        async def handle_event(self, event: Event) -> None:
            await asyncio.sleep(0)
            told.append(event.seq)

        async def close(self) -> None:
            told.append("closed")

    events = await events_of(mocked(STEP, simulator, handlers=(Keep,)))
    wanted = [event.seq for event in events if event.__struct_config__.tag in Keep.kinds]
    assert told == [*wanted, "closed"]


async def test_each_run_has_its_own_instance(simulator: Simulator) -> None:
    kept: list[Keep] = []

    class Keep:
        def __init__(self) -> None:
            kept.append(self)
            self.runs: set[str] = set()

        def handle_event(self, event: Event) -> None:
            self.runs.add(event.run)

    runs = [mocked(STEP, simulator, handlers=(Keep,)) for _ in range(4)]
    await asyncio.gather(*(gather(run) for run in runs))
    assert len(kept) == 4
    assert [len(one.runs) for one in kept] == [1, 1, 1, 1]
    assert set.union(*(one.runs for one in kept)) == {run.id for run in runs}


@pytest.mark.parametrize(
    "mistake", [ValueError("odd"), SystemExit(3), asyncio.CancelledError(), AssertionError()]
)
async def test_a_handler_that_raises_is_told_and_the_stream_goes_on(
    mistake: BaseException, simulator: Simulator
) -> None:
    def raising(event: AnyEvent) -> None:
        if isinstance(event, Delta) and event.content.strip() == "two":
            raise mistake

    kept: list[AnyEvent] = []
    events = await events_of(mocked(STEP, simulator, handlers=(raising, kept.append)))
    error = only(events, Error)
    assert (error.type, error.fatal, error.step) == ("handler_error", False, "s")
    assert type(mistake).__name__ in error.message
    assert "raising" in error.message
    assert "raise mistake" in (error.traceback or "")
    assert error.cure
    assert text_of(events) == "one two three four"
    assert only(events, RunFinished).status == "ok"
    assert kept == [event for event in events if isinstance(event, Delta | Done)]
    assert error.seq < only(events, StepFinished).seq


async def test_what_close_raises_is_told_too(simulator: Simulator) -> None:
    class Bad:
        def handle_event(self, event: AnyEvent) -> None:
            pass

        def close(self) -> None:
            raise OSError("disk")

    events = await events_of(mocked(STEP, simulator, handlers=(Bad,)))
    assert "OSError: disk" in only(events, Error).message
    assert only(events, RunFinished).status == "ok"


async def test_a_handler_that_hangs_is_given_up_at_the_second_cancel() -> None:
    forever = asyncio.Event()

    async def hanging(_: AnyEvent) -> None:
        await forever.wait()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("a"))
        await peer.until_gone()

    async with watching(script, handlers=(hanging,)) as (run, server):
        await seen(run, Delta)
        run.cancel()
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()
        await seen(run, Error)
        assert not run.finished
        run.cancel()
        async with asyncio.timeout(PATIENCE):
            assert (await run.wait()).status == "cancelled"


async def test_a_slow_handler_holds_the_intake_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "HIGH_WATER", 20)
    go_on = asyncio.Event()
    kept: list[AnyEvent] = []

    async def slow(event: AnyEvent) -> None:
        kept.append(event)
        await go_on.wait()

    parts = [piece(f"{number} ") for number in range(300)]

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head())
        for part in parts:
            await peer.send(part)
            await asyncio.sleep(0)
        await peer.send(*pieces("end"))

    async with serving(script) as server:
        run = live(workflow_for(server), handlers=(slow,))
        watching_it = asyncio.create_task(gather(run))
        await asyncio.sleep(0)
        await seen(run, Delta)
        for _ in range(2000):
            await asyncio.sleep(0)
        assert not run.finished
        assert len(kept) == 1
        go_on.set()
        async with asyncio.timeout(PATIENCE):
            events = await watching_it
    check_run(events)
    assert kept == [event for event in events if isinstance(event, Delta | Done)]
    assert len(kept) == 302


async def test_a_runner_never_blocks_and_drains() -> None:
    kept: list[AnyEvent] = []
    runner = HandlerRunner(load_handler(kept.append), on_error=lambda *_: None)
    events = [Delta("r", "s", 1, number, 0, "x", "text", 0, 0) for number in range(runners.HIGH_WATER + 2)]
    runner.push(events)
    assert runner.congested
    await runner.ready()
    assert not runner.congested
    assert kept == events
    await runner.close()


# --- the console ------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


async def test_the_console_writes_the_text_once(simulator: Simulator) -> None:
    out = io.StringIO()
    text = "steps: [{id: a, prompt: hi, stream_handler: console, scenario: {reply: [{thinking: hm}, {text: one two}]}}]"
    await events_of(mocked(text, simulator, console=out))
    assert out.getvalue() == "one two\n"


async def test_the_console_can_show_thinking_and_ends_its_line_once(simulator: Simulator) -> None:
    out = io.StringIO()
    handler = "stream_handler: Pipeline.Streaming.ConsoleHandler, stream_handler_opts: {thinking: true}"
    text = f'steps: [{{id: a, prompt: hi, {handler}, scenario: {{reply: [{{thinking: hm}}, {{text: "one\\n"}}]}}}}]'
    await events_of(mocked(text, simulator, console=out))
    assert out.getvalue() == "[thinking] hm\none\n"


async def test_without_a_console_nothing_is_written(
    simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "steps: [{id: a, prompt: hi, stream_handler: console, scenario: {reply: one}}]"
    await events_of(mocked(text, simulator, console=None))
    assert capsys.readouterr().out == ""


async def test_by_default_the_console_is_the_stdout_of_now(
    simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "steps: [{id: a, prompt: hi, stream_handler: console, scenario: {reply: one}}]"
    await events_of(mocked(text, simulator, console="stdout"))
    assert capsys.readouterr().out == "one\n"


async def test_an_unfinished_line_is_ended_by_an_error() -> None:
    out = io.StringIO()
    await play(replying(head(), piece("half a")), {"stream_handler": "console"}, console=out)
    assert out.getvalue() == "half a\n"


async def test_a_terminal_is_not_obeyed() -> None:
    out = Terminal()
    await play(replying(head(), *pieces("red \x1b[31m")), {"stream_handler": "console"}, console=out)
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().startswith("red ")


async def test_a_console_that_is_gone_does_not_stop_the_run() -> None:
    events = await play(replying(head(), *pieces("a", "b")), {"stream_handler": "console"}, console=Gone())
    assert text_of(events) == "ab"
    assert only(events, RunFinished).status == "ok"
    assert {error.fatal for error in of(events, Error)} == {False}

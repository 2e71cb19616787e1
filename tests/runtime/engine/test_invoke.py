"""One call from code."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from helpers_core import ENVIRON, KEY, PATIENCE, head, of, piece, pieces, replying, until
from helpers_transport import SOON, Peer, serving
from pipeline_runtime import (
    CallFailed,
    Cancellation,
    Context,
    Delta,
    Done,
    InputError,
    WorkflowError,
    invoke,
    invoke_sync,
)
from pipeline_runtime.events import AnyEvent
from pipeline_runtime.simulator import Simulator

pytestmark = pytest.mark.streaming


def context(server_url: str, **defaults: object) -> Context:
    provider = {"protocol": "openai-chat", "base_url": server_url, "api_key_env": "LOCAL_KEY"}
    given = {"retry": {"attempts": 1}} | defaults
    return Context("local", "m", given, {"local": provider}, mode="live", environ=ENVIRON)


async def test_the_answer_and_its_events(simulator: Simulator) -> None:
    events: list[AnyEvent] = []
    scenario = {"reply": "one two three"}
    ctx = Context("claude", "m", {"scenario": scenario}, mode="mock", simulator=simulator)
    response = await invoke(ctx, prompt="hi", on_event=events.append)
    assert (response.text, response.delivery) == ("one two three", "stream")
    assert "".join(event.content for event in of(events, Delta)) == "one two three"
    assert [event.response for event in of(events, Done)] == [response]
    assert {type(event) for event in events} == {Delta, Done}


async def test_options_count_for_the_call(simulator: Simulator) -> None:
    ctx = Context(
        "openai", "m", {"scenario": {"reply": "x"}}, mode="mock", simulator=simulator, keep_log=False
    )
    assert (await invoke(ctx, prompt="hi", stream=False)).delivery == "sync"
    with pytest.raises(WorkflowError, match="temprature"):
        await invoke(ctx, prompt="hi", temprature=1)


async def test_a_prompt_is_sent_as_it_is() -> None:
    bodies = []

    async def script(peer: Peer) -> None:
        head_bytes, body = await peer.request()
        bodies.append(json.loads(body))
        assert KEY.encode() in head_bytes
        await peer.send(head(), *pieces("fine"))

    prompt = "{{ inputs.secret }} {% for x in y %} {# no comment #} ünï \n  "
    async with serving(script) as server:
        await invoke(context(server.url("/v1")), prompt=prompt)
    assert bodies[0]["messages"] == [{"role": "user", "content": prompt}]


async def test_a_failure_has_the_partial_answer() -> None:
    async with serving(replying(head(), piece("some "), piece("words"))) as server:
        with pytest.raises(CallFailed, match="truncated") as caught:
            await invoke(context(server.url("/v1")), prompt="hi")
    assert caught.value.cure
    assert caught.value.event is not None
    assert caught.value.event.response is not None
    assert caught.value.event.response.text == "some words"


async def test_a_missing_key() -> None:
    ctx = Context("openai", "m", mode="live", environ={})
    with pytest.raises(CallFailed, match="OPENAI_API_KEY"):
        await invoke(ctx, prompt="hi")


async def test_async_handlers_and_classes(simulator: Simulator) -> None:
    told: list[str] = []

    async def handle(event: AnyEvent) -> None:
        await asyncio.sleep(0)
        told.append(type(event).__name__)

    class Collect:
        kinds = frozenset({"step_started", "frame"})

        def handle_event(self, event: AnyEvent) -> None:
            told.append(type(event).__name__)

    ctx = Context("claude", "m", {"scenario": {"reply": "x"}}, mode="mock", simulator=simulator)
    await invoke(ctx, prompt="hi", on_event=handle)
    assert told == ["Delta", "Done"]
    told.clear()
    await invoke(ctx, prompt="hi", on_event=Collect)
    assert told[0] == "StepStarted"
    assert set(told[1:]) == {"FrameReceived"}


async def test_a_cancelled_call_closes_its_socket() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("a"))
        await peer.until_gone()

    begun = asyncio.Event()
    async with serving(script) as server:
        call = asyncio.create_task(
            invoke(context(server.url("/v1")), prompt="hi", on_event=lambda _: begun.set())
        )
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()


# --- what the context carries -----------------------------------------------------------------------------


async def test_the_context_may_hold_the_prompt_and_names_its_runs(simulator: Simulator) -> None:
    scenario = {"reply": "{{ prompt }}!"}
    ctx = Context(
        "claude", "m", {"scenario": scenario}, mode="mock", simulator=simulator, run="Nightly", prompt="kept"
    )
    runs: list[str] = []
    response = await invoke(ctx, prompt=ctx.prompt, on_event=lambda event: runs.append(event.run))
    assert response.text == "kept!"
    assert (await invoke(ctx)).text == "kept!"
    assert "-nightly-" in runs[0]
    with pytest.raises(InputError, match="no prompt"):
        await invoke(dataclasses.replace(ctx, prompt=None))


async def test_several_handlers_and_names(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ctx = Context("claude", "m", {"scenario": {"reply": "one two"}}, mode="mock", simulator=simulator)
    events: list[AnyEvent] = []
    await invoke(ctx, prompt="hi", on_event=["Pipeline.Streaming.ConsoleHandler", events.append])
    assert capsys.readouterr().out == "one two\n"
    assert len(of(events, Done)) == 1


async def test_a_handler_may_fail_the_call(simulator: Simulator) -> None:
    def raising(event: AnyEvent) -> None:
        raise ValueError("odd")

    ctx = Context("claude", "m", {"scenario": {"reply": "one two"}}, mode="mock", simulator=simulator)
    with pytest.raises(CallFailed, match=r"handler_error: handler .* raised ValueError: odd"):
        await invoke(ctx, prompt="hi", on_event=raising, on_handler_error="fail")
    assert (await invoke(ctx, prompt="hi", on_event=raising)).text == "one two"


# --- without a loop ---------------------------------------------------------------------------------------


def test_the_sync_twin(simulator: Simulator) -> None:
    events: list[AnyEvent] = []
    ctx = Context("claude", "m", {"scenario": {"reply": "one two"}}, mode="mock", simulator=simulator)
    for _ in range(2):
        response = invoke_sync(ctx, prompt="hi", on_event=events.append)
        assert (response.text, response.delivery) == ("one two", "stream")
    assert len({event.run for event in events}) == 2
    with pytest.raises(WorkflowError, match="temprature"):
        invoke_sync(ctx, prompt="hi", temprature=1)


async def test_the_sync_twin_refuses_to_block_a_loop() -> None:
    with pytest.raises(InputError) as caught:
        invoke_sync(Context("claude", "m"), prompt="hi")
    assert caught.value.cure == "await invoke(...)"


# --- cancelling -------------------------------------------------------------------------------------------


async def hanging(peer: Peer) -> None:
    await peer.request()
    await peer.send(head(), piece("some "))
    await peer.until_gone()


@pytest.mark.parametrize("from_thread", [True, False])
async def test_one_switch_cancels_every_call(from_thread: bool) -> None:
    switch = Cancellation()
    begun = asyncio.Event()
    async with serving(hanging) as server:
        ctx = dataclasses.replace(context(server.url("/v1")), cancellation=switch)
        calls = [
            asyncio.create_task(invoke(ctx, prompt="hi", on_event=lambda _: begun.set())) for _ in range(2)
        ]
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
            await until(lambda: len(server.peers) == 2)
            if from_thread:
                await asyncio.to_thread(switch.cancel)
            else:
                switch.cancel()
            failures = await asyncio.gather(*calls, return_exceptions=True)
            for peer in server.peers:
                await peer.gone.wait()
    assert [type(one) for one in failures] == [CallFailed, CallFailed]
    assert all("cancelled" in str(one) for one in failures)
    first = failures[0]
    assert isinstance(first, CallFailed)
    assert first.event is not None
    assert first.event.type == "cancelled"


async def test_after_that_no_call_is_made() -> None:
    switch = Cancellation()
    switch.cancel()
    switch.cancel()
    assert switch.cancelled
    with pytest.raises(CallFailed, match="cancelled before it was made"):
        await invoke(Context("claude", "m", mode="live", environ={}, cancellation=switch), prompt="hi")


def test_a_switch_can_stop_a_sync_call(simulator: Simulator) -> None:
    switch = Cancellation()
    scenario = {"reply": "word " * 2000, "timing": {"first_token": 0, "rate": 100}}
    ctx = Context(
        "claude", "m", {"scenario": scenario}, mode="mock", simulator=simulator, cancellation=switch
    )
    with pytest.raises(CallFailed, match="cancelled after") as caught:
        invoke_sync(ctx, prompt="hi", on_event=lambda _: switch.cancel())
    assert caught.value.event is not None
    assert caught.value.event.response is not None
    assert caught.value.event.response.text.startswith("word")


def test_who_watches_is_told_once_whenever_it_happens() -> None:
    told: list[str] = []
    switch = Cancellation()
    with switch.watched(lambda: told.append("gone")):
        pass
    with switch.watched(lambda: told.append("during")):
        switch.cancel()
        switch.cancel()
    with switch.watched(lambda: told.append("after")):
        pass
    assert told == ["during", "after"]

"""One call from code."""

from __future__ import annotations

import asyncio
import json

import pytest

from helpers_core import ENVIRON, KEY, head, of, piece, pieces, replying
from helpers_transport import Peer, serving
from pipeline_runtime import CallFailed, Context, Delta, Done, WorkflowError, invoke
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
        async with asyncio.timeout(1):
            await server.peers[0].gone.wait()

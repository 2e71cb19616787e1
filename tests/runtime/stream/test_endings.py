"""How calls end before their time: timeouts that name themselves, cancels that close the socket."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from helpers_core import (
    PATIENCE,
    InTurn,
    events_of,
    head,
    live,
    of,
    only,
    piece,
    pieces,
    play,
    replying,
    seen,
    steps_of,
    until,
    watching,
    workflow_for,
)
from helpers_transport import SOON, Peer
from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Lint,
    Retry,
    RunFinished,
    RunStarted,
    StepFinished,
)


async def silent(peer: Peer) -> None:
    await peer.request()
    await peer.until_gone()


async def half(peer: Peer) -> None:
    await peer.request()
    await peer.send(head(), piece("half "), piece("an answer"))
    await peer.until_gone()


async def dripping(peer: Peer) -> None:
    await peer.request()
    await peer.send(head())
    while True:
        await peer.send(piece("drip "))
        await asyncio.sleep(0.02)


# --- timeouts ---------------------------------------------------------------------------------------------


@pytest.mark.streaming
async def test_first_byte() -> None:
    error = only(await play(silent, {"timeout": {"first_byte": 0.1}}), Error)
    assert error.type == "first_byte_timeout"
    assert "0.1 s" in error.message
    assert "timeout.first_byte" in error.cure
    assert error.response is None


@pytest.mark.streaming
async def test_idle_keeps_the_partial() -> None:
    error = only(await play(half, {"timeout": {"idle": 0.8}}), Error)
    assert error.type == "idle_timeout"
    assert "timeout.idle" in error.cure
    assert error.response is not None
    assert (error.response.text, error.response.verdict) == ("half an answer", "truncated")


@pytest.mark.streaming
async def test_total_counts_although_something_comes() -> None:
    error = only(await play(dripping, {"timeout": {"total": 1.0}}), Error)
    assert error.type == "total_timeout"
    assert "1 s (timeout.total)" in error.message
    assert "timeout.total" in error.cure
    assert error.response is not None
    assert error.response.text.startswith("drip drip")


@pytest.mark.streaming
async def test_total_before_the_head() -> None:
    error = only(await play(silent, {"timeout": {"total": 0.1}}), Error)
    assert (error.type, error.response) == ("total_timeout", None)


@pytest.mark.streaming
async def test_total_after_the_end_is_a_whole_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), *pieces("whole"))
        await peer.until_gone()

    events = await play(script, {"timeout": {"total": 1.0}})
    assert only(events, Done).response.text == "whole"
    assert not of(events, Error)


@pytest.mark.streaming
async def test_total_after_an_error_in_the_stream_is_that_error() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(
            head(), piece("a"), b'event: error\ndata: {"error":{"message":"broke","type":"x"}}\n\n'
        )
        await peer.until_gone()

    events = await play(script, {"timeout": {"total": 1.0}})
    assert (only(events, Error).type, only(events, Error).message) == ("x", "broke")


@pytest.mark.streaming
async def test_connect() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:  # the backlog is full: further connections hang
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        workflow = workflow_for(
            f"http://127.0.0.1:{listener.getsockname()[1]}/v1", {"timeout": {"connect": 0.2}}
        )
        error = only(await events_of(live(workflow)), Error)
        for filler in fillers:
            filler.close()
    assert error.type == "connect_timeout"
    assert "timeout.connect" in error.cure


@pytest.mark.streaming
async def test_refused_connections_are_tried_again_and_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]  # held, so that nobody else listens there
        workflow = workflow_for(f"http://127.0.0.1:{port}/v1", {"retry": {"attempts": 2, "backoff": 0.001}})
        events = await events_of(live(workflow))
    assert only(events, Error).type == "connect_failed"
    assert f"127.0.0.1:{port}" in only(events, Error).message
    assert len(of(events, Retry)) == 1
    assert only(events, StepFinished).attempts == 2


# --- cancel -----------------------------------------------------------------------------------------------


@pytest.mark.streaming
async def test_cancel_closes_the_socket_and_keeps_the_partial() -> None:
    async with watching(half) as (run, server):
        await seen(run, Delta)
        run.cancel()
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()
        result = await run.wait()
        events = list(run.history())
    assert result.status == "cancelled"
    error = only(events, Error)
    assert (error.type, error.fatal) == ("cancelled", True)
    assert error.response is not None
    assert error.response.text.startswith("half ")
    assert error.response.finish_reason == "cancelled"
    finished = only(events, StepFinished)
    assert (finished.status, finished.attempts, finished.delivery) == ("cancelled", 1, "stream")
    assert result.steps[0].first_delta is not None
    assert not of(events, Done)
    assert not of(events, Lint)  # we closed it: nothing can be said of how the server would have ended it


@pytest.mark.streaming
async def test_cancel_before_the_head() -> None:
    async with watching(silent) as (run, server):
        await seen(run, AttemptStarted)
        await until(lambda: server.peers and server.peers[0].requests)
        run.cancel()
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()
        events = list((await run.wait()) and run.history())
    assert (only(events, Error).type, only(events, Error).response) == ("cancelled", None)
    assert only(events, Error).attempt == 1


@pytest.mark.streaming
async def test_cancel_while_waiting_for_a_retry() -> None:
    busy = InTurn(head("529 Busy", kind="application/json") + b'{"error":{"message":"busy"}}')
    async with watching(busy, {"retry": {"attempts": 5, "backoff": 60}}) as (run, _):
        await seen(run, Retry)
        run.cancel()
        async with asyncio.timeout(SOON):
            result = await run.wait()
    assert result.status == "cancelled"
    assert len(busy.bodies) == 1


@pytest.mark.streaming
async def test_cancel_twice_is_as_once() -> None:
    async with watching(half) as (run, _):
        await seen(run, Delta)
        run.cancel()
        run.cancel()
        await asyncio.sleep(0)
        run.cancel()
        await asyncio.sleep(0)
        run.cancel()
        result = await run.wait()
        run.cancel()
        events = list(run.history())
    assert result.status == "cancelled"
    assert [error.type for error in of(events, Error)] == ["cancelled"]
    assert steps_of(events) == {"s1": "cancelled"}


@pytest.mark.streaming
async def test_cancel_before_the_run_begins() -> None:
    run = live(workflow_for("http://127.0.0.1:9/v1"))
    run.cancel()
    events = await events_of(run)
    assert [type(event) for event in events] == [RunStarted, StepFinished, RunFinished]
    assert only(events, RunFinished).status == "cancelled"


@pytest.mark.streaming
async def test_cancel_at_every_turn_of_the_loop() -> None:
    """Whenever it comes, the run ends in order: `watching` checks numbers, ends and the tasks."""
    for turns in range(40):
        async with watching(half) as (run, _):
            for _ in range(turns):
                await asyncio.sleep(0)
            run.cancel()
            async with asyncio.timeout(PATIENCE):
                assert (await run.wait()).status == "cancelled"


@pytest.mark.streaming
async def test_one_of_two_steps_is_cancelled() -> None:
    go_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("begun "))
        await go_on.wait()
        await peer.send(*pieces("and ended"))

    async with watching(script, {"needs": []}, {"needs": []}, {"needs": ["s1"]}) as (run, server):
        await until(lambda: len(of(list(run.history()), Delta)) == 2)
        run.cancel("s1")
        await until(lambda: of(list(run.history()), Error))
        go_on.set()
        result = await run.wait()
        events = list(run.history())
    assert steps_of(events) == {"s1": "cancelled", "s2": "ok", "s3": "skipped"}
    assert only(events, Done).response.text == "begun and ended"
    assert result.status == "cancelled"
    assert len(server.peers) == 2


# --- connections that break -------------------------------------------------------------------------------


@pytest.mark.streaming
async def test_a_dropped_connection_after_the_end_is_only_a_lint() -> None:
    reply = head("200 OK", "content-length: 99999") + b"".join(pieces("whole"))
    events = await play(InTurn(reply))
    assert only(events, Done).response.text == "whole"
    assert [lint.code for lint in of(events, Lint)] == ["dropped_after_end", "usage_missing"]


@pytest.mark.streaming
async def test_a_dropped_connection_before_the_end() -> None:
    reply = head("200 OK", "content-length: 99999") + piece("some")
    error = only(await play(InTurn(reply)), Error)
    assert error.type == "disconnected"
    assert error.response is not None
    assert error.response.text == "some"


@pytest.mark.streaming
@pytest.mark.parametrize(
    ("error", "cure"),
    [
        ({"type": "server_error", "message": "oh"}, "the server failed while it answered"),
        ({"type": "invalid_request_error", "message": "no"}, "the server ended the answer with this error"),
        ({"type": "insufficient_quota", "message": "no"}, "the account has no credit left"),
        ({"type": "rate_limit_error", "message": "no"}, "the rate limit is reached"),
    ],
)
async def test_an_error_inside_the_stream_says_what_to_do(error: dict[str, str], cure: str) -> None:
    events = await play(
        replying(head(), piece("some"), b"data: " + json.dumps({"error": error}).encode() + b"\n\n")
    )
    told = only(events, Error)
    assert (told.status, told.type, told.response and told.response.text) == (200, error["type"], "some")
    assert told.cure.startswith(cure)

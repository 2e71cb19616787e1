"""What is kept is bounded, what is shared does not mix, and nobody has the loop for long."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time
from typing import TYPE_CHECKING

from helpers_transport import PATIENT, Peer, answering, ask, call, chunked, collect, plain, serving
from pipeline_runtime.transport import pool, response
from pipeline_runtime.transport.settings import READ_BUFFER

if TYPE_CHECKING:
    import pytest

    from pipeline_runtime.transport import Transport

CALLS = 4


async def test_no_more_unused_connections_are_kept_than_the_limit(
    fast: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IDLE_CONNECTIONS", 2)
    all_there = asyncio.Barrier(CALLS)

    async def script(peer: Peer) -> None:
        await peer.request()
        await all_there.wait()
        await peer.send(plain(b"ok"))
        await peer.until_gone()

    async with serving(script) as server:
        await asyncio.gather(*(call(fast, ask(server.url())) for _ in range(CALLS)))
        ends = [asyncio.create_task(peer.gone.wait()) for peer in server.peers]
        async with asyncio.timeout(10):
            while len(open_ones := [end for end in ends if not end.done()]) > 2:
                await asyncio.wait(open_ones, return_when=asyncio.FIRST_COMPLETED)
        assert sum(peer.gone.is_set() for peer in server.peers) == CALLS - 2
        await fast.aclose()
        await asyncio.gather(*ends)


async def test_a_connection_unused_for_too_long_is_not_used(
    fast: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "KEEPALIVE_SECONDS", 0.0)
    async with serving(answering(plain(b"ok"))) as server:
        for _ in range(2):
            assert await call(fast, ask(server.url())) == b"ok"
        assert len(server.peers) == 2


async def test_bodies_read_at_the_same_time_do_not_mix(transport: Transport) -> None:
    bodies = [bytes([65 + number]) * (3 * READ_BUFFER + number) for number in range(CALLS)]
    waiting = iter(bodies)

    async def script(peer: Peer) -> None:
        await peer.request()
        body = next(waiting)
        await peer.send(chunked(*(body[at : at + 5000] for at in range(0, len(body), 5000))))

    async with serving(script) as server:
        got = await asyncio.gather(*(call(transport, ask(server.url())) for _ in bodies))
    assert sorted(got) == bodies


async def test_a_read_that_grows_large_is_given_in_parts(transport: Transport) -> None:
    body = b"x" * (5 * READ_BUFFER)
    packed = gzip.compress(body)
    async with serving(answering(plain(packed, b"content-encoding: gzip"))) as server:
        chunks = await collect(transport, ask(server.url()))
    assert b"".join(chunk.data for chunk in chunks) == body
    assert max(len(chunk.data) for chunk in chunks) <= READ_BUFFER
    sizes = [len(chunk.data) for chunk in chunks]
    assert [chunk.offset for chunk in chunks] == list(itertools.accumulate(sizes[:-1], initial=0))


async def test_others_get_the_loop_while_a_body_is_worked_on(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "TURN", 0)
    turns = itertools.count()

    async def other() -> None:
        while True:
            next(turns)
            await asyncio.sleep(0)

    async with serving(answering(plain(b"\n" * 40_000))) as server:
        answer = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        task = asyncio.create_task(other())
        seen = [next(turns) async for _ in answer.chunks()]
        task.cancel()
        await answer.aclose()
    assert len(seen) > 10
    assert all(after > before + 1 for before, after in itertools.pairwise(seen))

"""How connections are kept, given up and closed."""

from __future__ import annotations

import asyncio
import time

import pytest

from helpers_transport import (
    CHUNKED_HEAD,
    PATIENT,
    SOON,
    Peer,
    answering,
    ask,
    call,
    chunked,
    fails,
    http_chunk,
    plain,
    serving,
)
from pipeline_runtime.errors import Disconnected
from pipeline_runtime.transport import Timeouts, Transport


async def dripping(peer: Peer) -> None:
    """A stream that goes on until the client closes."""
    await peer.request()
    await peer.send(CHUNKED_HEAD, http_chunk(b"first"))
    await peer.until_gone()


async def until_gone(peer: Peer) -> None:
    async with asyncio.timeout(SOON):
        await peer.gone.wait()


# --- reuse ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response", [plain(b"ok"), chunked(b"ok"), chunked(b"o", b"k", trailers=b"a: b\r\n")]
)
async def test_a_connection_is_used_again(transport: Transport, response: bytes) -> None:
    async with serving(answering(response)) as server:
        for _ in range(3):
            assert await call(transport, ask(server.url())) == b"ok"
        assert len(server.peers) == 1
        assert len(server.peers[0].requests) == 3


@pytest.mark.parametrize(
    "response",
    [
        plain(b"ok", b"connection: close"),
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nok",
    ],
    ids=["told", "http-1.0", "until-close"],
)
async def test_a_connection_that_ends_is_not_used_again(transport: Transport, response: bytes) -> None:
    async with serving(answering(response, close=True)) as server:
        for _ in range(2):
            assert await call(transport, ask(server.url())) == b"ok"
        assert len(server.peers) == 2


async def test_parallel_calls_have_connections_of_their_own(transport: Transport) -> None:
    all_there = asyncio.Barrier(5)

    async def script(peer: Peer) -> None:
        await peer.request()
        await all_there.wait()
        await peer.send(plain(b"ok"))
        await peer.until_gone()

    async with serving(script) as server:
        bodies = await asyncio.gather(*(call(transport, ask(server.url())) for _ in range(5)))
        assert bodies == [b"ok"] * 5
        assert len(server.peers) == 5


async def test_a_connection_closed_while_unused_is_not_used(transport: Transport) -> None:
    async with serving(answering(plain(b"ok"), close=True)) as server:
        for _ in range(3):
            assert await call(transport, ask(server.url())) == b"ok"
            await server.peers[-1].writer.wait_closed()
        assert len(server.peers) == 3


async def test_a_connection_that_dies_under_a_request_is_tried_once_more(fast: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(plain(b"ok"))
        await peer.request()
        peer.reset()

    async with serving(script) as server:
        assert await call(fast, ask(server.url())) == b"ok"
        assert await call(fast, ask(server.url())) == b"ok"
        assert [len(peer.requests) for peer in server.peers] == [2, 1]


async def test_a_fresh_connection_is_not_tried_again(fast: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()

    async with serving(script) as server:
        await fails(Disconnected, call(fast, ask(server.url())), server.name)
        assert len(server.peers) == 1


async def test_a_reused_connection_is_not_tried_again_once_something_came(fast: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(plain(b"ok"))
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n")

    async with serving(script) as server:
        assert await call(fast, ask(server.url())) == b"ok"
        await fails(Disconnected, call(fast, ask(server.url())), "headers")
        assert len(server.peers) == 1


async def test_nothing_unasked_is_taken_for_an_answer(fast: Transport) -> None:
    forged = plain(b"forged")

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(plain(b"ok") + (forged if len(server.peers) == 1 else b""))
        await peer.until_gone()

    async with serving(script) as server:
        assert await call(fast, ask(server.url())) == b"ok"
        assert await call(fast, ask(server.url())) == b"ok"
        assert len(server.peers) == 2


async def test_bytes_on_an_unused_connection_end_it(fast: Transport) -> None:
    push = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(plain(b"ok"))
        if len(server.peers) == 1:
            await push.wait()
            await peer.send(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n")
        await peer.until_gone()

    async with serving(script) as server:
        assert await call(fast, ask(server.url())) == b"ok"
        push.set()
        await until_gone(server.peers[0])
        assert await call(fast, ask(server.url())) == b"ok"
        assert len(server.peers) == 2


# --- early answers ----------------------------------------------------------------------------------------


async def test_an_error_that_comes_before_the_request_has_been_sent_is_given(transport: Transport) -> None:
    seen = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.send(plain(b"too large", b"connection: close", status=b"413 Payload Too Large"))
        await seen.wait()

    async with serving(script) as server:
        request = ask(server.url(), body=b"x" * (16 * 1024 * 1024))
        call_it = transport.send(request, Timeouts(first_byte=5.0), time.monotonic_ns())
        if type(transport) is not Transport:
            call_it.close()
            pytest.skip("stock httpcore reads only when the request has been sent")
        response = await call_it
        assert response.status == 413
        assert await response.read() == b"too large"
        assert response.sent_at <= response.opened_at
        seen.set()


async def test_a_connection_with_an_unsent_rest_is_not_used_again(fast: Transport) -> None:
    async def script(peer: Peer) -> None:
        head = await peer.head()
        if b"content-length: 2\r\n" in head.lower():
            await peer.send(plain(b"ok"))
        else:
            await peer.send(plain(b"no", status=b"400 Bad Request"))
        await asyncio.Event().wait()

    async with serving(script) as server:
        assert await call(fast, ask(server.url(), body=b"x" * (16 * 1024 * 1024))) == b"no"
        assert await call(fast, ask(server.url())) == b"ok"
        assert len(server.peers) == 2


# --- giving up --------------------------------------------------------------------------------------------


async def test_a_cancelled_consumer_closes_the_socket_at_once(transport: Transport) -> None:
    first = asyncio.Event()

    async def consume() -> None:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        try:
            async for _ in response.chunks():
                first.set()
        finally:
            await response.aclose()

    async with serving(dripping) as server:
        task = asyncio.create_task(consume())
        await first.wait()
        task.cancel()
        await until_gone(server.peers[0])
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_call_cancelled_before_its_response_closes_the_socket(transport: Transport) -> None:
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await peer.until_gone()

    async with serving(script) as server:
        task = asyncio.create_task(call(transport, ask(server.url())))
        await asked.wait()
        task.cancel()
        await until_gone(server.peers[0])
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_closing_the_response_closes_the_socket(transport: Transport) -> None:
    async with serving(dripping) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        await response.aclose()
        await until_gone(server.peers[0])


async def test_closing_the_iterator_closes_the_socket(transport: Transport) -> None:
    async with serving(dripping) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        chunks = response.chunks()
        assert (await anext(chunks)).data == b"first"
        await chunks.aclose()
        await until_gone(server.peers[0])


async def test_closing_the_transport_ends_what_is_being_read(transport: Transport) -> None:
    async with serving(dripping) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        chunks = response.chunks()
        assert (await anext(chunks)).data == b"first"
        await transport.aclose()
        await fails(Disconnected, anext(chunks), server.name, "by this side")
        await until_gone(server.peers[0])


async def test_many_cancellations_leave_no_connection_behind(fast: Transport) -> None:
    async with serving(dripping) as server:
        for turns in range(40):
            task = asyncio.create_task(call(fast, ask(server.url())))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        for peer in server.peers:
            await until_gone(peer)


# --- backpressure -----------------------------------------------------------------------------------------


async def test_a_consumer_that_stops_stops_the_server(transport: Transport) -> None:
    part = b"x" * 65536
    total = 1024
    sent = 0
    blocked = asyncio.Event()

    async def script(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(CHUNKED_HEAD)
        for _ in range(total):
            peer.writer.write(http_chunk(part))
            draining = asyncio.create_task(peer.writer.drain())
            if not (await asyncio.wait([draining], timeout=0.5))[0]:
                blocked.set()
            await draining
            sent += len(part)
        await peer.send(b"0\r\n\r\n")

    async with serving(script) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        chunks = response.chunks()
        received = len((await anext(chunks)).data)
        await blocked.wait()
        held = sum(len(data) for _, data in response._received.inbox.queue)
        assert held <= 512 * 1024
        assert sent < total * len(part) // 2
        async for chunk in chunks:
            received += len(chunk.data)
        await response.aclose()
    assert received == sent == total * len(part)

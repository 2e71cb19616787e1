"""Bodies in every framing, their stamps, and what surrounds them: on both transports."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from helpers_transport import (
    CHUNKED_HEAD,
    PATIENT,
    Peer,
    answering,
    ask,
    call,
    chunked,
    collect,
    http_chunk,
    plain,
    serving,
)
from pipeline_runtime.transport.exchange import Exchange

if TYPE_CHECKING:
    from pipeline_runtime.transport import Transport

BODY = b"data: one\n\ndata: two\n\n"


@pytest.mark.parametrize(
    "response",
    [
        plain(BODY),
        chunked(BODY[:7], BODY[7:]),
        chunked(*(bytes([byte]) for byte in BODY)),
        chunked(BODY, trailers=b"x-checksum: 1\r\n"),
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
        b"HTTP/1.1 200\r\nContent-Length: 22\r\n\r\n" + BODY,
        b"HTTP/1.1 100 Continue\r\n\r\n" + plain(BODY),
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + chunked(BODY),
    ],
    ids=[
        "length",
        "chunked",
        "tiny-chunks",
        "trailers",
        "until-close",
        "http-1.0",
        "no-reason",
        "100",
        "103-100",
    ],
)
async def test_the_body_is_whole_in_every_framing(transport: Transport, response: bytes) -> None:
    async with serving(answering(response, close=True)) as server:
        assert await call(transport, ask(server.url())) == BODY


@pytest.mark.parametrize("response", [plain(b""), b"HTTP/1.1 204 No Content\r\n\r\n", chunked()])
async def test_an_empty_body_gives_no_chunk(transport: Transport, response: bytes) -> None:
    async with serving(answering(response)) as server:
        assert await collect(transport, ask(server.url())) == []


async def test_the_head_is_given_as_received_with_names_in_lower_case(transport: Transport) -> None:
    response = plain(b"x", b"X-Request-ID: Req_1", b"Set-Cookie: a=1", b"set-cookie: b=2", b"x-odd: \xe9")
    async with serving(answering(response)) as server:
        opened = await transport.send(ask(server.url("/v1/x?alt=sse")), PATIENT, time.monotonic_ns())
        assert opened.status == 200
        assert opened.http_version == "HTTP/1.1"
        assert opened.url == server.url("/v1/x")
        assert opened.headers == (
            ("x-request-id", "Req_1"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("x-odd", "\xe9"),
            ("content-length", "1"),
        )
        await opened.aclose()


async def test_the_request_is_sent_as_it_is_and_cookies_are_not_carried_over(transport: Transport) -> None:
    async with serving(answering(plain(b"", b"set-cookie: session=1; Path=/"))) as server:
        await call(transport, ask(server.url("/v1/a?b=c%20d"), body=b'{"a":1}', accept="text/event-stream"))
        await call(transport, ask(server.url()))
        first, second = (request for peer in server.peers for request in peer.requests)
    assert first.startswith(b"POST /v1/a?b=c%20d HTTP/1.1\r\n")
    assert b"\r\ncontent-length: 7\r\n" in first.lower()
    assert b"\r\naccept: text/event-stream\r\n" in first.lower()
    assert b"\r\naccept-encoding: identity\r\n" in first.lower()
    assert f"\r\nhost: {server.name}\r\n".encode() in first.lower()
    assert b"cookie" not in second.lower()


async def test_one_chunk_for_each_socket_read(transport: Transport) -> None:
    seen = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED_HEAD + http_chunk(b"a") + http_chunk(b"b"))
        await seen.wait()
        await peer.send(http_chunk(b"c") + http_chunk(b"d") + http_chunk(b"e") + b"0\r\n\r\n")

    async with serving(script) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        chunks = []
        async for chunk in response.chunks():
            chunks.append(chunk)
            seen.set()
        await response.aclose()
    assert [(chunk.data, chunk.offset) for chunk in chunks] == [(b"ab", 0), (b"cde", 2)]


async def test_stamps_are_in_order_and_count_from_the_epoch(transport: Transport) -> None:
    step = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED_HEAD)
        for number in range(20):
            await peer.send(http_chunk(b"%d" % number))
            await step.wait()
            step.clear()
        await peer.send(b"0\r\n\r\n")

    async with serving(script) as server:
        epoch = time.monotonic_ns()
        response = await transport.send(ask(server.url()), PATIENT, epoch)
        chunks = []
        async for chunk in response.chunks():
            assert chunk.at <= time.monotonic_ns() - epoch
            chunks.append(chunk)
            step.set()
        await response.aclose()
    stamps = [response.sent_at, response.opened_at, *(chunk.at for chunk in chunks)]
    assert stamps == sorted(stamps)
    assert stamps[0] > 0
    assert len({chunk.at for chunk in chunks}) == 20
    assert [chunk.offset for chunk in chunks] == [sum(len(c.data) for c in chunks[:n]) for n in range(20)]


async def test_a_read_is_stamped_before_it_is_parsed(
    fast: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    feed = Exchange.feed

    def spy(self: Exchange, at: int, data: memoryview) -> None:
        seen.append((at, time.monotonic_ns()))
        feed(self, at, data)

    monkeypatch.setattr(Exchange, "feed", spy)
    epoch = time.monotonic_ns()
    async with serving(answering(plain(b"x"))) as server:
        response = await fast.send(ask(server.url()), PATIENT, epoch)
        chunks = [chunk async for chunk in response.chunks()]
    assert [chunk.at + epoch for chunk in chunks] == [seen[-1][0]]
    assert all(at <= parsed for at, parsed in seen)


async def test_reads_that_came_together_are_given_without_waiting(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_runtime.transport.response.TURN", 60_000_000_000)
    async with serving(
        answering(CHUNKED_HEAD, *(http_chunk(b"x" * 20_000) for _ in range(8)), b"0\r\n\r\n")
    ) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        received = response._received.inbox
        while not received.ended:  # noqa: ASYNC110 - the only consumer must not have waited
            await asyncio.sleep(0)  # a turn of the loop, no time
        waited = 0
        chunks = response.chunks()
        sizes = []
        while True:
            step = chunks.__anext__()
            try:
                step.send(None)
                waited += 1
            except StopIteration as given:
                sizes.append(len(given.value.data))
            except StopAsyncIteration:
                break
        assert waited == 0
        assert sum(sizes) == 8 * 20_000


async def test_trailers_are_known_at_the_end(fast: Transport) -> None:
    async with serving(answering(chunked(b"x", trailers=b"X-Sum: 1\r\nx-more: 2\r\n"))) as server:
        response = await fast.send(ask(server.url()), PATIENT, time.monotonic_ns())
        assert await response.read() == b"x"
        assert response.trailers == (("x-sum", "1"), ("x-more", "2"))
        assert "x-sum" not in dict(response.headers)


async def test_a_body_larger_than_the_buffers_is_whole(transport: Transport) -> None:
    body = bytes(range(256)) * 16_384
    async with serving(answering(plain(body))) as server:
        assert await call(transport, ask(server.url())) == body


async def test_a_large_request_is_sent_whole(transport: Transport) -> None:
    body = bytes(range(256)) * 16_384
    got: list[bytes] = []

    async def script(peer: Peer) -> None:
        got.append((await peer.request())[1])
        await peer.send(plain(b"ok"))

    async with serving(script) as server:
        assert await call(transport, ask(server.url(), body=body)) == b"ok"
    assert got == [body]


async def test_lines_may_end_in_lf_alone(transport: Transport) -> None:
    response = b"HTTP/1.1 200 OK\ncontent-type: text/plain\ncontent-length: 2\n\nok"
    async with serving(answering(response)) as server:
        assert await call(transport, ask(server.url())) == b"ok"


async def test_head_has_no_body(fast: Transport) -> None:
    async with serving(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")) as server:
        assert await call(fast, ask(server.url(), method="HEAD", body=b"")) == b""

"""Each way in which a call can fail, and what its error says."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from helpers_transport import (
    CHUNKED_HEAD,
    KEY,
    PATIENT,
    SOON,
    Peer,
    Script,
    answering,
    ask,
    call,
    chunked,
    fails,
    http_chunk,
    plain,
    serving,
)
from pipeline_runtime.errors import (
    BadResponse,
    ConnectFailed,
    ConnectTimeout,
    Disconnected,
    FirstByteTimeout,
    IdleTimeout,
    LimitExceeded,
    TransportError,
)
from pipeline_runtime.transport import Timeouts, Transport

SHORT = 0.15
"""For what never comes."""
LONGER = 0.8
"""For what comes, and then no more: a busy machine may be late with it."""


def then_silence(*parts: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)
        await peer.until_gone()

    return script


def then_close(*parts: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)

    return script


def then_half_close(*parts: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)
        peer.writer.write_eof()
        await peer.until_gone()

    return script


def then_reset(*parts: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)
        peer.reset()

    return script


# --- connecting -------------------------------------------------------------------------------------------


async def test_refused(transport: Transport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"http://127.0.0.1:{port}/v1/messages?key={KEY}"
        error = await fails(ConnectFailed, call(transport, ask(url)), f"127.0.0.1:{port}", "refused")
    assert "is the server running" in error.cure
    assert "base_url" in error.cure


async def test_refused_on_every_address_of_a_name(transport: Transport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        await fails(
            ConnectFailed, call(transport, ask(f"http://localhost:{port}/")), f"localhost:{port}", "refused"
        )


async def test_name_not_found(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*args: object, **options: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    error = await fails(
        ConnectFailed, call(transport, ask("http://api.example.test/")), "api.example.test:80", "name"
    )
    assert "DNS" in error.cure


async def test_connect_timeout(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(*args: object, **options: object) -> list[object]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", forever)
    request = ask("http://api.example.test/")
    error = await fails(
        ConnectTimeout, call(transport, request, Timeouts(connect=SHORT)), "api.example.test:80", "0.15 s"
    )
    assert "timeout.connect" in error.cure


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "127.0.0.1:80/x", "http://", "http://[::1", f"//{KEY}"])
async def test_not_a_url_to_call(transport: Transport, url: str) -> None:
    error = await fails(ConnectFailed, call(transport, ask(url)))
    assert "base_url" in error.cure


# --- waiting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\ncontent-ty", b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_first_byte_timeout(transport: Transport, begin: bytes) -> None:
    async with serving(then_silence(begin)) as server:
        timeouts = Timeouts(first_byte=SHORT)
        error = await fails(
            FirstByteTimeout, call(transport, ask(server.url()), timeouts), server.name, "0.15 s"
        )
        assert "timeout.first_byte" in error.cure
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()


async def test_headers_that_trickle_in_do_not_extend_the_first_byte_timeout(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        reading = asyncio.create_task(peer.until_gone())
        await peer.send(b"HTTP/1.1 200 OK\r\nx-slow: ")
        while not peer.gone.is_set():
            await peer.send(b"x")
            await asyncio.wait([reading], timeout=SHORT / 10)

    async with serving(script) as server:
        await fails(
            FirstByteTimeout, call(transport, ask(server.url()), Timeouts(first_byte=SHORT)), server.name
        )


async def test_a_server_that_does_not_take_the_request(fast: Transport) -> None:
    async def script(peer: Peer) -> None:
        peer.writer.transport.pause_reading()
        await asyncio.Event().wait()

    async with serving(script) as server:
        request = ask(server.url(), body=b"x" * (32 * 1024 * 1024))
        await fails(
            FirstByteTimeout, call(fast, request, Timeouts(first_byte=SHORT)), server.name, "took no more"
        )


async def test_idle_timeout_keeps_what_came(transport: Transport) -> None:
    async with serving(then_silence(CHUNKED_HEAD, http_chunk(b"partial"))) as server:
        response = await transport.send(ask(server.url()), Timeouts(idle=LONGER), time.monotonic_ns())
        chunks = response.chunks()
        assert (await anext(chunks)).data == b"partial"
        error = await fails(IdleTimeout, anext(chunks), server.name, "0.8 s")
        assert "timeout.idle" in error.cure
        await response.aclose()
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()


async def test_a_body_in_steps_shorter_than_the_limit_is_no_idle_timeout(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED_HEAD)
        for _ in range(6):
            await asyncio.wait([asyncio.create_task(peer.gone.wait())], timeout=LONGER / 4)
            await peer.send(http_chunk(b"x"))
        await peer.send(b"0\r\n\r\n")

    async with serving(script) as server:
        timeouts = Timeouts(idle=LONGER)
        assert await call(transport, ask(server.url()), timeouts) == b"x" * 6


# --- cut --------------------------------------------------------------------------------------------------

CUTS = {
    "nothing": (b"", "without sending a response"),
    "mid-chunked": (CHUNKED_HEAD + b"5\r\nhel", "before the response was complete"),
    "no-last-chunk": (CHUNKED_HEAD + http_chunk(b"hello"), "before the response was complete"),
    "short-length": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
        "before the response was complete",
    ),
}


@pytest.mark.parametrize("ending", [then_close, then_half_close], ids=["close", "half-close"])
@pytest.mark.parametrize("cut", CUTS)
async def test_cut(transport: Transport, ending: object, cut: str) -> None:
    sent, words = CUTS[cut]
    async with serving(ending(sent)) as server:
        await fails(Disconnected, call(transport, ask(server.url())), server.name, words)


@pytest.mark.parametrize("ending", [then_close, then_half_close, then_reset], ids=["close", "half", "reset"])
async def test_cut_in_the_headers(fast: Transport, ending: object) -> None:
    async with serving(ending(b"HTTP/1.1 200 OK\r\ncontent-le")) as server:
        await fails(Disconnected, call(fast, ask(server.url())), server.name, "closed the connection")


async def test_reset_in_the_body(transport: Transport) -> None:
    got = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED_HEAD + http_chunk(b"hello"))
        await got.wait()
        peer.reset()

    async with serving(script) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        chunks = response.chunks()
        assert (await anext(chunks)).data == b"hello"
        got.set()
        await fails(Disconnected, anext(chunks), server.name, "before the response was complete")


async def test_reset_of_an_until_close_body_is_no_end(fast: Transport) -> None:
    async with serving(then_silence(b"HTTP/1.1 200 OK\r\n\r\nhello")) as server:
        response = await fast.send(ask(server.url()), PATIENT, time.monotonic_ns())
        chunks = response.chunks()
        assert (await anext(chunks)).data == b"hello"
        linger = server.peers[0].writer.get_extra_info("socket")
        linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        server.peers[0].reset()
        await fails(Disconnected, anext(chunks), server.name)


# --- not HTTP ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        CHUNKED_HEAD + b"xyz\r\nhello\r\n",
        CHUNKED_HEAD + b"5\r\nhelloworld\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 two OK\r\n\r\n",
        b"echo: authorization: Bearer " + KEY.encode() + b"\r\n\r\n",
    ],
)
async def test_not_http(transport: Transport, response: bytes) -> None:
    async with serving(then_close(response)) as server:
        await fails(BadResponse, call(transport, ask(server.url())), server.name)


async def test_a_switch_of_protocols_was_not_asked_for(fast: Transport) -> None:
    response = (
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n\x81\x05hello"
    )
    async with serving(then_silence(response)) as server:
        await fails(BadResponse, call(fast, ask(server.url())), server.name, "101")


async def test_tls_on_a_plain_port_is_named(fast: Transport) -> None:
    async with serving(then_silence(b"\x15\x03\x01\x00\x02\x02\x46")) as server:
        error = await fails(BadResponse, call(fast, ask(server.url())), server.name, "TLS")
        assert "https://" in error.cure


# --- limits -----------------------------------------------------------------------------------------------


async def endless(peer: Peer, begin: bytes, more: bytes) -> None:
    await peer.request()
    await peer.send(begin)
    while True:
        await peer.send(more)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nx-endless: ", b"x" * 4096),
        (b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"y" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 ", b"O" * 4096),
        (b"", b"HTTP/1.1 103 Early Hints\r\nlink: " + b"x" * 1000 + b"\r\n\r\n"),
        (CHUNKED_HEAD + b"0\r\nx-trailer: ", b"x" * 4096),
        (CHUNKED_HEAD + b"5;", b"x" * 4096),
    ],
    ids=["header", "headers", "reason", "interim", "trailer", "chunk-extension"],
)
async def test_endless_heads_are_cut_off(fast: Transport, begin: bytes, more: bytes) -> None:
    async with serving(lambda peer: endless(peer, begin, more)) as server:
        await fails(LimitExceeded, call(fast, ask(server.url())), server.name, "64 KiB")
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()


async def test_an_endless_header_is_cut_off_by_both(transport: Transport) -> None:
    async with serving(lambda peer: endless(peer, b"HTTP/1.1 200 OK\r\nx: ", b"x" * 4096)) as server:
        await fails(LimitExceeded, call(transport, ask(server.url())), server.name, "64 KiB")


@pytest.mark.parametrize(
    "headers",
    [[b"x-%d: y" % number for number in range(201)], [b"x: " + b"y" * 70_000]],
    ids=["many", "large"],
)
async def test_too_many_or_too_large_headers(transport: Transport, headers: list[bytes]) -> None:
    async with serving(then_silence(plain(b"", *headers))) as server:
        await fails(LimitExceeded, call(transport, ask(server.url())), server.name, "200")


async def test_199_headers_are_no_problem(transport: Transport) -> None:
    async with serving(answering(plain(b"ok", *(b"x-%d: y" % number for number in range(199))))) as server:
        assert await call(transport, ask(server.url())) == b"ok"


async def test_read_stops_at_its_limit(transport: Transport) -> None:
    async with serving(answering(chunked(b"x" * 5000))) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        await fails(LimitExceeded, response.read(limit=4999), server.name, "4999")


# --- what cannot be sent ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [f"{KEY}\n", f"{KEY}\r\nx: y", f"\u2018{KEY}\u2019", f"{KEY}\0"])
async def test_a_header_that_cannot_be_sent_is_named_without_its_value(
    transport: Transport, value: str
) -> None:
    async with serving(answering(plain(b"ok"))) as server:
        error = await fails(TransportError, call(transport, ask(server.url(), **{"x-key": value})), "'x-key'")
        assert "pasted" in error.cure
        await fails(TransportError, call(transport, ask(server.url(), **{"x key": "v"})), "name")
        assert server.peers == []

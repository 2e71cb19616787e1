"""Redirects that are followed and refused; bodies compressed against our request."""

from __future__ import annotations

import gzip
import sys
import time
import zlib
from typing import TYPE_CHECKING

import pytest

from helpers_transport import (
    KEY,
    PATIENT,
    Peer,
    answering,
    ask,
    call,
    chunked,
    fails,
    plain,
    serving,
)
from pipeline_runtime.errors import BadResponse, LimitExceeded

if TYPE_CHECKING:
    from pipeline_runtime.transport import Transport

# --- redirects --------------------------------------------------------------------------------------------


def redirecting(status: bytes, location: str) -> object:
    """`/start` redirects; anything else tells what arrived."""

    async def script(peer: Peer) -> None:
        while True:
            head, body = await peer.request()
            method, path, _ = head.split(b" ", 2)
            if path == b"/start":
                await peer.send(plain(b"moved", b"location: " + location.encode(), status=status))
            else:
                await peer.send(plain(method + b" " + path + b" " + body))

    return script


@pytest.mark.parametrize("status", [b"307 Temporary Redirect", b"308 Permanent Redirect"])
async def test_307_and_308_keep_method_body_and_key(transport: Transport, status: bytes) -> None:
    async with serving(redirecting(status, "/end?x=1")) as server:
        response = await transport.send(
            ask(server.url("/start"), body=b'{"a":1}'), PATIENT, time.monotonic_ns()
        )
        assert await response.read() == b'POST /end?x=1 {"a":1}'
        assert response.url == server.url("/end")
        assert KEY.encode() in server.peers[-1].requests[-1]


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"303 See Other", b"307 T", b"308 P"])
async def test_get_follows_all(transport: Transport, status: bytes) -> None:
    async with serving(redirecting(status, "end")) as server:
        assert await call(transport, ask(server.url("/start"), method="GET")) == b"GET /end "


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"303 See Other"])
async def test_post_is_not_turned_into_get(transport: Transport, status: bytes) -> None:
    async with serving(redirecting(status, "/end")) as server:
        error = await fails(
            BadResponse, call(transport, ask(server.url("/start"))), server.name, "POST into GET", "/end"
        )
        assert "base_url" in error.cure


async def test_credentials_are_not_sent_to_another_address(transport: Transport) -> None:
    async with serving(answering(plain(b"stolen"))) as other:
        location = other.url(f"/end?key={KEY}")
        async with serving(redirecting(b"307 T", location)) as server:
            await fails(
                BadResponse,
                call(transport, ask(server.url("/start"))),
                server.name,
                other.url("/end"),
                "credentials",
            )
        assert other.peers == []


@pytest.mark.parametrize(
    "location", ["https://127.0.0.1/end", "http://localhost/end", "ftp://127.0.0.1/", "//x.test/"]
)
async def test_another_scheme_port_or_host_is_another_address(transport: Transport, location: str) -> None:
    async with serving(redirecting(b"308 P", location)) as server:
        await fails(BadResponse, call(transport, ask(server.url("/start"))), server.name, "another address")


async def test_redirects_end(transport: Transport) -> None:
    async with serving(redirecting(b"307 T", "/start")) as server:
        await fails(BadResponse, call(transport, ask(server.url("/start"))), server.name, "5 times")
        assert sum(len(peer.requests) for peer in server.peers) == 6


@pytest.mark.parametrize("location", ["http://[::1", "http://a b\x7f/"])
async def test_a_location_that_is_no_url(transport: Transport, location: str) -> None:
    async with serving(redirecting(b"307 T", location)) as server:
        await fails(BadResponse, call(transport, ask(server.url("/start"))), server.name)


async def test_a_304_or_a_redirect_without_location_is_a_response(transport: Transport) -> None:
    for status in (b"304 Not Modified", b"307 T"):
        async with serving(answering(plain(b"", status=status))) as server:
            response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
            assert response.status == int(status[:3])
            await response.aclose()


# --- content codings --------------------------------------------------------------------------------------

TEXT = b"data: hello\n\n" * 500


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("identity", TEXT),
    ],
    ids=["gzip", "x-gzip", "zlib", "raw-deflate", "identity"],
)
async def test_a_compressed_body_is_decoded(transport: Transport, coding: str, packed: bytes) -> None:
    parts = [packed[start : start + 9] for start in range(0, len(packed), 9)]
    async with serving(
        answering(chunked(*parts, headers=f"content-encoding: {coding}\r\n".encode()))
    ) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        chunks = [chunk async for chunk in response.chunks()]
        assert b"".join(chunk.data for chunk in chunks) == TEXT
        assert chunks[-1].offset + len(chunks[-1].data) == len(TEXT)
        await response.aclose()


@pytest.mark.parametrize("coding", ["zstd", "gzip, br", "made-up"])
async def test_an_unsupported_coding_is_named(transport: Transport, coding: str) -> None:
    async with serving(answering(plain(b"?", f"content-encoding: {coding}".encode()))) as server:
        error = await fails(BadResponse, call(transport, ask(server.url())), server.name, coding)
        assert "identity" in error.cure


async def test_brotli_without_a_package_is_named(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setitem(sys.modules, "brotlicffi", None)
    async with serving(answering(plain(b"?", b"content-encoding: br"))) as server:
        await fails(BadResponse, call(transport, ask(server.url())), server.name, "brotli")


async def test_a_body_that_is_not_in_its_coding(transport: Transport) -> None:
    async with serving(answering(plain(b"plain text", b"content-encoding: gzip"))) as server:
        await fails(BadResponse, call(transport, ask(server.url())), server.name, "gzip")


async def test_a_body_that_ends_inside_its_coding(transport: Transport) -> None:
    async with serving(answering(plain(gzip.compress(TEXT)[:-9], b"content-encoding: gzip"))) as server:
        await fails(BadResponse, call(transport, ask(server.url())), server.name, "ends inside")


async def test_a_decompression_bomb_is_stopped(transport: Transport) -> None:
    bomb = gzip.compress(bytes(40 * 1024 * 1024))
    async with serving(answering(plain(bomb, b"content-encoding: gzip"))) as server:
        response = await transport.send(ask(server.url()), PATIENT, time.monotonic_ns())
        await fails(LimitExceeded, response.read(limit=2**40), server.name, "16 MiB")

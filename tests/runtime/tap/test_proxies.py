"""Upstreams behind the environment's proxy."""

from __future__ import annotations

import asyncio
import json

import pytest

from helpers_tap import client_of, get, next_run, the
from helpers_transport import answering, plain, serving
from pipeline_runtime.events import Error
from pipeline_runtime.tap import TapServer

pytestmark = pytest.mark.usefixtures("nothing_left")


def leading_to(server, status=b"200 OK"):
    """A proxy whose every way leads to `server`."""

    async def pump(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def script(peer):
        await peer.head()
        await peer.send(b"HTTP/1.1 " + status + b"\r\n\r\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            await asyncio.gather(pump(peer.reader, writer), pump(reader, peer.writer))
        finally:
            writer.transport.abort()

    return script


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_upstream_is_reached_through_the_proxy(certificates, monkeypatch, scheme):
    tls = certificates.server_for("api.test") if scheme == "https" else None
    async with (
        serving(answering(plain(b"behind")), tls=tls) as server,
        serving(leading_to(server)) as proxy,
        TapServer(verify=certificates.client) as tap,
        client_of(tap) as client,
    ):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://user:p%40ss@{proxy.name}")
        for _ in range(2):
            await client.send(get(f"/{scheme}/api.test/x"))
            assert (await client.answer())[1] == b"behind"
            run = await next_run(tap)
            assert run.result.status == "ok"
            assert "p%40ss" not in run.log_path.read_text()
        (head,) = proxy.peers[0].requests
        port = {"http": 80, "https": 443}[scheme]
        assert head == (
            b"CONNECT api.test:%d HTTP/1.1\r\nHost: api.test:%d\r\n"
            b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n" % (port, port)
        )
        assert len(proxy.peers) == 1


async def test_a_certificate_is_verified_behind_a_proxy_too(certificates, monkeypatch):
    async with (
        serving(answering(plain(b"")), tls=certificates.server_for("other.test")) as server,
        serving(leading_to(server)) as proxy,
        TapServer(verify=certificates.client) as tap,
        client_of(tap) as client,
    ):
        monkeypatch.setenv("https_proxy", proxy.url(""))
        await client.send(get("/https/api.test/x"))
        assert (await client.head()).startswith(b"HTTP/1.1 502 ")
        assert the(await next_run(tap), Error).type == "tls_failed"


@pytest.mark.parametrize("status", [b"407 Proxy Authentication Required", b""])
async def test_a_proxy_that_refuses_is_told(monkeypatch, status):
    async def script(peer):
        await peer.head()
        if status:
            await peer.send(b"HTTP/1.1 " + status + b"\r\n\r\n")

    async with serving(script) as proxy, TapServer() as tap, client_of(tap) as client:
        monkeypatch.setenv("https_proxy", f"http://user:secret99@{proxy.name}")
        await client.send(get("/https/api.test/x"))
        head, body = await client.answer()
        run = await next_run(tap)
    assert head.startswith(b"HTTP/1.1 502 ")
    message = json.loads(body)["error"]["message"]
    assert (
        f"the proxy {proxy.name} opened no way to api.test:443: {status.decode() or 'it hung up'}" in message
    )
    assert "secret99" not in message + run.log_path.read_text()


async def test_a_proxy_of_another_kind_is_told(monkeypatch):
    async with TapServer() as tap, client_of(tap) as client:
        monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
        await client.send(get("/https/api.test/x"))
        assert b"of the kind 'socks5'" in (await client.answer())[1]

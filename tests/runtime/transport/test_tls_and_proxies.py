"""TLS, and proxies that are real."""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from helpers_transport import (
    CHUNKED_HEAD,
    PATIENT,
    SOON,
    Certificates,
    Peer,
    Server,
    StockOnly,
    answering,
    ask,
    call,
    fails,
    http_chunk,
    plain,
    serving,
)
from pipeline_runtime.errors import ConnectFailed, ConnectTimeout, TLSFailed
from pipeline_runtime.transport import Timeouts, Transport

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

PASSWORD = "planted-9c1e"


@pytest.fixture(params=[Transport, StockOnly], ids=["fast", "stock"])
async def trusting(request: pytest.FixtureRequest, certificates: Certificates) -> AsyncIterator[Transport]:
    async with request.param(verify=certificates.client) as opened:
        yield opened


# --- TLS --------------------------------------------------------------------------------------------------


async def test_tls_with_reuse_and_server_name(trusting: Transport, certificates: Certificates) -> None:
    names: list[str | None] = []

    def note(sock: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        names.append(name)

    context = certificates.server_for("localhost")
    context.sni_callback = note
    big = b"x" * 3_000_000
    async with serving(answering(plain(big)), context) as server:
        server.host = "localhost"
        for _ in range(2):
            assert await call(trusting, ask(server.url(), body=big)) == big
        assert len(server.peers) == 1
    assert names == ["localhost"]


async def test_a_tls_stream_is_chunked_and_cancelled_at_once(
    trusting: Transport, certificates: Certificates
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED_HEAD + http_chunk(b"a") + http_chunk(b"b"))
        await peer.until_gone()

    async with serving(script, certificates.server) as server:
        response = await trusting.send(ask(server.url()), PATIENT, 0)
        chunks = response.chunks()
        assert (await anext(chunks)).data == b"ab"
        await chunks.aclose()
        await response.aclose()
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()


async def test_until_close_over_tls(trusting: Transport, certificates: Certificates) -> None:
    async with serving(answering(b"HTTP/1.1 200 OK\r\n\r\nhello", close=True), certificates.server) as server:
        assert await call(trusting, ask(server.url())) == b"hello"


async def test_a_certificate_of_nobody_is_refused(transport: Transport, certificates: Certificates) -> None:
    async with serving(answering(plain(b"ok")), certificates.server) as server:
        error = await fails(TLSFailed, call(transport, ask(server.url())), server.name, "certificate")
        assert "SSL_CERT_FILE" in error.cure


async def test_ssl_cert_file_is_honoured(
    transport: Transport, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.file))
    async with serving(answering(plain(b"ok")), certificates.server) as server:
        assert await call(transport, ask(server.url())) == b"ok"


async def test_ssl_cert_file_that_is_not_there(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    await fails(TLSFailed, call(transport, ask("https://127.0.0.1:9/")), "SSL_CERT_FILE", "/nowhere/ca.pem")


async def test_a_certificate_for_another_name_is_refused(
    trusting: Transport, certificates: Certificates
) -> None:
    async with serving(answering(plain(b"ok")), certificates.server_for("other.test")) as server:
        await fails(TLSFailed, call(trusting, ask(server.url())), server.name, "not valid for")


async def test_a_plain_server_on_an_https_url(trusting: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(1)
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.until_gone()

    async with serving(script) as server:
        server.scheme = "https"
        error = await fails(TLSFailed, call(trusting, ask(server.url())), server.name)
        assert "http://" in error.cure


async def test_a_handshake_that_is_cut(trusting: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(1)
        peer.reset()

    async with serving(script) as server:
        server.scheme = "https"
        await fails(TLSFailed, call(trusting, ask(server.url())), server.name, "handshake")


async def test_a_handshake_that_never_ends_is_a_connect_timeout(trusting: Transport) -> None:
    async with serving(lambda peer: peer.until_gone()) as server:
        server.scheme = "https"
        timeouts = Timeouts(connect=0.15)
        await fails(ConnectTimeout, call(trusting, ask(server.url()), timeouts), server.name, "0.15 s")
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()


# --- proxies ----------------------------------------------------------------------------------------------


@asynccontextmanager
async def proxying(target: Server | None = None, status: bytes = b"200 OK") -> AsyncIterator[Server]:
    """A proxy: CONNECT leads to `target` whatever its name; a plain request is answered with its own line."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def script(peer: Peer) -> None:
        head = await peer.head()
        if not head.startswith(b"CONNECT "):
            await peer.send(plain(head.split(b" ")[1]))
            return
        await peer.send(b"HTTP/1.1 " + status + b"\r\n\r\n")
        if target is not None:
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
            await asyncio.gather(copy(peer.reader, writer), copy(reader, peer.writer))

    async with serving(script) as server:
        yield server


async def test_http_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxying() as proxy, Transport() as transport:
        monkeypatch.setenv("HTTP_PROXY", proxy.name)
        monkeypatch.setenv("http_proxy", proxy.name)
        assert await call(transport, ask("http://api.test/v1?x=1")) == b"http://api.test/v1?x=1"


async def test_all_proxy_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxying() as proxy, Transport() as transport:
        monkeypatch.setenv("all_proxy", proxy.url(""))
        assert await call(transport, ask("http://api.test/")) == b"http://api.test/"
        monkeypatch.setenv("no_proxy", "api.test,.other.test")

        async def nowhere(*args: object, **options: object) -> list[object]:
            raise OSError(113, "No route to host")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
        await fails(ConnectFailed, call(transport, ask("http://api.test/")), "api.test:80")
        assert len(proxy.peers) == 1


async def test_this_machine_is_never_reached_through_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with proxying() as proxy, serving(answering(plain(b"direct"))) as server, Transport() as transport:
        monkeypatch.setenv("all_proxy", proxy.url(""))
        monkeypatch.setenv("http_proxy", proxy.url(""))
        assert await call(transport, ask(server.url())) == b"direct"
        server.host = "localhost"
        assert await call(transport, ask(server.url())) == b"direct"
        assert proxy.peers == []


async def test_an_explicit_proxy_is_used_for_all_with_its_password(certificates: Certificates) -> None:
    async with (
        serving(answering(plain(b"ok")), certificates.server_for("api.test")) as server,
        proxying(server) as proxy,
        Transport(verify=certificates.client, proxy=f"http://user:{PASSWORD}@{proxy.name}") as transport,
    ):
        for _ in range(2):
            assert await call(transport, ask("https://api.test/v1")) == b"ok"
        assert len(proxy.peers) == 1
        head = proxy.peers[0].requests[0]
        assert head.startswith(b"CONNECT api.test:443 ")
        assert b"Basic " + b64encode(f"user:{PASSWORD}".encode()) in head
        assert b"x-api-key" not in head.lower()
        assert b"x-api-key" in server.peers[0].requests[0].lower()


async def test_a_stream_through_a_tunnel_has_one_chunk_a_read(certificates: Certificates) -> None:
    step = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED_HEAD + http_chunk(b"a") + http_chunk(b"b"))
        await step.wait()
        await peer.send(http_chunk(b"c") + b"0\r\n\r\n")

    async with (
        serving(script, certificates.server_for("api.test")) as server,
        proxying(server) as proxy,
        Transport(verify=certificates.client, proxy=proxy.url("")) as transport,
    ):
        response = await transport.send(ask("https://api.test/v1"), PATIENT, 0)
        seen = []
        async for chunk in response.chunks():
            seen.append(chunk.data)
            step.set()
        await response.aclose()
    assert seen == [b"ab", b"c"]


async def test_a_proxy_that_refuses(certificates: Certificates) -> None:
    async with proxying(status=b"407 Proxy Authentication Required") as proxy:
        async with Transport(proxy=f"http://user:{PASSWORD}@{proxy.name}") as transport:
            request = ask("https://api.test/")
            error = await fails(ConnectFailed, call(transport, request), "proxy", proxy.name, "407")
        assert "HTTPS_PROXY" in error.cure
        assert PASSWORD not in f"{error!r}{error.cure}"


async def test_a_proxy_that_is_not_there(certificates: Certificates) -> None:
    async with proxying() as proxy:
        gone = proxy.name
    async with Transport(proxy=f"http://user:{PASSWORD}@{gone}") as transport:
        error = await fails(
            ConnectFailed, call(transport, ask("https://api.test/")), "proxy", gone, "refused"
        )
    assert PASSWORD not in f"{error!r}{error.cure}"


async def test_a_proxy_that_never_answers_is_a_connect_timeout() -> None:
    async with serving(lambda peer: peer.until_gone()) as proxy, Transport(proxy=proxy.url("")) as transport:
        request = ask("https://api.test/")
        await fails(ConnectTimeout, call(transport, request, Timeouts(connect=0.15)), "0.15 s")


@pytest.mark.parametrize("proxy", [f"gopher://user:{PASSWORD}@127.0.0.1", "http://[::1"])
async def test_a_proxy_url_that_is_none(proxy: str) -> None:
    async with Transport(proxy=proxy) as transport:
        error = await fails(ConnectFailed, call(transport, ask("http://api.test/")), "proxy")
    assert PASSWORD not in f"{error!r}{error.cure}"


@pytest.mark.parametrize(
    ("package", "options"), [("h2", {"http2": True}), ("socksio", {"proxy": "socks5://[::1]:9"})]
)
async def test_a_missing_package_is_named(
    package: str, options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    async with Transport(**options) as transport:
        error = await fails(ConnectFailed, call(transport, ask("https://127.0.0.1:9/")), package)
    assert error.cure == f"install {package}"

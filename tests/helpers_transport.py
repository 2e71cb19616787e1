"""Real loopback servers, scripted byte by byte, and what a test needs to call them."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pipeline_runtime.errors import TransportError
from pipeline_runtime.protocols.base import HttpRequest
from pipeline_runtime.transport import Timeouts, Transport
from pipeline_runtime.transport.stock import StockTransport

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

    from pipeline_runtime.wire.frames import Chunk

KEY = "sk-planted-5f2d81c7"
PATIENT = Timeouts(connect=60.0, first_byte=60.0, idle=60.0)
DEADLINE = 60.0
SOON = 10.0
"""For what is promised within a second: a busy machine is given ten."""
"""Only for tests that hang: nothing waits this long when it works."""


class StockOnly(Transport):
    """Everything through stock httpcore, also what the fast transport could do."""

    def _make_transport(self, proxy: str | None, *, http2: bool) -> StockTransport:
        return StockTransport(self._verify, proxy, http2=http2)


@dataclass
class Certificates:
    """A CA, a server's context signed by it, and a client's that trusts it."""

    authority: trustme.CA
    server: ssl.SSLContext
    client: ssl.SSLContext
    file: Path

    def server_for(self, *names: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(*names).configure_cert(context)
        return context


@dataclass
class Peer:
    """The server's side of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """The client has closed, as the server sees it."""

    async def head(self) -> bytes:
        """A request's head; raises EOFError when the client has closed."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.gone.set()
            raise EOFError from error
        self.requests.append(head)
        return head

    async def request(self) -> tuple[bytes, bytes]:
        """A request's head and body."""
        head = await self.head()
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return head, await self.reader.readexactly(int(length.group(1)) if length else 0)

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def until_gone(self) -> None:
        """Read until the client closes."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass
        self.gone.set()

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        self.writer.transport.abort()


Script = Callable[[Peer], Awaitable[Any]]


@dataclass
class Server:
    """A listening server and the connections that it has seen."""

    port: int
    scheme: str
    host: str = "127.0.0.1"
    peers: list[Peer] = field(default_factory=list)

    def url(self, path: str = "/v1/messages") -> str:
        return f"{self.scheme}://{self.host}:{self.port}{path}"

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


@asynccontextmanager
async def serving(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Run `script` for each connection; an error in it fails the test."""
    tasks: list[asyncio.Task[None]] = []
    failures: list[BaseException] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        peer = Peer(reader, writer)
        server.peers.append(peer)
        try:
            await script(peer)
        except (EOFError, ConnectionError):
            peer.gone.set()
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised below
            failures.append(error)
        finally:
            writer.close()

    listener = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)
    server = Server(listener.sockets[0].getsockname()[1], "https" if tls else "http")
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for peer in server.peers:
            peer.writer.transport.abort()
        await asyncio.sleep(0)
        if failures:
            raise failures[0]


def answering(*parts: bytes, close: bool = False) -> Script:
    """Answer every request on a connection with these parts."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(*parts)
            if close:
                return

    return script


def ask(url: str, *, method: str = "POST", body: bytes = b"{}", **headers: str) -> HttpRequest:
    """A request that holds the planted key."""
    if method == "GET":
        body = b""
    return HttpRequest(
        method, url, (("authorization", f"Bearer {KEY}"), ("x-api-key", KEY), *headers.items()), body
    )


def plain(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A response with Content-Length."""
    lines = [b"HTTP/1.1 " + status, *headers, b"content-length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body])


def chunked(*parts: bytes, headers: bytes = b"", trailers: bytes = b"") -> bytes:
    """A response in chunks."""
    head = b"HTTP/1.1 200 OK\r\n" + headers + b"transfer-encoding: chunked\r\n\r\n"
    return head + b"".join(http_chunk(part) for part in parts) + b"0\r\n" + trailers + b"\r\n"


def http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


async def call(transport: Transport, request: HttpRequest, timeouts: Timeouts = PATIENT) -> bytes:
    """Send and read everything."""
    response = await transport.send(request, timeouts, time.monotonic_ns())
    try:
        return await response.read()
    finally:
        await response.aclose()


async def collect(transport: Transport, request: HttpRequest, timeouts: Timeouts = PATIENT) -> list[Chunk]:
    """Send and keep the chunks."""
    response = await transport.send(request, timeouts, time.monotonic_ns())
    try:
        return [chunk async for chunk in response.chunks()]
    finally:
        await response.aclose()


def check_error(error: TransportError, *words: str) -> None:
    """What every error keeps to: its words, a cure, and no secret."""
    everything = f"{error} {error.message} {error.cure} {error!r} {error.args}"
    assert KEY not in everything
    assert error.cure
    for word in words:
        assert word in error.message, error.message


async def fails(kind: type[TransportError], awaitable: Awaitable[Any], *words: str) -> TransportError:
    """The call fails in exactly this way, and the error says the words."""
    with pytest.raises(TransportError) as caught:
        async with asyncio.timeout(DEADLINE):
            await awaitable
    assert type(caught.value) is kind, repr(caught.value)
    check_error(caught.value, *words)
    return caught.value

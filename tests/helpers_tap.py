"""A raw client for the tap, and what its runs came to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline_runtime.tap import TapRun, TapServer

KEY = "sk-planted-5f2d81c7aa"
DEADLINE = 60.0
"""Only for tests that hang: nothing waits this long when it works."""
SSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"X-Odd:  a  b \r\n\r\n"
)
BODY = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'


def delta(text: str) -> bytes:
    choice = b'{"index":0,"delta":{"content":"%b"},"finish_reason":null}' % text.encode()
    return b'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[' + choice + b"]}\n\n"


END = (
    b'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":'
    b'[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


class Client:
    """One connection, written and read byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def head(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), DEADLINE)

    async def exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), DEADLINE)

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(-1), DEADLINE)

    async def answer(self) -> tuple[bytes, bytes]:
        """A response with Content-Length."""
        head = await self.head()
        line = next(one for one in head.split(b"\r\n") if one.lower().startswith(b"content-length:"))
        return head, await self.exactly(int(line.partition(b":")[2]))

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        self.writer.transport.abort()


@asynccontextmanager
async def client_of(tap: TapServer) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", tap.port)
    client = Client(reader, writer)
    try:
        yield client
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST " + path.encode() + b" HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, *headers, b"", body])


def get(path: str, *headers: bytes, method: bytes = b"GET") -> bytes:
    return b"\r\n".join(
        [method + b" " + path.encode() + b" HTTP/1.1", b"Host: localhost", *headers, b"", b""]
    )


async def next_run(tap: TapServer) -> TapRun:
    """The oldest run that was not taken yet, ended."""
    async with asyncio.timeout(DEADLINE):
        run = await begun_run(tap)
        await run.wait()
    return run


async def begun_run(tap: TapServer) -> TapRun:
    async with asyncio.timeout(DEADLINE):
        async for run in tap.runs():
            return run
    raise AssertionError("the tap was closed")


def kinds(run: TapRun) -> list[str]:
    return [type(event).__name__ for event in run.history()]


def the(run: TapRun, kind: type):
    """The one event of that type."""
    (event,) = [event for event in run.history() if isinstance(event, kind)]
    return event

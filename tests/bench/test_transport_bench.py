"""CPU per chunk of a fast stream: ours, stock httpx and raw asyncio in the same run. `pytest -m bench -s`.

The server is a process of its own, so that only the client's CPU is measured. No time is asserted: the numbers are
for reading, the ratios for comparing (the machine's own speed cancels out).
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from helpers_transport import PATIENT, StockOnly, ask
from pipeline_runtime.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

pytestmark = pytest.mark.bench

CHUNKS = 20_000
ROUNDS = 5
SERVER = """
import socket
event = b'data: {"choices":[{"index":0,"delta":{"content":" word"}}]}' + b" " * 200 + b"\\n\\n"
piece = b"%x\\r\\n%b\\r\\n" % (len(event), event)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], len(event), flush=True)
while True:
    client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = b""
    while b"\\r\\n\\r\\n{}" not in request:
        request += client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\nconnection: close\\r\\n\\r\\n")
    for _ in range(%d):
        client.sendall(piece)
    client.sendall(b"0\\r\\n\\r\\n")
    client.close()
"""


@pytest.fixture
def server() -> Iterator[tuple[str, int]]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER.replace("%d", str(CHUNKS))], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port, size = process.stdout.readline().split()
        yield f"http://127.0.0.1:{port}/", int(size) * CHUNKS
        process.terminate()


async def ours(url: str, kind: type[Transport]) -> int:
    async with kind() as transport:
        response = await transport.send(ask(url), PATIENT, time.monotonic_ns())
        size = 0
        async for chunk in response.chunks():
            size += len(chunk.data)
        await response.aclose()
        return size


async def stock_httpx(url: str) -> int:
    size = 0
    async with httpx.AsyncClient(timeout=60) as client, client.stream("POST", url, content=b"{}") as response:
        async for part in response.aiter_raw():
            size += len(part)
    return size


async def raw_asyncio(url: str) -> int:
    """The floor: no HTTP at all, the framing's bytes are only counted."""
    port = int(url.rsplit(":", 1)[1].rstrip("/"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65536)
    writer.write(b"POST / HTTP/1.1\r\n\r\n{}")
    size = 0
    while data := await reader.read(65536):
        size += len(data)
    writer.close()
    await writer.wait_closed()
    return size


CLIENTS: dict[str, Callable[[str], Awaitable[int]]] = {
    "fast": lambda url: ours(url, Transport),
    "stock with stamps": lambda url: ours(url, StockOnly),
    "httpx": stock_httpx,
    "raw asyncio": raw_asyncio,
}


async def test_cpu_per_chunk(server: tuple[str, int]) -> None:
    url, expected = server
    costs: dict[str, list[float]] = {name: [] for name in CLIENTS}
    for _ in range(ROUNDS):
        for name, client in CLIENTS.items():
            begin = time.process_time_ns()
            size = await client(url)
            costs[name].append((time.process_time_ns() - begin) / CHUNKS / 1000)
            assert size == expected or (name == "raw asyncio" and size > expected)
    medians = {name: statistics.median(values) for name, values in costs.items()}
    lines = [
        f"{name:18} {cost:7.2f} µs/chunk   {cost / medians['raw asyncio']:5.2f} x raw asyncio"
        for name, cost in medians.items()
    ]
    sys.stdout.write("\n".join(["", *lines, f"httpx / fast: {medians['httpx'] / medians['fast']:.1f}", ""]))

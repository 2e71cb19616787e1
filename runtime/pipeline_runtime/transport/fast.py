"""An httpx transport over asyncio and httptools: HTTP/1.1, plain and TLS, direct connections.

Stock httpx spends half of its time in h11; here a read is stamped, parsed by llhttp, and one chunk.
What this does not do (proxies, HTTP/2) goes through `stock.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import Disconnected
from pipeline_runtime.transport._httpx import httpx
from pipeline_runtime.transport.address import address_of
from pipeline_runtime.transport.body import InboxStream
from pipeline_runtime.transport.pool import Pool
from pipeline_runtime.transport.settings import timeouts_of

if TYPE_CHECKING:
    import ssl

    from pipeline_runtime.transport.address import Address
    from pipeline_runtime.transport.connection import Connection
    from pipeline_runtime.transport.exchange import Exchange, RawHeaders
    from pipeline_runtime.transport.settings import Timeouts


class FastTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=...)`.

    Raises the errors of `pipeline_runtime.errors`, not httpx's. `response.extensions["received"]` holds the
    `Exchange`, whose inbox has the body as stamped reads; iterating the response works too, without stamps.
    """

    def __init__(self, verify: ssl.SSLContext | None = None) -> None:
        self._pool = Pool(verify)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for the response's head."""
        timeouts = timeouts_of(request.extensions)
        message = encode(request.method, request.url.raw_path, request.headers.raw, await request.aread())
        exchange = await self.exchange(address_of(request.url), request.method, message, timeouts)
        return httpx.Response(
            exchange.status,
            headers=exchange.headers,
            stream=InboxStream(exchange, timeouts.idle),
            extensions={"http_version": exchange.http_version.encode("ascii"), "received": exchange},
        )

    async def exchange(self, address: Address, method: str, message: bytes, timeouts: Timeouts) -> Exchange:
        """Send one message (`encode`) and wait for the response's head, without an object of httpx."""
        connection = await self._pool.acquire(address, timeouts.connect)
        exchange = connection.begin(method, message)
        try:
            await _open(connection, exchange, timeouts.first_byte)
        except Disconnected:
            # A kept connection may be closed by the peer just when it is used (RFC 9112, section 9.3.1).
            if exchange.touched or not connection.reused:
                raise
            connection = await self._pool.acquire(address, timeouts.connect, fresh=True)
            exchange = connection.begin(method, message)
            await _open(connection, exchange, timeouts.first_byte)
        return exchange

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


async def _open(connection: Connection, exchange: Exchange, seconds: float) -> None:
    try:
        await exchange.head(seconds)
    except BaseException:
        connection.abort()
        raise


def encode(method: str, target: bytes, headers: RawHeaders, content: bytes) -> bytes:
    """A request as it is sent; Host and Content-Length are among its headers."""
    head = [b"%b %b HTTP/1.1\r\n" % (method.encode("ascii"), target)]
    head += [b"%b: %b\r\n" % header for header in headers]
    head += [b"\r\n", content]
    return b"".join(head)

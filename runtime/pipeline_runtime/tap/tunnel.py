"""Through the environment's HTTP proxy to an upstream: CONNECT, so that the bytes stay what they are."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pipeline_runtime.errors import ConnectFailed, TransportError
from pipeline_runtime.transport.address import Address
from pipeline_runtime.transport.dialing import dial
from pipeline_runtime.transport.failures import connect_failed

if TYPE_CHECKING:
    import ssl

    from pipeline_runtime.tap.upstream import UpstreamLink

CURE = "check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, and the proxy's user and password"
HEAD_BYTES = 64 * 1024


async def tunnel(link: UpstreamLink, proxy: str, context: ssl.SSLContext | None, seconds: float) -> None:
    """Connect `link` to its address through `proxy`.

    Args:
        link: Not connected yet.
        proxy: The proxy's URL, with its user and password if it wants them.
        context: For TLS to the upstream, inside of the tunnel; `None`: there is none.
        seconds: How long all of it may take.

    Raises:
        TransportError: The proxy, or the upstream behind it, cannot be reached; no message shows a password.
    """
    parts = urlsplit(proxy)
    if parts.scheme != "http" or parts.hostname is None:
        raise ConnectFailed(f"the tap cannot go through a proxy of the kind '{parts.scheme}'", cure=CURE)
    address = Address("http", parts.hostname, parts.port or 80)
    credentials = None
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    opening = await dial(address, None, _Opening, seconds)
    try:
        async with asyncio.timeout(seconds):
            await opening.ask(link.address.peer, address.peer, credentials)
            await opening.hand_over(link, context)
    except TimeoutError as error:
        opening.abort()
        raise ConnectFailed(f"the proxy {address.peer} opened no way in {seconds:g} s", cure=CURE) from error
    except OSError as error:
        opening.abort()
        raise connect_failed(error, link.address.peer, tls=context is not None) from error
    except BaseException:
        opening.abort()
        raise


class _Opening(asyncio.Protocol):
    """The connection to the proxy until it has answered."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def ask(self, target: str, proxy: str, credentials: str | None) -> None:
        """Have the proxy open a way to `target`."""
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if credentials is not None:
            lines.append(f"Proxy-Authorization: Basic {b64encode(credentials.encode()).decode()}")
        assert self._transport is not None
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
        await self._answered
        status = self._head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")[2]
        if not status.startswith("2"):
            raise ConnectFailed(
                f"the proxy {proxy} opened no way to {target}: {status or 'it hung up'}", cure=CURE
            )

    async def hand_over(self, link: UpstreamLink, context: ssl.SSLContext | None) -> None:
        """From here on the connection is `link`'s."""
        assert self._transport is not None
        transport: asyncio.BaseTransport | None = self._transport
        if context is None:
            self._transport.set_protocol(link)
        else:
            loop = asyncio.get_running_loop()
            host = link.address.host
            transport = await loop.start_tls(self._transport, link, context, server_hostname=host)
        if transport is None:
            raise TransportError("the connection was closed during the TLS handshake", cure=CURE)
        link.connection_made(transport)

    def abort(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected to the proxy."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A part of the proxy's answer; after it nothing comes before the client has spoken."""
        self._head += data
        if not self._answered.done() and (b"\r\n\r\n" in self._head or len(self._head) > HEAD_BYTES):
            self._answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The proxy is gone."""
        if not self._answered.done():
            self._head = b""
            self._answered.set_result(None)

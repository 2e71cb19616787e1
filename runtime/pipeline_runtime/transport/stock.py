"""What `fast.py` does not do: proxies and HTTP/2, through httpx's own engine (httpcore), with stamps."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING, Any

import httpcore

from pipeline_runtime.errors import ConnectFailed, TransportError
from pipeline_runtime.transport._httpx import httpx
from pipeline_runtime.transport.address import address_of
from pipeline_runtime.transport.body import InboxStream
from pipeline_runtime.transport.failures import head_too_large
from pipeline_runtime.transport.progress import PROXY_CURE, Progress
from pipeline_runtime.transport.pump import Pump
from pipeline_runtime.transport.settings import (
    HEADER_BYTES,
    HEADER_COUNT,
    IDLE_CONNECTIONS,
    KEEPALIVE_SECONDS,
    Timeouts,
    timeouts_of,
)
from pipeline_runtime.transport.stamping import StampedStream, StampingBackend
from pipeline_runtime.transport.tls import make_context

if TYPE_CHECKING:
    import ssl


class StockTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=...)`; the same errors and extensions as `FastTransport`.

    Args:
        verify: The TLS context; None: a verifying one is made when first needed.
        proxy: The proxy's URL (http, https, socks5, socks5h; user and password allowed).
        http2: Offer HTTP/2 in the TLS handshake.

    Raises:
        ConnectFailed: h2 or socksio is needed and not installed, or the proxy's URL is not one.
    """

    def __init__(
        self, verify: ssl.SSLContext | None = None, proxy: str | None = None, *, http2: bool = False
    ) -> None:
        if http2 and importlib.util.find_spec("h2") is None:
            raise ConnectFailed("HTTP/2 was asked for and the h2 package is not installed", cure="install h2")
        self._verify = verify
        self._http2 = http2
        self._proxy = None if proxy is None else _parse_proxy(proxy)
        self._proxy_peer = None if self._proxy is None else address_of(self._proxy.url).peer
        self._engine: httpcore.AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()
        self._pumps: set[Pump] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for the response's head."""
        address = address_of(request.url)
        timeouts = timeouts_of(request.extensions)
        engine = await self._opened_engine()
        progress = Progress(timeouts, address, self._proxy_peer)
        response = await progress.run(engine, _to_core(request, progress, timeouts))
        try:
            _check_head(response.headers, address.peer)
        except TransportError:
            await response.aclose()
            raise
        received = self._receive(response, progress, address.peer)
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=InboxStream(received, timeouts.idle),
            extensions={"http_version": response.extensions["http_version"], "received": received},
        )

    async def _opened_engine(self) -> httpcore.AsyncConnectionPool:
        async with self._opening:  # calls that begin together must not make an engine each
            if self._engine is None:
                context = self._verify if self._verify is not None else await asyncio.to_thread(make_context)
                self._engine = _make_engine(context, self._proxy, http2=self._http2)
            return self._engine

    def _receive(self, response: httpcore.Response, progress: Progress, peer: str) -> Pump:
        stream = response.extensions["network_stream"].get_extra_info("stamped")
        assert isinstance(stream, StampedStream)
        pump = Pump(response, stream, peer, progress.explain)
        pump.sent_at = progress.sent_at
        self._pumps.add(pump)
        pump.task.add_done_callback(lambda _: self._pumps.discard(pump))
        return pump

    async def aclose(self) -> None:
        """Close every connection."""
        for pump in list(self._pumps):
            await pump.aclose()
        if self._engine is not None:
            await self._engine.aclose()


def _parse_proxy(url: str) -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise ConnectFailed(
            "the proxy's URL is not one of http, https, socks5, socks5h", cure=PROXY_CURE
        ) from error
    if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ConnectFailed(
            "a SOCKS proxy was named and the socksio package is not installed", cure="install socksio"
        )
    return proxy


def _make_engine(
    context: ssl.SSLContext, proxy: httpx.Proxy | None, *, http2: bool
) -> httpcore.AsyncConnectionPool:
    options: dict[str, Any] = {
        "ssl_context": context,
        "http2": http2,
        "max_connections": None,
        "max_keepalive_connections": IDLE_CONNECTIONS,
        "keepalive_expiry": KEEPALIVE_SECONDS,
        "network_backend": StampingBackend(),
    }
    if proxy is None:
        return httpcore.AsyncConnectionPool(**options)
    raw = proxy.url
    url = httpcore.URL(scheme=raw.raw_scheme, host=raw.raw_host, port=raw.port, target=raw.raw_path)
    if raw.scheme.startswith("socks"):
        return httpcore.AsyncSOCKSProxy(proxy_url=url, proxy_auth=proxy.raw_auth, **options)
    if raw.scheme == "https":
        options["proxy_ssl_context"] = context
    return httpcore.AsyncHTTPProxy(proxy_url=url, proxy_auth=proxy.raw_auth, **options)


def _to_core(request: httpx.Request, progress: Progress, timeouts: Timeouts) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions={
            # Reads are timed by `Progress` and the inbox: httpcore's limit starts anew with each byte.
            "timeout": {
                "connect": timeouts.connect,
                "read": None,
                "write": timeouts.first_byte,
                "pool": None,
            },
            "trace": progress.trace,
        },
    )


def _check_head(headers: list[tuple[bytes, bytes]], peer: str) -> None:
    size = sum(len(name) + len(value) + 4 for name, value in headers)
    if size > HEADER_BYTES or len(headers) > HEADER_COUNT:
        raise head_too_large(peer)

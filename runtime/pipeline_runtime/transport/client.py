"""The transport that the runtime uses: one call in, one response out."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from pipeline_runtime.errors import BadResponse, ConnectFailed, TransportError
from pipeline_runtime.transport._httpx import httpx
from pipeline_runtime.transport.address import DEFAULT_PORTS, Address, address_of
from pipeline_runtime.transport.fast import FastTransport, encode
from pipeline_runtime.transport.proxies import proxy_for
from pipeline_runtime.transport.redirects import follow
from pipeline_runtime.transport.response import ServerResponse
from pipeline_runtime.transport.settings import MAX_REDIRECTS

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.transport.exchange import RawHeaders
    from pipeline_runtime.transport.response import Received
    from pipeline_runtime.transport.settings import Timeouts

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


class Transport:
    """Connections to any number of servers, kept for reuse until it is closed.

    Args:
        verify: The TLS context; None: one that verifies (SSL_CERT_FILE and SSL_CERT_DIR are honoured).
        proxy: A proxy for every request; None: what the environment says, and none for this machine.
        http2: Offer HTTP/2 to https servers (needs the h2 package).
    """

    def __init__(
        self, *, verify: ssl.SSLContext | None = None, proxy: str | None = None, http2: bool = False
    ) -> None:
        self._verify = verify
        self._proxy = proxy
        self._http2 = http2
        self._transports: dict[tuple[str | None, bool], httpx.AsyncBaseTransport] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; responses still being read end with `Disconnected`."""
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> ServerResponse:
        """Send one request; redirects within the same address are followed.

        Args:
            request: Sent as it is; Host, Content-Length and `accept-encoding: identity` are added.
            timeouts: `connect`, `first_byte` and `idle` apply here; `total` is the caller's.
            epoch: `time.monotonic_ns()` of the run's begin: all times of the response count from it.

        Raises:
            TransportError: one of its subclasses; the message names host:port and never a header or a key.
                (`TransportError` itself: a header cannot be sent.)
        """
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._send_once(request, timeouts, epoch)
            try:
                onward = follow(request, response.status, response.header("location"))
            except TransportError:
                await response.aclose()
                raise
            if onward is None:
                return response
            await response.aclose()
            request = onward
        peer = address_of(httpx.URL(request.url)).peer
        raise BadResponse(f"{peer} redirected more than {MAX_REDIRECTS} times", cure="check base_url")

    async def _send_once(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> ServerResponse:
        target = _parse(request.url)
        transport = self._transport_for(target.address)
        headers = _headers(request, target)
        received: Received
        if isinstance(transport, FastTransport):
            message = encode(request.method, target.path, _framed(headers, target, request), request.body)
            exchange = received = await transport.exchange(target.address, request.method, message, timeouts)
            status, fields, http_version = exchange.status, exchange.headers, exchange.http_version
        else:
            outgoing = httpx.Request(
                request.method,
                target.url,
                headers=headers,
                content=request.body,
                extensions={"pipeline_timeouts": timeouts},
            )
            response = await transport.handle_async_request(outgoing)
            received = response.extensions["received"]
            status, fields, http_version = response.status_code, response.headers.raw, response.http_version
        try:
            return ServerResponse(
                received,
                status=status,
                headers=fields,
                http_version=http_version,
                url=target.shown,
                epoch=epoch,
                idle=timeouts.idle,
            )
        except TransportError:
            await received.aclose()
            raise

    def _transport_for(self, address: Address) -> httpx.AsyncBaseTransport:
        """No `httpx.AsyncClient` around it: nothing of a client (cookies, .netrc, redirects) is wanted."""
        proxy = self._proxy or proxy_for(address)
        http2 = self._http2 and address.tls
        transport = self._transports.get((proxy, http2))
        if transport is None:
            transport = self._transports[proxy, http2] = self._make_transport(proxy, http2=http2)
        return transport

    def _make_transport(self, proxy: str | None, *, http2: bool) -> httpx.AsyncBaseTransport:
        if proxy is None and not http2:
            return FastTransport(self._verify)
        from pipeline_runtime.transport.stock import StockTransport  # noqa: PLC0415 - seldom needed

        return StockTransport(self._verify, proxy, http2=http2)


class Target(Struct, frozen=True):
    """What a URL says of where to send a request, and how."""

    url: httpx.URL
    """Without its user."""
    address: Address
    path: bytes
    """With the query, as it is sent."""
    host: bytes
    shown: str
    """Without user and query."""
    credentials: str
    """User and password of the URL, if it has any."""


@lru_cache(maxsize=64)
def _parse(text: str) -> Target:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ConnectFailed("the URL to call is not valid", cure="check base_url") from error
    if url.scheme not in DEFAULT_PORTS or not url.host:
        raise ConnectFailed("the URL to call has no http:// or https:// and host", cure="check base_url")
    address = address_of(url)
    bare = url.copy_with(userinfo=b"") if url.userinfo else url
    credentials = f"{url.username}:{url.password}" if url.userinfo else ""
    return Target(bare, address, bare.raw_path, bare.netloc, f"{address.base}{url.path}", credentials)


def _framed(headers: RawHeaders, target: Target, request: HttpRequest) -> RawHeaders:
    """The headers with Host and Content-Length, where they are not given: as httpx adds them."""
    given = {name.lower() for name, _ in headers}
    host = [] if b"host" in given else [(b"Host", target.host)]
    length: RawHeaders = []
    sized = b"content-length" in given or b"transfer-encoding" in given
    if not sized and (request.body or request.method in _WITH_BODY):
        length = [(b"Content-Length", b"%d" % len(request.body))]
    return [*host, *headers, *length]


def _headers(request: HttpRequest, target: Target) -> RawHeaders:
    """The headers as bytes.

    Raises:
        TransportError: one cannot be sent; names it, without its value.
    """
    encoded: RawHeaders = []
    peer = target.address.peer
    for name, value in request.headers:
        if not _FIELD_NAME.fullmatch(name):
            raise TransportError(
                f"{peer}: a header's name holds characters that HTTP forbids", cure="check `headers`"
            )
        if _NOT_IN_VALUE.search(value):
            raise TransportError(
                f"{peer}: the header {name!r} holds a line break or a character that HTTP forbids",
                cure="was the key pasted with a line end or a typographic character? set its variable again",
            )
        encoded.append((name.encode("ascii"), value.encode("latin-1")))
    given = {name.lower() for name, _ in encoded}
    if b"accept-encoding" not in given:
        encoded.append((b"accept-encoding", b"identity"))
    if target.credentials and b"authorization" not in given:
        encoded.append((b"authorization", b"Basic " + b64encode(target.credentials.encode())))
    return encoded

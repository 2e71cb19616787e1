"""The client's side of the tap: one connection, whose requests are served one after the other."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from pipeline_runtime.tap.heads import RequestHead, own_answer
from pipeline_runtime.tap.request import IncomingRequest

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_BYTES = 256 * 1024
OFFERS = frozenset({b"upgrade", b"connection", b"http2-settings"})
WRITE_HIGH = 256 * 1024
"""Bytes waiting for the client above which the upstream is not read."""


class ClientConnection(asyncio.Protocol):
    """Parses requests and writes answers; `requests` gives each request as soon as its head is complete."""

    def __init__(
        self, begin: Callable[[ClientConnection], None], end: Callable[[ClientConnection], None]
    ) -> None:
        """`begin` and `end` are called when it is connected and when it is gone."""
        self.requests: asyncio.Queue[IncomingRequest | None] = asyncio.Queue()
        self.gone = False
        self.on_gone: Callable[[], None] = _nothing
        self.on_full: Callable[[], None] = _nothing
        """The client takes no more for now."""
        self.on_free: Callable[[], None] = _nothing
        self.full = False
        self.sent = 0
        """Bytes written to it."""
        self.name = ""
        self._begin = begin
        self._end = end
        self._transport: asyncio.Transport | None = None
        self._parser = HttpRequestParser(self)
        self._head = RequestHead("", "", "", [])
        self._head_bytes = 0
        self._request: IncomingRequest | None = None
        self._declining = False
        """The head is parsed once more, without its offer of another protocol."""
        self._broken = False

    # --- writing ------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Write bytes to the client, at once where its socket takes them."""
        if self._transport is not None and not self._transport.is_closing():
            self.sent += len(data)
            self._transport.write(data)

    @property
    def closing(self) -> bool:
        """It was closed from here, or does not speak HTTP: nothing more of it is served."""
        return self._broken

    def close(self) -> None:
        """Close it when everything has been written."""
        self._broken = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close it at once."""
        self._broken = True
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=WRITE_HIGH)
        self._transport = transport
        host, port, *_ = transport.get_extra_info("peername") or ("client", 0)
        self.name = f"{host}:{port}"
        self._begin(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if self._broken:
            return
        self._feed(data)
        if self._head_bytes > HEAD_BYTES:
            self._refuse(431, "Request Header Fields Too Large", "the headers are larger than 256 KiB")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client is gone, or was closed from here."""
        self.gone = True
        self._transport = None
        self.requests.put_nowait(None)
        self.on_gone()
        self._end(self)

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self.full = True
        self.on_full()

    def resume_writing(self) -> None:
        """It has caught up."""
        self.full = False
        self.on_free()

    # --- parsing ------------------------------------------------------------------------------------------

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._decline(data[upgrade.args[0] :])
        except HttpParserError as error:
            self._refuse(400, "Bad Request", f"what came is not valid HTTP: {error}")

    def _decline(self, rest: bytes) -> None:
        """Another protocol was offered (h2c): it is not taken up, and the request goes on as any other."""
        request = self._request
        if request is None or request.head.method == "CONNECT":
            self._parser = HttpRequestParser(self)
            if request is not None:
                request.end(keep_alive=False)  # what would follow is no HTTP
            return
        self._parser = HttpRequestParser(self)
        self._declining = True
        kept = [header for header in request.head.headers if header[0].lower() not in OFFERS]
        self._feed(RequestHead("POST", "/", request.head.version, kept).encode() + rest)

    def _refuse(self, status: int, reason: str, message: str) -> None:
        if self._request is None or self._request.complete:
            self.write(own_answer(status, reason, {"type": "bad_request", "message": message}))
        self.close()

    def on_message_begin(self) -> None:
        """httptools: a request begins."""
        if self._declining:
            return
        self._head = RequestHead("", "", "", [])
        self._head_bytes = 0
        self._request = None

    def on_url(self, url: bytes) -> None:
        """httptools: a part of the request's target."""
        if self._declining:
            return
        self._head.target += url.decode("latin-1")
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header; after the body, a trailer."""
        if self._declining:
            return
        self._head_bytes += len(name) + len(value) + 4
        headers = self._head.headers if self._request is None else self._request.trailers
        headers.append((name, value))

    def on_headers_complete(self) -> None:
        """httptools: the head is complete."""
        if self._declining:  # it was known before
            self._declining = False
            return
        at = monotonic_ns()
        self._head.method = self._parser.get_method().decode("ascii")
        self._head.version = self._parser.get_http_version()
        self._request = IncomingRequest(self._head, at, pause=self._pause, resume=self._resume)
        self.requests.put_nowait(self._request)

    def on_body(self, data: bytes) -> None:
        """httptools: a part of the body."""
        if self._request is not None:
            self._request.put(data)

    def on_message_complete(self) -> None:
        """httptools: the request is complete."""
        if self._request is not None and not self._parser.should_upgrade():
            self._request.end(keep_alive=self._parser.should_keep_alive())

    def _pause(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


def _nothing() -> None:
    """Nobody listens."""

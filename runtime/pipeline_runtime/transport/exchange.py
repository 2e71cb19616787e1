"""One request and its response on a connection: the HTTP/1.1 side, fed with stamped reads. Opens nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from pipeline_runtime.transport.failures import (
    bad_response,
    disconnected,
    first_byte_timeout,
    head_too_large,
)
from pipeline_runtime.transport.inbox import Inbox
from pipeline_runtime.transport.settings import HEADER_BYTES, HEADER_COUNT

if TYPE_CHECKING:
    from pipeline_runtime.errors import TransportError

RawHeaders = list[tuple[bytes, bytes]]

_SWITCHING_PROTOCOLS = 101
_FIRST_FINAL_STATUS = 200
_TLS_RECORDS = (0x15, 0x16)
"""First byte of a TLS alert or handshake record (RFC 8446, section 5.1)."""


class Wire(Protocol):
    """The connection, as an exchange sees it."""

    def pause(self) -> None:
        """Stop reading the socket."""

    def resume(self) -> None:
        """Read it again."""

    def abort(self) -> None:
        """Close it at once."""


class Exchange:
    """The state of one response. The connection feeds it; `inbox` holds the body for the consumer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wire: Wire, peer: str, method: str) -> None:
        self.inbox = Inbox(loop, wire.pause, wire.resume)
        self.peer = peer
        self.status = 0
        self.http_version = ""
        self.headers: RawHeaders = []
        self.trailers: RawHeaders = []
        self.sent_at = 0
        self.opened_at = 0
        self.touched = False
        """Whether anything at all came back."""
        self.complete = False
        self.reusable = False
        self._wire = wire
        self._head_only = method == "HEAD"
        self._until_close = False
        self._at = 0
        self._fault: TransportError | None = None
        self._silent_bytes = 0
        self._header_bytes = 0
        self._header_count = 0
        self._parts: list[bytes] = []
        # httptools binds the callbacks when the parser is made: a bound list.append is the cheapest there is.
        self.on_body = self._parts.append
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)

    # --- what the connection calls ------------------------------------------------------------------------

    def feed(self, at: int, data: memoryview) -> None:
        """Parse one socket read that came at `at` (`time.monotonic_ns()`, taken before this call)."""
        self._at = at
        if not self.touched:
            self.touched = True
            if data[0] in _TLS_RECORDS:
                self.fail(bad_response(self.peer, "the server speaks TLS", "use https:// in base_url"))
                return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            # Past the end it is someone else's response: ours is whole, the connection is not to be trusted.
            self.reusable = False
            if not self.complete:
                self._fault = self._fault or bad_response(self.peer, f"what came is not valid HTTP: {error}")
        self._deliver(at, len(data))

    def _deliver(self, at: int, size: int) -> None:
        parts = self._parts
        inbox = self.inbox
        if parts:
            inbox.put(at, parts[0] if len(parts) == 1 else b"".join(parts))
            parts.clear()
            self._silent_bytes = 0
        elif not self.complete:
            self._silent_bytes += size
            if self._silent_bytes > HEADER_BYTES:
                self._fault = self._fault or head_too_large(self.peer)
        if self._fault is not None:
            self.fail(self._fault)
        elif self.complete:
            inbox.end()
        elif self.opened_at == at:
            inbox.wake()

    def sent(self, at: int) -> None:
        """The request has been written: the first byte may be waited for from now on."""
        self.sent_at = at
        self.inbox.touch()

    def eof(self) -> None:
        """The peer will send nothing more."""
        if self.opened_at and self._until_close and not self.inbox.ended:
            self.complete = True
            self.inbox.end()
        else:
            self.lost()

    def lost(self) -> None:
        """The connection broke."""
        when = "without sending a response"
        if self.opened_at:
            when = "before the response was complete"
        elif self.touched:
            when = "in the middle of the response's headers"
        self.fail(disconnected(self.peer, when))

    def fail(self, error: TransportError) -> None:
        """The exchange is over."""
        self.inbox.end(error)

    # --- what the consumer calls --------------------------------------------------------------------------

    async def head(self, limit: float) -> None:
        """Wait until status and headers are here.

        Raises:
            FirstByteTimeout: they did not come within `limit` seconds of the request's last written byte.
            TransportError: the connection failed.
        """
        inbox = self.inbox
        while not self.opened_at:
            if inbox.error is not None:
                raise inbox.error
            if not await inbox.wait(limit):
                raise first_byte_timeout(self.peer, limit, sent=self.sent_at > 0)
        inbox.disarm()

    def abort(self) -> None:
        """The consumer wants no more: close the socket at once, unless the response is whole."""
        self.inbox.drop()
        if not self.complete:
            self._wire.abort()

    async def aclose(self) -> None:
        """`abort`; asyncio closes the socket in the next turn of the loop."""
        self.abort()
        await asyncio.sleep(0)

    # --- what the parser calls ----------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A response begins. After ours there is none that was asked for."""
        if self.complete:
            raise HttpParserError("a second response")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or a trailer once the head is complete."""
        self._header_count += 1
        self._header_bytes += len(name) + len(value) + 4
        if self._header_count > HEADER_COUNT or self._header_bytes > HEADER_BYTES:
            self._fault = head_too_large(self.peer)
            raise self._fault
        (self.trailers if self.opened_at else self.headers).append((name, value))

    def on_headers_complete(self) -> None:
        """A head is complete: an interim one (RFC 9110, section 15.2) or ours."""
        status = self._parser.get_status_code()
        if status == _SWITCHING_PROTOCOLS:
            self._fault = bad_response(self.peer, "it switched protocols (status 101) without being asked")
            raise self._fault
        if status < _FIRST_FINAL_STATUS:
            self.headers.clear()
            return
        self.status = status
        self.http_version = f"HTTP/{self._parser.get_http_version()}"
        self.opened_at = self._at
        self._until_close = _ends_at_close(self.headers)
        self.complete = self._head_only

    def on_message_complete(self) -> None:
        """The end of an interim response, or of ours."""
        if self.opened_at and not self.complete:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()


def _ends_at_close(headers: RawHeaders) -> bool:
    """Whether only the end of the connection ends the body (RFC 9112, section 6.3)."""
    coding = b""
    for name, value in headers:
        lowered = name.lower()
        if lowered == b"content-length":
            return False
        if lowered == b"transfer-encoding":
            coding = value
    return not coding.lower().rstrip().endswith(b"chunked")

"""How far a call through stock httpcore has come: its clock, and its errors in our words."""

from __future__ import annotations

import asyncio
import re
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import httpcore

from pipeline_runtime.errors import TransportError
from pipeline_runtime.transport.failures import (
    bad_response,
    connect_failed,
    connect_timeout,
    disconnected,
    first_byte_timeout,
    head_too_large,
)

if TYPE_CHECKING:
    from pipeline_runtime.transport.address import Address
    from pipeline_runtime.transport.settings import Timeouts

PROXY_CURE = "check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, and the proxy's user and password"
_CUT = ("Server disconnected", "peer closed connection", "peer unexpectedly closed")
_TOO_LARGE = "Receive buffer too long"
_H2_EVENT = re.compile(r"<?(?:\w+\.)?(StreamReset|ConnectionTerminated)\b")


class Progress:
    """Follows one request by httpcore's `trace` extension."""

    def __init__(self, timeouts: Timeouts, address: Address, proxy: str | None) -> None:
        self.sent_at = 0
        self._timeouts = timeouts
        self._address = address
        self._proxy = proxy
        self._clock = asyncio.timeout(timeouts.connect)
        self._peer = proxy or address.peer
        self._connecting = True

    async def run(self, engine: httpcore.AsyncConnectionPool, request: httpcore.Request) -> httpcore.Response:
        """Send `request` and wait for the response's head.

        Raises:
            TransportError: whatever happened, in our words.
        """
        try:
            async with self._clock:
                return await engine.handle_async_request(request)
        except TimeoutError as error:
            raise self._timed_out() from error
        except (*_ENGINE_ERRORS, OSError, UnicodeError) as error:
            raise self.explain(error) from error

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """What httpcore calls as it goes on; names are `<part>.<action>.<started|complete|failed>`."""
        part, action, phase = name.split(".")
        if action == "start_tls" and phase == "started":
            self._peer = self._proxy if self._proxy and part != "proxy" else self._address.peer
        elif action == "send_request_headers" and phase == "started" and info["request"].method != b"CONNECT":
            self._connecting = False
            self._peer = self._address.peer
            self._clock.reschedule(None)
        elif action == "send_request_body" and phase != "started" and not self._connecting:
            self.sent_at = monotonic_ns()
            self._clock.reschedule(asyncio.get_running_loop().time() + self._timeouts.first_byte)

    def explain(self, error: Exception) -> TransportError:
        """What went wrong. No text of the peer's is repeated: it may echo the request."""
        peer = self._peer
        if isinstance(error, TransportError):
            return error
        if isinstance(error, httpcore.ProxyError):
            return self._through_proxy(
                connect_failed(error, peer, tls=False), f" (it answered {_status_of(error)})"
            )
        if isinstance(error, (httpcore.ConnectTimeout, httpcore.WriteTimeout)):
            return self._timed_out()
        if self._connecting:
            return self._through_proxy(connect_failed(error, peer, tls=self._address.tls))
        if isinstance(error, (httpcore.NetworkError, OSError)):
            return disconnected(peer, "before the response was complete")
        return _explain_protocol(str(error), peer)

    def _timed_out(self) -> TransportError:
        if self._connecting:
            return self._through_proxy(connect_timeout(self._peer, self._timeouts.connect))
        return first_byte_timeout(self._peer, self._timeouts.first_byte, sent=self.sent_at > 0)

    def _through_proxy(self, error: TransportError, detail: str = "") -> TransportError:
        if self._peer != self._proxy:
            return error
        return type(error)(f"the proxy {error.message}{detail}", cure=PROXY_CURE)


_ENGINE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
)


def _status_of(error: httpcore.ProxyError) -> str:
    """The status with which a proxy refused to connect, without the words that it chose."""
    found = re.match(r"\d{3}\b", str(error))
    return f"with status {found.group()}" if found else "in a way that is not understood"


def _explain_protocol(text: str, peer: str) -> TransportError:
    if text.startswith(_CUT):
        when = "before the response was complete" if "body" in text else "without sending a response"
        return disconnected(peer, when)
    if text.startswith(_TOO_LARGE):
        return head_too_large(peer)
    reset = _H2_EVENT.match(text)
    if reset:
        return disconnected(peer, f"before the response was complete (HTTP/2 {reset.group(1)})")
    return bad_response(peer, "what came is not valid HTTP")

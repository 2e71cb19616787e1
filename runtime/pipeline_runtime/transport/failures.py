"""The transport's errors in words: what happened, with whom, and the cure. Pure.

No message holds a header, a body, a query or a key: peers are named `host:port`.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from typing import TYPE_CHECKING

from pipeline_runtime.errors import (
    BadResponse,
    ConnectFailed,
    ConnectTimeout,
    Disconnected,
    FirstByteTimeout,
    IdleTimeout,
    LimitExceeded,
    TLSFailed,
    TransportError,
)
from pipeline_runtime.transport.settings import HEADER_BYTES, HEADER_COUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

_ERRNO = re.compile(r"\[Errno (\d+)\]")
_CURES = {
    errno.ECONNREFUSED: ("refused the connection", "is the server running? check base_url"),
    errno.EHOSTUNREACH: ("cannot be reached", "check the network, and a VPN or firewall on the way"),
    errno.ENETUNREACH: ("cannot be reached: no network", "check the network"),
    errno.ECONNRESET: ("reset the connection", "check base_url, and a firewall on the way"),
    errno.EADDRNOTAVAIL: ("has an address that cannot be used from here", "check base_url"),
    errno.EMFILE: ("was not tried: too many open files", "close something or raise `ulimit -n`"),
}


def connect_failed(error: BaseException, peer: str, *, tls: bool) -> TransportError:
    """The error of a connection that did not come up, from whatever was raised (its causes included)."""
    causes = list(_causes(error))
    for judge in (_by_kind, _by_number):
        for cause in causes:
            judged = judge(cause, peer, tls=tls)
            if judged is not None:
                return judged
    if tls and any(isinstance(cause, (ConnectionError, EOFError)) for cause in causes):
        return _handshake_cut(peer)
    return ConnectFailed(f"{peer} could not be connected to", cure="check base_url and the network")


def _by_kind(cause: BaseException, peer: str, *, tls: bool) -> TransportError | None:  # noqa: ARG001 - as _by_number
    if isinstance(cause, ssl.SSLError):
        return tls_failed(cause, peer)
    if isinstance(cause, socket.gaierror):
        return ConnectFailed(
            f"{peer}: the name was not found ({cause.strerror})", cure="check base_url and the network's DNS"
        )
    if isinstance(cause, UnicodeError):
        return ConnectFailed(f"{peer} is not a host name", cure="check base_url")
    return None


def _by_number(cause: BaseException, peer: str, *, tls: bool) -> TransportError | None:
    number = _errno_of(cause)
    if number is None:
        return None
    if tls and number in {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE}:
        return _handshake_cut(peer)
    unknown = (f"could not be connected to: {os.strerror(number)}", "check base_url")
    what, cure = _CURES.get(number, unknown)
    return ConnectFailed(f"{peer} {what}", cure=cure)


def tls_failed(error: ssl.SSLError, peer: str) -> TLSFailed:
    """The error of a certificate that was not accepted, or of a broken handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TLSFailed(
            f"{peer}: its certificate was not accepted: {error.verify_message}",
            cure="if you trust its issuer (a company, yourself), set SSL_CERT_FILE to the issuer's"
            " PEM file; if the name does not match, check base_url",
        )
    reason = (error.reason or "unknown reason").replace("_", " ").lower()
    if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        return TLSFailed(
            f"{peer} does not speak TLS ({reason})", cure="use http:// in base_url, or the TLS port"
        )
    return TLSFailed(
        f"{peer}: the TLS handshake failed: {reason}", cure="check base_url and the server's TLS set-up"
    )


def _handshake_cut(peer: str) -> TLSFailed:
    return TLSFailed(
        f"{peer} closed the connection during the TLS handshake",
        cure="does this port speak TLS? check base_url, and a firewall on the way",
    )


def connect_timeout(peer: str, seconds: float) -> ConnectTimeout:
    """No connection in time."""
    return ConnectTimeout(
        f"{peer}: no connection within {seconds:g} s",
        cure="check base_url and the network, or raise timeout.connect",
    )


def first_byte_timeout(peer: str, seconds: float, *, sent: bool = True) -> FirstByteTimeout:
    """No complete response head in time; `sent`: the request had left."""
    if not sent:
        return FirstByteTimeout(
            f"{peer} took no more of the request for {seconds:g} s, and did not answer", cure="try again"
        )
    return FirstByteTimeout(
        f"{peer}: the request was sent and no response came within {seconds:g} s",
        cure="the model may still be thinking: raise timeout.first_byte, or try again",
    )


def idle_timeout(peer: str, seconds: float) -> IdleTimeout:
    """The body went silent."""
    return IdleTimeout(
        f"{peer}: the response went silent for {seconds:g} s before it was complete",
        cure="try again, or raise timeout.idle if the model thinks that long",
    )


def disconnected(peer: str, when: str) -> Disconnected:
    """The peer closed too early; `when` completes the sentence."""
    return Disconnected(
        f"{peer} closed the connection {when}",
        cure="try again; if it stays so, look at the server or a proxy between",
    )


def given_up(peer: str) -> Disconnected:
    """This side closed the connection while something still wanted to use it."""
    return Disconnected(f"the connection to {peer} was closed by this side", cure="start the call again")


def bad_response(
    peer: str, what: str, cure: str = "check base_url: does it point at the API?"
) -> BadResponse:
    """What came is not what HTTP allows."""
    return BadResponse(f"{peer}: {what}", cure=cure)


def limit_exceeded(peer: str, what: str) -> LimitExceeded:
    """Something is larger than allowed; `what` says what, and the limit."""
    return LimitExceeded(f"{peer}: {what}", cure="check base_url: does it point at the API?")


def head_too_large(peer: str) -> LimitExceeded:
    """More headers than allowed, or larger ones."""
    return limit_exceeded(
        peer, f"the response's headers are larger than {HEADER_BYTES // 1024} KiB or more than {HEADER_COUNT}"
    )


def _errno_of(error: BaseException) -> int | None:
    """The errno, also where asyncio only left it in the text ("Multiple exceptions: ...")."""
    if not isinstance(error, OSError):
        return None
    if error.errno is not None:
        return error.errno
    found = _ERRNO.search(str(error))
    return int(found.group(1)) if found else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it groups, and what caused it; the outermost first."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.extend((current.__cause__, current.__context__))

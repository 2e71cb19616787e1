"""A guard that forbids connections to anything but this machine."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = frozenset({"localhost", "testserver", ""})
"""Names of this machine; `testserver` is that of Starlette's and httpx's in-process clients."""


class ConnectionForbidden(AssertionError):
    """A test tried to reach another machine."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"a test tried to reach {host}: only this machine is allowed (run it against the simulator, or"
            " mark it `live` to let it out)"
        )
        self.host = host


@contextmanager
def forbid_connections() -> Iterator[None]:
    """Within it, connecting to another machine, or looking up its name, raises `ConnectionForbidden`.

    Loopback and Unix sockets work. Sockets that are not Python's own (uvloop's) are not seen.
    """
    real = (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)
    connect, connect_ex, getaddrinfo = real

    def guarded_connect(self: socket.socket, address: Any, /) -> None:
        _check(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any, /) -> int:
        _check(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        _check((host.decode() if isinstance(host, bytes) else host,))
        return getaddrinfo(host, *arguments, **options)

    _put(guarded_connect, guarded_connect_ex, guarded_getaddrinfo)
    try:
        yield
    finally:
        _put(*real)


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in NAMES


def _put(connect: Any, connect_ex: Any, getaddrinfo: Any) -> None:
    for owner, name, function in (
        (socket.socket, "connect", connect),
        (socket.socket, "connect_ex", connect_ex),
        (socket, "getaddrinfo", getaddrinfo),
    ):
        setattr(owner, name, function)


def _check(address: Any) -> None:
    host = address[0] if isinstance(address, tuple) and address else None
    if isinstance(host, str) and not is_loopback(host):
        raise ConnectionForbidden(host)

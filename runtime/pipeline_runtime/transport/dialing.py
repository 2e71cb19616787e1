"""Opens one connection: names, TCP, TLS, and errors in words."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, TypeVar

from pipeline_runtime.transport.address import Address, is_literal
from pipeline_runtime.transport.failures import connect_failed, connect_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.BaseProtocol)

_NEXT_ADDRESS_SECONDS = 1.0
"""How long one of a name's several addresses may take: an IPv6 that leads nowhere must not take it all."""
_NO_LIMIT = 86_400.0
"""The handshake's own limit must not come before ours: it says less."""


async def dial(
    address: Address, context: ssl.SSLContext | None, factory: Callable[[], AnyProtocol], seconds: float
) -> AnyProtocol:
    """Connect within `seconds`, TLS included, and give the protocol that `factory` made.

    Raises:
        ConnectFailed, TLSFailed, ConnectTimeout: no connection.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _dial(address, context, factory)
    except TimeoutError as error:
        raise connect_timeout(address.peer, seconds) from error
    except (OSError, UnicodeError, EOFError) as error:
        raise connect_failed(error, address.peer, tls=address.tls) from error


async def _dial(
    address: Address, context: ssl.SSLContext | None, factory: Callable[[], AnyProtocol]
) -> AnyProtocol:
    """Connect to the first of the name's addresses that answers.

    One after the other: asyncio's race (`happy_eyeballs_delay`) leaks sockets in Python 3.11 when cancelled.
    """
    hosts = await _hosts(address)
    for number, host in enumerate(hosts, start=1):
        connecting = _connect(host, address, context, factory)
        if number == len(hosts):
            return await connecting
        try:
            async with asyncio.timeout(_NEXT_ADDRESS_SECONDS):
                return await connecting
        except ssl.SSLError:
            raise
        except OSError:
            continue
    raise AssertionError("the last address returns or raises")


async def _connect(
    host: str, address: Address, context: ssl.SSLContext | None, factory: Callable[[], AnyProtocol]
) -> AnyProtocol:
    _, connection = await asyncio.get_running_loop().create_connection(
        factory,
        host,
        address.port,
        ssl=context,
        server_hostname=address.host if context else None,
        ssl_handshake_timeout=_NO_LIMIT if context else None,
    )
    return connection


async def _hosts(address: Address) -> list[str]:
    """The addresses of the name; a literal needs no look-up, and so no thread."""
    if is_literal(address.host):
        return [address.host]
    found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)) or [address.host]

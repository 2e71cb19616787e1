"""Opens connections and keeps the unused ones for the next request."""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline_runtime.transport.address import Address, is_literal
from pipeline_runtime.transport.connection import Connection
from pipeline_runtime.transport.failures import connect_failed, connect_timeout
from pipeline_runtime.transport.settings import IDLE_CONNECTIONS, KEEPALIVE_SECONDS, READ_BUFFER
from pipeline_runtime.transport.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Callable

_NEXT_ADDRESS_SECONDS = 1.0
"""How long one of a name's several addresses may take: an IPv6 that leads nowhere must not take it all."""


_NO_LIMIT = 86_400.0
"""The handshake's own limit must not come before ours: it says less."""


class Pool:
    """All connections of one transport. Those in use are not limited: someone watches each."""

    def __init__(self, verify: ssl.SSLContext | None) -> None:
        self._context = verify
        self._idle: dict[Address, list[Connection]] = defaultdict(list)
        self._live: set[Connection] = set()
        self._buffer = memoryview(bytearray(READ_BUFFER))

    async def acquire(self, address: Address, seconds: float, *, fresh: bool = False) -> Connection:
        """A connection to `address`: a kept one that is still good (unless `fresh`), else a new one.

        Raises:
            ConnectFailed, TLSFailed, ConnectTimeout: no connection.
        """
        if not fresh:
            kept = self._kept(address)
            if kept is not None:
                return kept
        return await self._open(address, seconds)

    async def aclose(self) -> None:
        """Close every connection, used or not, and wait until the sockets are closed."""
        live = list(self._live)
        for connection in live:
            connection.abort()
        if live:
            await asyncio.wait([connection.closed for connection in live])

    def _kept(self, address: Address) -> Connection | None:
        idle = self._idle.get(address, [])
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if (
                connection.alive
                and now - connection.idle_since < KEEPALIVE_SECONDS
                and not _readable(connection)
            ):
                connection.reused = True
                return connection
            connection.abort()
        return None

    async def _open(self, address: Address, seconds: float) -> Connection:
        loop = asyncio.get_running_loop()

        def keep(connection: Connection) -> None:
            connection.idle_since = loop.time()
            idle = self._idle[address]
            idle.append(connection)
            if len(idle) > IDLE_CONNECTIONS:
                idle.pop(0).abort()

        def forget(connection: Connection) -> None:
            self._live.discard(connection)
            if connection in self._idle[address]:
                self._idle[address].remove(connection)

        context = await self._context_for(address)
        try:
            async with asyncio.timeout(seconds):
                connection = await _dial(
                    address, context, lambda: Connection(address.peer, keep, forget, self._buffer)
                )
        except TimeoutError as error:
            raise connect_timeout(address.peer, seconds) from error
        except (OSError, UnicodeError, EOFError) as error:
            raise connect_failed(error, address.peer, tls=address.tls) from error
        self._live.add(connection)
        return connection

    async def _context_for(self, address: Address) -> ssl.SSLContext | None:
        if not address.tls:
            return None
        if self._context is None:
            self._context = await asyncio.to_thread(make_context)  # reads a file of 200 KB
        return self._context


async def _dial(
    address: Address, context: ssl.SSLContext | None, factory: Callable[[], Connection]
) -> Connection:
    """Connect to the first of the name's addresses that answers.

    One after the other: asyncio's race (`happy_eyeballs_delay`) leaks sockets in Python 3.11 when cancelled.
    """
    loop = asyncio.get_running_loop()
    hosts = await _hosts(address)
    for number, host in enumerate(hosts, start=1):
        last = number == len(hosts)
        try:
            async with asyncio.timeout(None if last else _NEXT_ADDRESS_SECONDS):
                _, connection = await loop.create_connection(
                    factory,
                    host,
                    address.port,
                    ssl=context,
                    server_hostname=address.host if context else None,
                    ssl_handshake_timeout=_NO_LIMIT if context else None,
                )
                return connection
        except ssl.SSLError:
            raise
        except OSError:
            if last:
                raise
    raise AssertionError("the last address returns or raises")


async def _hosts(address: Address) -> list[str]:
    """The addresses of the name; a literal needs no look-up, and so no thread."""
    if is_literal(address.host):
        return [address.host]
    found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)) or [address.host]


def _readable(connection: Connection) -> bool:
    """Whether an unused connection has something to read: then it is the peer's goodbye, or no answer."""
    number = connection.socket_number()
    if number < 0:
        return True
    poll = select.poll()
    poll.register(number, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))

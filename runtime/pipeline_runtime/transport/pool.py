"""Opens connections and keeps the unused ones for the next request."""

from __future__ import annotations

import asyncio
import select
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from pipeline_runtime.transport.connection import Connection
from pipeline_runtime.transport.dialing import dial
from pipeline_runtime.transport.settings import IDLE_CONNECTIONS, KEEPALIVE_SECONDS, READ_BUFFER
from pipeline_runtime.transport.tls import make_context

if TYPE_CHECKING:
    import ssl

    from pipeline_runtime.transport.address import Address


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
        context = await self._context_for(address)
        connection = await dial(address, context, partial(Connection, address, self, self._buffer), seconds)
        self._live.add(connection)
        return connection

    def keep(self, connection: Connection) -> None:
        """An exchange is over (implements `connection.Keeper`)."""
        connection.idle_since = asyncio.get_running_loop().time()
        idle = self._idle[connection.address]
        idle.append(connection)
        if len(idle) > IDLE_CONNECTIONS:
            idle.pop(0).abort()

    def forget(self, connection: Connection) -> None:
        """A connection is closed."""
        self._live.discard(connection)
        if connection in self._idle[connection.address]:
            self._idle[connection.address].remove(connection)

    async def _context_for(self, address: Address) -> ssl.SSLContext | None:
        if not address.tls:
            return None
        if self._context is None:
            self._context = await asyncio.to_thread(make_context)  # reads a file of 200 KB
        return self._context


def _readable(connection: Connection) -> bool:
    """Whether an unused connection has something to read: then it is the peer's goodbye, or no answer."""
    number = connection.socket_number()
    if number < 0:
        return True
    poll = select.poll()
    poll.register(number, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))

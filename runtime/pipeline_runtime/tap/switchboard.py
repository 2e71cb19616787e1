"""Connects a client's requests with upstreams: its last connection is kept for its next request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline_runtime.errors import ConnectFailed
from pipeline_runtime.tap.tunnel import tunnel
from pipeline_runtime.tap.upstream import UpstreamLink
from pipeline_runtime.transport.address import is_loopback
from pipeline_runtime.transport.dialing import dial
from pipeline_runtime.transport.proxies import proxy_for
from pipeline_runtime.transport.settings import READ_BUFFER
from pipeline_runtime.transport.tls import make_context

if TYPE_CHECKING:
    import ssl

    from pipeline_runtime.transport.address import Address

CONNECT_SECONDS = 60.0


class Dialer:
    """Opens connections to upstreams, verified; shared by all clients."""

    def __init__(self, verify: ssl.SSLContext | None) -> None:
        """`verify`: the TLS context; `None`: one that verifies is made when first needed."""
        self.own_port = 0
        """The tap's: what it must not call."""
        self._context = verify
        self._buffer = memoryview(bytearray(READ_BUFFER))

    async def dial(self, address: Address) -> UpstreamLink:
        """A new connection, through the environment's proxy where it names one.

        Raises:
            TransportError: There is none.
        """
        if address.port == self.own_port and is_loopback(address.host):
            raise ConnectFailed(
                "the upstream is the tap itself", cure="point --upstream, or the path, at the provider"
            )
        context = None
        if address.tls:
            if self._context is None:
                self._context = await asyncio.to_thread(make_context)
            context = self._context
        proxy = proxy_for(address)
        if proxy is None:
            return await dial(address, context, lambda: UpstreamLink(address, self._buffer), CONNECT_SECONDS)
        link = UpstreamLink(address, self._buffer)
        await tunnel(link, proxy, context, CONNECT_SECONDS)
        return link


class Switchboard:
    """Of one client's connection."""

    def __init__(self, dialer: Dialer) -> None:
        self.link: UpstreamLink | None = None
        self._dialer = dialer

    @property
    def was_kept(self) -> bool:
        """Whether its connection has served a request before."""
        return self.link is not None and self.link.used > 1

    async def connect(self, address: Address, *, fresh: bool = False) -> UpstreamLink:
        """The connection to `address`: the kept one, unless it is gone or must be `fresh`.

        Raises:
            TransportError: There is none.
        """
        link = self.link
        if link is not None and link.free and link.address == address and not fresh:
            return link
        self.abort()
        self.link = link = await self._dialer.dial(address)
        return link

    def abort(self) -> None:
        """Close its connection at once."""
        link, self.link = self.link, None
        if link is not None:
            link.abort()

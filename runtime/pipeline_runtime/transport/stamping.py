"""An httpcore network backend that stamps every socket read, around httpcore's own."""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING, Any, cast

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable


class StampedStream(httpcore.AsyncNetworkStream):
    """A network stream that knows when its last read came."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self.at = 0
        """`time.monotonic_ns()` of the last read."""
        self.hungry: set[Callable[[], None]] = set()
        """Called when everything read so far has been parsed and more is wanted."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's API
        """One read of the socket, stamped."""
        for callback in tuple(self.hungry):
            callback()
        data = await self._inner.read(max_bytes, timeout)
        self.at = monotonic_ns()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's API
        """As it is."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """As it is."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's API
    ) -> httpcore.AsyncNetworkStream:
        """The encrypted stream, stamped too."""
        try:
            return StampedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            await self._inner.aclose()  # httpcore forgets the socket of a cancelled handshake
            raise

    def get_extra_info(self, info: str) -> Any:
        """`stamped` gives this stream, wherever httpcore wrapped it."""
        return self if info == "stamped" else self._inner.get_extra_info(info)


class StampingBackend(httpcore.AsyncNetworkBackend):
    """Opens stamped streams."""

    def __init__(self) -> None:
        # httpcore names a stand-in where anyio is missing, which confuses type checkers.
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's API
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream, stamped."""
        return StampedStream(
            await self._inner.connect_tcp(host, port, timeout, local_address, socket_options=socket_options)
        )

    async def sleep(self, seconds: float) -> None:
        """As it is."""
        await self._inner.sleep(seconds)

"""uvicorn in a thread of its own, on a socket that is already bound."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import uvicorn

from pipeline_runtime.simulator.app import build_app

if TYPE_CHECKING:
    import socket

    from starlette.types import Scope

    from pipeline_runtime.simulator.books import Books
    from pipeline_runtime.simulator.registry import Registry

_KEEP_ALIVE = 75
_LONGEST_CLOSE = 5.0


class _Server(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.accepting.set()


class Host:
    """A running server. Made to run at once; ends with `close`."""

    def __init__(
        self, listener: socket.socket, registry: Registry, books: Books, *, time_scale: float
    ) -> None:
        app = build_app(registry, books, cut=self._cut, time_scale=time_scale)
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE,
            )
        )
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._thread.start()
        self._server.accepting.wait()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Close every connection, whatever is under way on it, and wait for the thread to end."""
        loop = self._server.loop
        if loop is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(self._stop)
        self._thread.join(_LONGEST_CLOSE)

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listener]))
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits for the start
            self._failure = error
        finally:
            self._server.accepting.set()

    def _stop(self) -> None:
        self._server.should_exit = True
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()

    def _cut(self, scope: Scope) -> None:
        """Close the connection that a request came on; what was written to it is still delivered."""
        for connection in self._server.server_state.connections:
            if connection.transport.get_extra_info("peername") == scope["client"]:
                connection.transport.close()
                return

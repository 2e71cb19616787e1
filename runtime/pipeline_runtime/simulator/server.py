"""The simulator as a thing to start, ask for URLs, and close."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError
from pipeline_runtime.simulator.addresses import BASE_PATHS
from pipeline_runtime.simulator.books import Books

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from pipeline_runtime.simulator.hosting import Host
    from pipeline_runtime.simulator.registry import Registry
    from pipeline_runtime.simulator.scenario import Scenario

HOST = "127.0.0.1"
"""The one address that the simulator ever listens on."""


class Simulator:
    """A loopback HTTP server that answers as providers do.

    A context manager, sync and async: it listens from `__enter__` to `close`.

    Args:
        port: 0 for a free one.
        folders: scenario files beside the bundled ones; the same name wins over a bundled one.
        time_scale: what all waits are multiplied with: 0 plays everything as fast as possible.
    """

    def __init__(self, *, port: int = 0, folders: Sequence[Path] = (), time_scale: float = 1.0) -> None:
        self._wanted_port = port
        self._folders = tuple(folders)
        self._time_scale = time_scale
        self._books = Books()
        self._known: Registry | None = None
        self._host: Host | None = None
        self._port: int | None = None

    def start(self) -> Self:
        """Listen; returns when connections are accepted.

        Raises:
            InputError: the port is taken or not allowed, or a folder is not there.
        """
        from pipeline_runtime.simulator.hosting import Host  # noqa: PLC0415 - Starlette and uvicorn load here

        registry = self._registry
        listener = _listen(self._wanted_port)
        self._port = listener.getsockname()[1]
        self._host = Host(listener, registry, self._books, time_scale=self._time_scale)
        return self

    def close(self) -> None:
        """Stop listening and end every open response; well under a second. A second call does nothing."""
        host, self._host = self._host, None
        if host is not None:
            host.close()

    @property
    def port(self) -> int:
        """The port that it listens on.

        Raises:
            RuntimeError: it was not started.
        """
        if self._port is None:
            raise RuntimeError("the simulator was not started: use it as a context manager")
        return self._port

    @property
    def requests(self) -> dict[str, int]:
        """How many requests each scenario had."""
        return self._books.requests

    @property
    def open_streams(self) -> int:
        """How many responses are under way."""
        return self._books.open

    def wait_for_streams(self, count: int, timeout: float = 5.0) -> bool:
        """Wait until exactly `count` responses are under way; False: not within `timeout` seconds."""
        return self._books.wait_for_open(count, timeout)

    def base_url(self, scenario: str | None, protocol: str) -> str:
        """What to give a client as its base URL.

        Args:
            scenario: its key; `None` for the default one.
            protocol: `anthropic`, `openai-chat`, `openai-responses`, `gemini` or `ollama`.

        Raises:
            InputError: there is no such scenario or protocol.
        """
        if protocol not in BASE_PATHS:
            raise InputError(
                f"the simulator does not speak {protocol!r}", cure=f"use one of {', '.join(BASE_PATHS)}"
            )
        if scenario is not None:
            self._registry.check(scenario)
        prefix = f"/{scenario}" if scenario is not None else ""
        return f"http://{HOST}:{self.port}{prefix}{BASE_PATHS[protocol]}"

    def names(self) -> list[str]:
        """The keys of all scenarios."""
        return self._registry.names()

    def add(self, scenario: Scenario, key: str | None = None) -> str:
        """Take in a scenario while running.

        Args:
            scenario: how to answer.
            key: replaces what is there under it; `None`: a new key made of the scenario's name.

        Returns:
            The key, for `base_url`; its requests count from 0.
        """
        return self._registry.add(scenario, key)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    @property
    def _registry(self) -> Registry:
        if self._known is None:
            from pipeline_runtime.simulator.registry import Registry  # noqa: PLC0415 - pydantic loads here

            self._known = Registry(self._folders)
        return self._known


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"the simulator cannot listen on {HOST}:{port}: {reason}",
            cure="choose another port, or 0 for a free one",
        ) from error
    return listener

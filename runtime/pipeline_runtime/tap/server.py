"""The tap as a thing to start, to take runs from, and to close."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import TYPE_CHECKING

from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.errors import ConnectFailed, InputError
from pipeline_runtime.faults import read_run_faults
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.tap.client import ClientConnection
from pipeline_runtime.tap.errors import told
from pipeline_runtime.tap.heads import own_answer, refusal
from pipeline_runtime.tap.keys import masker_for
from pipeline_runtime.tap.passage import Passage, first_of
from pipeline_runtime.tap.recognising import recognise
from pipeline_runtime.tap.routing import NoRoute, Router
from pipeline_runtime.tap.run import TapRun
from pipeline_runtime.tap.switchboard import Dialer, Switchboard

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.errors import PipelineError
    from pipeline_runtime.handlers.contract import HandlerLike
    from pipeline_runtime.tap.request import IncomingRequest

HOST = "127.0.0.1"
"""The one address that the tap ever listens on."""
MOST_UNSEEN = 100
"""Runs that wait for somebody to iterate `runs`; older ones are in their run logs."""


class TapServer:
    """A reverse proxy on loopback whose requests become runs. An async context manager.

    Args:
        port: 0 for a free one.
        upstream: The base URL that every request goes to; `None`: by the first part of its path.
        named: Base URLs by the first part of the path, beside the built-in providers or instead of one.
        logs: The folder of the run logs; `None`: the usual one.
        keep_log: Whether to keep run logs at all.
        environ: Where keys that must never be shown are looked for; `None`: the process's environment.
        handlers: Receive the events of every run.
        make_gate: Makes the gate of each run; `None`: nothing is ever held.
        verify: The TLS context towards upstreams; `None`: one that verifies.
        faults: What goes wrong on purpose in the responses that clients get: see `faults`.
        on_refused: Told of each request that goes nowhere and is no run: what it asked for, and why not.

    Raises:
        InputError: An upstream is no base URL, or a fault is none.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        upstream: str | None = None,
        named: Mapping[str, str] | None = None,
        logs: Path | None = None,
        keep_log: bool = True,
        environ: Mapping[str, str] | None = None,
        handlers: tuple[HandlerLike, ...] = (),
        make_gate: Callable[[], Gate] | None = None,
        verify: ssl.SSLContext | None = None,
        faults: Sequence[str] = (),
        on_refused: Callable[[str, PipelineError], None] | None = None,
    ) -> None:
        self.router = Router(upstream, named)
        self._wanted_port = port
        self._logs = (logs or runs_dir()) if keep_log else None
        self._environ = os.environ if environ is None else environ
        self._handlers = handlers
        self._make_gate = make_gate
        self._on_refused = on_refused
        self._dialer = Dialer(verify)
        self._server: asyncio.Server | None = None
        self._clients: dict[ClientConnection, asyncio.Task[None]] = {}
        self._runs: set[TapRun] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._unseen: deque[TapRun] = deque(maxlen=MOST_UNSEEN)
        self._more = asyncio.Event()
        self._closed = False
        self._faults: tuple[str, ...] = ()
        self._met = 0
        self.faults = tuple(faults)

    # --- using --------------------------------------------------------------------------------------------

    async def start(self) -> Self:
        """Listen.

        Raises:
            InputError: The port is taken, or not allowed.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: ClientConnection(self._client_came, self._client_went), HOST, self._wanted_port
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"the tap cannot listen on {HOST}:{self._wanted_port}: {reason}",
                cure="choose another port, or 0 for a free one",
            ) from error
        self._dialer.own_port = self.port
        return self

    async def close(self) -> None:
        """Stop listening, close every connection, and wait for the runs to end. Twice does no more."""
        if self._closed:
            return
        self._closed = True
        if self._server is not None:
            self._server.close()
        for run in list(self._runs):
            run.cancel()
            if run.gate is not None:
                run.gate.abandon()
        tasks = list(self._clients.values())
        for client in list(self._clients):
            client.abort()
        if ending := [*tasks, *self._endings]:
            await asyncio.wait(ending)
        self._more.set()

    @property
    def port(self) -> int:
        """The port that it listens on.

        Raises:
            RuntimeError: It was not started.
        """
        if self._server is None:
            raise RuntimeError("the tap was not started: use it as an async context manager")
        return int(self._server.sockets[0].getsockname()[1]) if self._server.sockets else self._wanted_port

    @property
    def open_requests(self) -> int:
        """How many requests are under way."""
        return len(self._runs)

    def base_url(self, name: str | None = None) -> str:
        """What to give a client as its base URL; `name`: a provider's, unless there is one upstream."""
        path = "" if self.router.single is not None or name is None else f"/{name}"
        return f"http://{HOST}:{self.port}{path}"

    @property
    def faults(self) -> tuple[str, ...]:
        """What goes wrong on purpose, as in `docs/faults.md`, from the next request on.

        The client gets the response with the faults in it, and so does the run log.
        """
        return self._faults

    @faults.setter
    def faults(self, faults: Sequence[str]) -> None:
        """Change them; faults that count requests begin to count anew.

        Raises:
            InputError: One of them is none, or one that only a scenario can have; nothing is changed.
        """
        read_run_faults(faults)
        self._faults, self._met = tuple(faults), 0

    async def runs(self) -> AsyncGenerator[TapRun, None]:
        """Every run as it begins, from the first one on, until the tap is closed. For one consumer."""
        while True:
            while self._unseen:
                yield self._unseen.popleft()
            if self._closed:
                return
            self._more.clear()
            await self._more.wait()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- serving ------------------------------------------------------------------------------------------

    def _client_came(self, client: ClientConnection) -> None:
        if self._closed:
            client.abort()
            return
        self._clients[client] = asyncio.create_task(self._serve(client), name=f"tap client {client.name}")

    def _client_went(self, client: ClientConnection) -> None:
        """Its task ends by itself: it is told, and every wait of it with it."""

    async def _serve(self, client: ClientConnection) -> None:
        switchboard = Switchboard(self._dialer)
        try:
            while (request := await client.requests.get()) is not None:
                if not client.closing:
                    await self._pass(request, client, switchboard)
        finally:
            switchboard.abort()
            client.abort()
            self._clients.pop(client, None)

    async def _pass(
        self, request: IncomingRequest, client: ClientConnection, switchboard: Switchboard
    ) -> None:
        why = refusal(request.head)
        if why is not None:
            error = InputError(f"refused: {why}", cure="only programs of this machine may use the tap")
            self._refuse(request, client, error, own_answer(403, "Forbidden", told(error, "forbidden")))
            return
        try:
            route = self.router.route(request.head.target)
        except NoRoute as error:
            self._refuse(request, client, error, own_answer(404, "Not Found", told(error, "no_upstream")))
            return
        faults = self._faults
        passage = Passage(request, client, route, switchboard, gives=bool(faults))
        gate = self._make_gate() if self._make_gate is not None else None
        if faults or (gate is not None and (len(gate.breakpoints) or gate.is_paused())):
            await passage.hold_request()
        else:
            passage.begin()
            await first_of(request.ended.wait(), passage.stirred.wait())
        self._watch(passage, gate, faults)
        await passage.finish()

    def _refuse(
        self, request: IncomingRequest, client: ClientConnection, error: PipelineError, answer: bytes
    ) -> None:
        client.write(answer)
        client.close()
        if self._on_refused is not None:
            path = request.head.target.partition("?")[0]  # a query, or a whole URL, may hold a key
            asked = path if path.startswith("/") else "of a whole URL"
            self._on_refused(f"{request.head.method} {asked}", error)

    def _watch(self, passage: Passage, gate: Gate | None, faults: tuple[str, ...]) -> None:
        """Make the run of it, and let it see the passage to its end."""
        request = passage.request
        setting = Setting(
            mode="tap",
            note=f"tapped from {request.head.get('user-agent') or passage.client.name}",
            environ=self._environ,
            logs=self._logs,
            masker=masker_for(request.head, self._environ),
            console=None,
            handlers=self._handlers,
            remember=False,
            gate=gate,
            faults=faults,
        )
        run = TapRun(passage, recognise(request.head, request.body), setting, sent=self._met)
        self._met += 1
        run.start()
        self._runs.add(run)
        self._unseen.append(run)
        self._more.set()
        ending = asyncio.create_task(self._end(run, passage), name=f"tap end {run.id}")
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _end(self, run: TapRun, passage: Passage) -> None:
        """A run that ends before its request was sent on (a cancel at the gate) is told to the client."""
        await run.wait()
        self._runs.discard(run)
        if not passage.begun:
            passage.fail(ConnectFailed("the request was held back and then cancelled here", cure="ask again"))
        passage.discard()
        await passage.over.wait()
        passage.request.forget()

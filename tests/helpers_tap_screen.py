"""The Tap screen in the app, a server whose streams go on when a test lets them, and tapped runs by script."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.widgets import Static

from helpers_shell import until
from helpers_tap import BODY, END, SSE, client_of, delta, post
from helpers_transport import http_chunk
from helpers_tui import Script, ScriptedRun
from pipeline_runtime.tap import TapServer
from pipeline_tui.screens.tap import TapScreen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from textual.pilot import Pilot

    from helpers_tap import Client
    from helpers_transport import Peer
    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.app import PipelineApp
    from pipeline_tui.tap_desk import TapDesk
    from pipeline_tui.taps import TapEntry

PORT = 41235
FIRST = SSE + http_chunk(delta("one"))
REST = http_chunk(delta(" two") + END) + b"0\r\n\r\n"
ASK = post("/v1/chat/completions", BODY, b"User-Agent: script/1")


class Streams:
    """Answers each request with a word, and with the rest of the stream when it may."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.bodies: list[bytes] = []
        self.peers: list[Peer] = []

    async def __call__(self, peer: Peer) -> None:
        self.peers.append(peer)
        self.bodies.append((await peer.request())[1])
        await peer.send(FIRST)
        gone = asyncio.create_task(peer.until_gone())
        may = asyncio.create_task(self.may.wait())
        await asyncio.wait([gone, may], return_when=asyncio.FIRST_COMPLETED)
        if not gone.done():
            await peer.send(REST)
            await gone
        may.cancel()


async def opened(pilot: Pilot[Any], *, key: str | None = "t") -> TapScreen:
    """The Tap screen, opened by its key; `None`: the app begins there."""
    app = pilot.app
    if key is not None:
        await until(pilot, lambda: app.workflows.has_read)
        await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, TapScreen) and app.screen.is_mounted)
    assert isinstance(app.screen, TapScreen)
    return app.screen


async def listening(pilot: Pilot[Any], screen: TapScreen) -> TapDesk:
    """The desk, when its tap listens and that is shown."""
    desk: TapDesk = pilot.app.tap
    await until(pilot, lambda: desk.port is not None and f":{desk.port}" in text(screen, "#tap-head"))
    return desk


def text(screen: TapScreen, selector: str) -> str:
    """The text of a label."""
    return str(screen.query_one(selector, Static).content)


def toasts(pilot: Pilot[Any]) -> list[str]:
    """What was told."""
    return [notification.message for notification in pilot.app._notifications]


def client(desk: TapDesk) -> AbstractAsyncContextManager[Client]:
    """A connection to the tap."""
    tap = desk._tap
    assert tap is not None
    return client_of(tap)


def how(desk: TapDesk) -> list[str]:
    """How every request stands."""
    return [entry.row().how() for entry in desk.entries]


async def begun(pilot: Pilot[Any], desk: TapDesk, entries: int = 1) -> TapEntry:
    """The newest request, when so many have had their first word."""
    await until(
        pilot, lambda: len(desk.entries) >= entries and all(entry.pane.deltas for entry in desk.entries)
    )
    return desk.entries[-1]


class StillTap(TapServer):
    """A tap that would listen on the port of all pictures."""

    @property
    def port(self) -> int:
        return PORT


class TappedScript(ScriptedRun):
    """A tapped run that is written down: what the screen asks of a run, beside its events."""

    def __init__(
        self, model: str, *, path: str = "/openai/v1/chat/completions", client: str = "my-agent/7"
    ) -> None:
        super().__init__(Script("request", mode="tap"))
        self.model = model
        self.inputs = {
            "method": "POST",
            "path": path,
            "upstream": "https://api.openai.com",
            "client": client,
        }

    @property
    def asked(self) -> TappedScript:
        """What names its model."""
        return self

    def begin(
        self, provider: str = "openai", protocol: str = "openai-chat", status: int = 200
    ) -> list[AnyEvent]:
        """Up to the answer's head."""
        script = self.script
        return [
            script.start(),
            script.step("request", provider, self.model, protocol),
            script.attempt("request"),
            script.wait(300).opened("request", status),
        ]

    async def batches(self) -> AsyncIterator[list[AnyEvent]]:
        async for batch in super().batches():
            yield batch


def show_scripts(app: PipelineApp, *runs: TappedScript) -> None:
    """Have the desk keep these as requests that go through a tap that is on."""
    from pipeline_tui.taps import TapEntry

    desk = app.tap
    desk._tap = StillTap()
    for number, run in enumerate(runs, 1):
        entry = TapEntry(number, run, lambda: 0)  # type: ignore[arg-type]
        for event in run.history():
            entry._take([event])
        desk.entries.append(entry)
    desk.total = len(runs)

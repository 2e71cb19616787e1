"""Plays a reply on a connection: the only place where the simulator waits and writes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from pipeline_runtime.simulator.script import Cut, Send, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope
    from starlette.types import Send as SendMessage

    from pipeline_runtime.simulator.script import Reply


class Player:
    """An ASGI response that follows a plan and stops at once when the client leaves."""

    def __init__(self, reply: Reply, *, cut: Callable[[Scope], None], time_scale: float) -> None:
        self._reply = reply
        self._cut = cut
        self._time_scale = time_scale
        self._due = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Play the reply to its end, or until the client is gone."""
        playing = asyncio.ensure_future(self._play(scope, send))
        watching = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                playing.result()
        finally:
            for task in (playing, watching):
                task.cancel()
            await asyncio.wait({playing, watching})

    async def _play(self, scope: Scope, send: SendMessage) -> None:
        self._due = asyncio.get_running_loop().time()
        plan = self._reply.plan
        await self._wait(plan.before)
        await send({"type": "http.response.start", "status": self._reply.status, "headers": self._headers()})
        for action in plan.actions:
            if isinstance(action, Wait):
                await self._wait(action.seconds)
            elif isinstance(action, Send):
                await send({"type": "http.response.body", "body": action.data, "more_body": True})
            elif isinstance(action, Cut):
                self._cut(scope)
                await asyncio.Event().wait()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _wait(self, seconds: float) -> None:
        """Wait by the schedule, not from now: small delays of the machine do not add up."""
        self._due += seconds * self._time_scale
        await asyncio.sleep(max(0.0, self._due - asyncio.get_running_loop().time()))

    def _headers(self) -> list[tuple[bytes, bytes]]:
        headers = list(self._reply.headers)
        if not self._reply.streamed:
            body = [action.data for action in self._reply.plan.actions if isinstance(action, Send)]
            cut = any(isinstance(action, Cut) for action in self._reply.plan.actions)
            length = sum(map(len, body)) * (2 if cut else 1)
            headers.append(("content-length", str(length)))
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _until_gone(receive: Receive) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass

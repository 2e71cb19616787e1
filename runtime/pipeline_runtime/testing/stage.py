"""A transport without a socket: the simulator's answers, played in virtual time to the production code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from pipeline_runtime.simulator.anthropic_dialect import AnthropicDialect
from pipeline_runtime.simulator.gemini_dialect import GeminiDialect
from pipeline_runtime.simulator.ollama_dialect import OllamaDialect
from pipeline_runtime.simulator.openai_dialect import OpenAIChatDialect
from pipeline_runtime.simulator.responses_dialect import OpenAIResponsesDialect
from pipeline_runtime.simulator.script import Send, Wait
from pipeline_runtime.transport.failures import disconnected, first_byte_timeout
from pipeline_runtime.transport.inbox import Inbox
from pipeline_runtime.transport.response import ServerResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.simulator.dialect import Dialect
    from pipeline_runtime.simulator.script import Action, Reply
    from pipeline_runtime.testing.script import Script
    from pipeline_runtime.testing.virtual_time import VirtualLoop
    from pipeline_runtime.transport import Timeouts

PEER = "scripted"
_PLAIN: dict[str, type[AnthropicDialect | OpenAIChatDialect | OpenAIResponsesDialect]] = {
    "anthropic": AnthropicDialect,
    "openai-chat": OpenAIChatDialect,
    "openai-responses": OpenAIResponsesDialect,
}


class Stage:
    """Implements `stream.sender.Sender`: answers each request as the script says."""

    def __init__(self, script: Script, protocol: str, loop: VirtualLoop) -> None:
        self._script = script
        self._protocol = protocol
        self._loop = loop
        self._requests = 0

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> ServerResponse:
        """See `Sender.send`.

        Raises:
            FirstByteTimeout: the script is silent for longer than `timeouts.first_byte`.
        """
        sent_at = self._loop.clock()
        dialect = dialect_of(self._protocol, request)
        reply = self._script.reply(dialect, request.body, self._requests)
        self._requests += 1
        if reply.plan.before > timeouts.first_byte:
            await asyncio.sleep(timeouts.first_byte)
            raise first_byte_timeout(PEER, timeouts.first_byte)
        await asyncio.sleep(reply.plan.before)
        return ServerResponse(
            _Playing(reply, self._loop, sent_at),
            status=reply.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers],
            http_version="HTTP/1.1",
            url=request.url,
            epoch=epoch,
            idle=timeouts.idle,
        )


class _Playing:
    """Implements `Received`: the plan's writes arrive in the inbox when they are due."""

    def __init__(self, reply: Reply, loop: VirtualLoop, sent_at: int) -> None:
        self.peer = PEER
        self.sent_at = sent_at
        self.opened_at = loop.clock()
        self.trailers: list[tuple[bytes, bytes]] = []
        self.inbox = Inbox(loop, lambda: None, lambda: None)
        self._loop = loop
        self._task = loop.create_task(self._play(reply.plan.actions))

    def abort(self) -> None:
        """The client leaves."""
        self._task.cancel()
        self.inbox.end()
        self.inbox.disarm()

    async def aclose(self) -> None:
        """The same, and wait."""
        self.abort()
        await asyncio.wait((self._task,))

    async def _play(self, actions: Sequence[Action]) -> None:
        due = self._loop.time()
        for action in actions:
            if isinstance(action, Wait):
                due += action.seconds
                await asyncio.sleep(max(0.0, due - self._loop.time()))
            elif isinstance(action, Send):
                self.inbox.put(self._loop.clock(), action.data)
            else:
                self.inbox.end(disconnected(PEER, "before the response was complete"))
                return
        self.inbox.end()


def dialect_of(protocol: str, request: HttpRequest) -> Dialect:
    """Who answers a request of this protocol.

    Raises:
        KeyError: there is no such protocol.
    """
    if protocol == "gemini":
        method = request.url.rpartition(":")[2]
        form: Literal["sse", "sync"] = "sse" if method.startswith("streamGenerateContent") else "sync"
        return GeminiDialect(request.url.rpartition("/models/")[2].partition(":")[0], form)
    return OllamaDialect("chat") if protocol == "ollama" else _PLAIN[protocol]()

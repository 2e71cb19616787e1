"""Runs against real loopback servers, and what must hold for every run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from helpers_transport import Peer, Server, serving
from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.events import AnyEvent, Delta, Event, RunFinished, RunStarted, StepFinished
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.simulator import Simulator
from pipeline_runtime.workflow import load_workflow_text

if TYPE_CHECKING:
    from helpers_transport import Script
    from pipeline_runtime.workflow import Workflow

KEY = "sk-planted-9c1d77aa03"
ENVIRON = {"LOCAL_KEY": KEY}
PATIENCE = 60.0
"""Only for tests that hang: nothing waits this long when it works."""
DONE = b"data: [DONE]\n\n"
Kind = TypeVar("Kind", bound=Event)


# --- fixtures: imported by the folders' conftest.py -------------------------------------------------------


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The real simulator, twenty times as fast."""
    with Simulator(time_scale=0.05) as running:
        yield running


@pytest.fixture(autouse=True)
async def no_task_left() -> AsyncIterator[None]:
    """A test leaves no task behind."""
    before = asyncio.all_tasks()
    yield
    for _ in range(5):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, left


# --- bodies -----------------------------------------------------------------------------------------------


def head(status: str = "200 OK", *headers: str, kind: str | None = "text/event-stream") -> bytes:
    """A response's head; the body ends with the connection."""
    lines = [f"HTTP/1.1 {status}", *headers, "connection: close"]
    lines += [f"content-type: {kind}"] if kind else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def piece(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """One openai-chat chunk."""
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    body = {"id": "chat-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def pieces(*texts: str) -> list[bytes]:
    """A whole stream, a part for each text, then its end."""
    return [*(piece(text) for text in texts), piece(finish="stop"), DONE]


def whole(text: str = "whole answer") -> bytes:
    """A sync answer."""
    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    body = {"id": "chat-1", "object": "chat.completion", "model": "m", "choices": [message], "usage": usage}
    return json.dumps(body).encode()


def replying(*parts: bytes) -> Script:
    """Answer every request with these parts, then close."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)

    return script


class InTurn:
    """Answers the n-th request with the n-th reply (the last one for all further ones)."""

    def __init__(self, *replies: bytes) -> None:
        self.replies = replies
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, peer: Peer) -> None:
        _, body = await peer.request()
        self.bodies.append(json.loads(body))
        await peer.send(self.replies[min(len(self.bodies), len(self.replies)) - 1])


# --- runs -------------------------------------------------------------------------------------------------


def workflow_for(server: Server | str, *steps: dict[str, Any], protocol: str = "openai-chat") -> Workflow:
    """A workflow whose provider `local` is at this server; steps are given by what is special in them."""
    url = server if isinstance(server, str) else server.url("/v1")
    defaults = {"provider": "local", "model": "m", "stream": True, "retry": {"attempts": 1, "backoff": 0.01}}
    given = steps or ({},)
    full = [{"id": f"s{n}", "prompt": "hello", **step} for n, step in enumerate(given, 1)]
    provider = {"protocol": protocol, "base_url": url, "api_key_env": "LOCAL_KEY"}
    provider |= {"headers": {"x-team": "${TEAM_TOKEN}"}} if "team" in str(steps) else {}
    source = {"defaults": defaults, "providers": {"local": provider}, "steps": full}
    return load_workflow_text(json.dumps(source), "test")


def live(workflow: Workflow, inputs: dict[str, Any] | None = None, **setting: Any) -> Run:
    """A run against real addresses."""
    options = {"mode": "live", "environ": ENVIRON, "console": None} | setting
    return Run(workflow, inputs or {}, Setting.of(workflow, **options))


def mocked(text: str, simulator: Simulator, inputs: dict[str, Any] | None = None, **setting: Any) -> Run:
    """A run of a workflow, given as YAML, against the simulator."""
    workflow = load_workflow_text("defaults: {provider: claude, model: m, stream: true}\n" + text, "test")
    options = {"mode": "mock", "simulator": simulator, "console": None} | setting
    return Run(workflow, inputs or {}, Setting.of(workflow, **options))


async def events_of(run: Run, *, logged: bool = True) -> list[AnyEvent]:
    """Run it to its end, check what holds for every run, and give its events."""
    async with asyncio.timeout(PATIENCE):
        events = [event async for event in run]
    check_run(events)
    if logged and run.log_path is not None:
        assert list(RunLog(run.log_path).events()) == events
    return events


def check_run(events: list[AnyEvent]) -> None:
    """Numbers without holes, one begin, one end, and an end for every step."""
    assert [event.seq for event in events] == list(range(len(events)))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert len(of(events, RunFinished)) == 1
    ended = [event.step for event in of(events, StepFinished)]
    assert sorted(filter(None, ended)) == sorted(events[0].steps)
    assert {summary.step for summary in events[-1].steps} == set(events[0].steps)
    assert all(event.at >= 0 for event in events)


async def play(script: Script, *steps: dict[str, Any], **setting: Any) -> list[AnyEvent]:
    """A run against a scripted server."""
    async with serving(script) as server:
        return await events_of(live(workflow_for(server, *steps), **setting))


@asynccontextmanager
async def watching(
    script: Script, *steps: dict[str, Any], **setting: Any
) -> AsyncIterator[tuple[Run, Server]]:
    """A started run against a scripted server, to be steered by the test; its events are checked at the end."""
    async with serving(script) as server:
        run = live(workflow_for(server, *steps), **setting)
        gathering = asyncio.create_task(gather(run))
        await asyncio.sleep(0)
        yield run, server
        async with asyncio.timeout(PATIENCE):
            check_run(await gathering)


async def gather(run: Run) -> list[AnyEvent]:
    """All events, as one who only watches."""
    return [event async for batch in run.batches() for event in batch]


async def seen(run: Run, kind: type[Kind]) -> Kind:
    """Wait for the first event of a kind."""
    async with asyncio.timeout(PATIENCE):
        async for batch in run.batches():
            for event in batch:
                if isinstance(event, kind):
                    return event
    raise AssertionError(f"no {kind.__name__} came")


async def until(condition: Callable[[], object]) -> None:
    """Let everything else work until the condition holds: for what has no event to wait for."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0)


def of(events: list[AnyEvent], kind: type[Kind]) -> list[Kind]:
    """The events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def only(events: list[AnyEvent], kind: type[Kind]) -> Kind:
    """The one event of a kind."""
    (event,) = of(events, kind)
    return event


def text_of(events: list[AnyEvent], step: str | None = None) -> str:
    """The text that the deltas make."""
    deltas = of(events, Delta)
    return "".join(one.content for one in deltas if one.lane == "text" and step in (None, one.step))


def steps_of(events: list[AnyEvent]) -> dict[str | None, str]:
    """How each step ended."""
    return {event.step: event.status for event in of(events, StepFinished)}

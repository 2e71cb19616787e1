"""The callback handler: which events, how often, and what its errors mean."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from helpers_handlers import Script, text_in
from pipeline_runtime.events import AnyEvent, Done
from pipeline_runtime.handlers import CallbackHandler, load_handler
from pipeline_runtime.handlers import callback as callbacks

kept: list[Any] = []


def keep(event: AnyEvent) -> None:
    kept.append(event)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    kept.clear()


async def feed(handler: CallbackHandler, events: list[AnyEvent]) -> None:
    for event in events:
        await handler.handle_event(event)


async def test_kinds_and_lanes() -> None:
    script = Script()
    events = [
        script.delta("hm", "thinking"),
        script.delta("a"),
        script.delta("{}", "tool_input", 1),
        script.done(),
    ]
    handler = CallbackHandler(keep, kinds=["delta", "done"], lanes=["text", "tool_input"])
    await feed(handler, events)
    assert kept == events[1:]
    assert handler.called == 3
    assert CallbackHandler(keep, kinds=["stall"]).kinds == {"stall"}


def test_it_is_named_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "my_callbacks", SimpleNamespace(keep=keep))  # type: ignore[arg-type]
    handler = load_handler("Pipeline.Streaming.CallbackHandler", {"callback": "my_callbacks:keep"})
    asyncio.run(handler.handle_event(Script().delta("x")))  # type: ignore[arg-type]
    assert text_in(kept) == "x"


class Clock:
    """The handler's time: it passes only when it waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.waits: list[float] = []
        fake = SimpleNamespace(
            get_running_loop=lambda: SimpleNamespace(time=lambda: self.now),
            sleep=self.sleep,
            to_thread=asyncio.to_thread,
        )
        monkeypatch.setattr(callbacks, "asyncio", fake)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))
        self.now += seconds


async def test_no_more_calls_a_second_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    script = Script()
    await feed(CallbackHandler(keep, rate_limit=10), [*script.deltas(*"abc"), script.done()])
    assert text_in(kept) == "abc"
    assert clock.waits == [0.1, 0.1, 0.1]
    assert isinstance(kept[-1], Done)


async def test_or_deltas_that_come_too_soon_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    script = Script()
    handler = CallbackHandler(keep, rate_limit=10, over_limit="skip")
    await feed(handler, script.deltas(*"abc"))
    clock.now += 0.1
    await feed(handler, [*script.deltas(*"de"), script.done()])
    assert text_in(kept) == "ad"
    assert isinstance(kept[-1], Done)
    assert (handler.called, handler.skipped, clock.waits) == (3, 3, [])


@pytest.mark.parametrize(("on_error", "calls"), [("continue", 3), ("stop", 1)])
async def test_what_follows_an_error(on_error: Any, calls: int) -> None:
    def fail(event: AnyEvent) -> None:
        kept.append(event)
        raise ValueError("odd")

    handler = CallbackHandler(fail, on_error=on_error)
    raised = 0
    for event in Script().deltas(*"abc"):
        try:
            await handler.handle_event(event)
        except ValueError:
            raised += 1
    assert (raised, len(kept)) == (calls, calls)


@pytest.mark.parametrize("is_async", [True, False])
async def test_errors_may_have_a_function_of_their_own(is_async: bool) -> None:
    def fail(event: AnyEvent) -> None:
        raise ValueError("odd")

    def told(error: Exception, event: AnyEvent) -> None:
        kept.append((str(error), event))

    async def told_later(error: Exception, event: AnyEvent) -> None:
        await asyncio.sleep(0)
        told(error, event)

    events = Script().deltas(*"ab")
    await feed(CallbackHandler(fail, error_callback=told_later if is_async else told), events)
    assert kept == [("odd", event) for event in events]


async def test_in_a_thread_or_async() -> None:
    async def later(event: AnyEvent) -> None:
        await asyncio.sleep(0)
        kept.append(threading.current_thread())

    for callback, thread in (
        (later, True),
        (later, False),
        (lambda _: kept.append(threading.current_thread()), True),
    ):
        await feed(CallbackHandler(callback, thread=thread), Script().deltas("a"))
    assert [one is threading.main_thread() for one in kept] == [True, True, False]

"""Plain functions get what the stream brings at once: in order, in their own context, isolated as ever."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest

from helpers_core import until
from helpers_handlers import RUN, Script
from pipeline_runtime.handlers import load_handler, runner
from pipeline_runtime.handlers.runner import HandlerRunner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent


@pytest.fixture(autouse=True)
def one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stops us for a moment does not make it a long turn."""
    monkeypatch.setattr(runner, "TURN", 60_000_000_000)


WHERE: ContextVar[str] = ContextVar("WHERE", default="nowhere")


def deltas(*texts: str) -> Sequence[AnyEvent]:
    return Script().deltas(*texts)


def texts_of(events: list[Any]) -> list[str]:
    return [event.content for event in events]


async def waiting(target: Any, told: list[str] | None = None, **more: Any) -> HandlerRunner:
    """A runner whose handler has nothing to do."""
    problems = [] if told is None else told
    made = HandlerRunner(
        load_handler(target), on_error=lambda name, message, trace: problems.append(message), run=RUN, **more
    )
    await made.started()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return made


async def test_a_plain_function_that_waits_is_called_at_once():
    kept: list[Any] = []
    running = await waiting(kept.append)
    running.push_now(deltas("a", "b"))
    assert texts_of(kept) == ["a", "b"]
    running.push_now(deltas("c"))
    assert texts_of(kept) == ["a", "b", "c"]
    await running.close()


async def test_what_is_queued_comes_first():
    kept: list[Any] = []
    running = await waiting(kept.append)
    running.push(deltas("a"))
    running.push_now(deltas("b"))
    assert kept == []
    await until(lambda: len(kept) == 2)
    running.push_now(deltas("c"))
    assert texts_of(kept) == ["a", "b", "c"]
    await running.close()


async def test_before_its_start_is_over_nothing_is_handled():
    go_on = asyncio.Event()
    kept: list[Any] = []

    class Slow:
        async def start(self, run: Any) -> None:
            await go_on.wait()

        def handle_event(self, event: AnyEvent) -> None:
            kept.append(event)

    running = HandlerRunner(load_handler(Slow), on_error=lambda *_: None, run=RUN)
    await asyncio.sleep(0)
    running.push_now(deltas("a"))
    assert kept == []
    go_on.set()
    await running.close()
    assert texts_of(kept) == ["a"]


async def test_it_sees_the_context_of_its_start():
    seen: list[str] = []

    class Placed:
        def start(self, run: Any) -> None:
            WHERE.set("here")

        def handle_event(self, event: AnyEvent) -> None:
            seen.append(WHERE.get())

    running = await waiting(Placed)
    running.push_now(deltas("a"))
    assert seen == ["here"]
    assert WHERE.get() == "nowhere"
    await running.close()


async def test_what_it_brings_about_itself_comes_behind_what_is_there():
    kept: list[Any] = []

    def handle(event: Any) -> None:
        kept.append(event)
        if event.content == "a":
            running.push_now(deltas("from a"))

    running = await waiting(handle)
    running.push_now(deltas("a", "b"))
    assert texts_of(kept) == ["a", "b"]
    running.push_now(deltas("c"))
    await running.close()
    assert texts_of(kept) == ["a", "b", "from a", "c"]


async def test_what_it_gives_to_be_awaited_is_awaited_before_the_next_event():
    kept: list[Any] = []
    go_on = asyncio.Event()

    async def later(event: Any) -> None:
        await go_on.wait()
        kept.append(event)

    running = await waiting(lambda event: later(event) if event.content == "a" else kept.append(event))
    running.push_now(deltas("a", "b"))
    running.push_now(deltas("c"))
    assert kept == []
    go_on.set()
    await running.close()
    assert texts_of(kept) == ["a", "b", "c"]


@pytest.mark.parametrize("mistake", [ValueError("odd"), SystemExit(3), asyncio.CancelledError()])
async def test_what_it_raises_is_told_and_it_gets_the_next(mistake: BaseException):
    told: list[str] = []
    kept: list[Any] = []

    def handle(event: Any) -> None:
        kept.append(event)
        if event.content == "a":
            raise mistake

    running = await waiting(handle, told)
    running.push_now(deltas("a", "b"))
    assert texts_of(kept) == ["a", "b"]
    assert [message.partition(":")[0] for message in told] == [type(mistake).__name__]
    await running.close()


async def test_others_get_the_loop_when_it_takes_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runner, "TURN", -1)
    kept: list[Any] = []
    running = await waiting(kept.append)
    running.push_now(deltas("a", "b", "c"))
    assert texts_of(kept) == ["a"]
    running.push_now(deltas("d"))
    await running.close()
    assert texts_of(kept) == ["a", "b", "c", "d"]


async def test_one_that_may_fail_its_step_is_never_called_from_within_the_call():
    kept: list[Any] = []
    running = await waiting(kept.append, at_once=False)
    running.push_now(deltas("a"))
    assert kept == []
    await running.close()
    assert texts_of(kept) == ["a"]


async def test_one_that_was_given_up_or_stopped_gets_nothing_more():
    kept: list[Any] = []
    plain = await waiting(kept.append)
    plain.abandon()
    await plain.close()
    plain.push_now(deltas("a"))
    queued = await waiting(kept.append, at_once=False)
    queued.abandon()
    with pytest.raises(asyncio.CancelledError):
        await queued.close()
    queued.push_now(deltas("a"))
    assert kept == []

    def odd(event: Any) -> None:
        kept.append(event)
        raise ValueError("odd")

    stopped = HandlerRunner(load_handler(odd), on_error=lambda *_: True)
    await asyncio.sleep(0)
    stopped.push_now(deltas("a", "b"))
    stopped.push_now(deltas("c"))
    await stopped.close()
    assert texts_of(kept) == ["a"]


async def test_a_plain_function_needs_a_task_only_when_something_waits():
    kept: list[Any] = []
    running = HandlerRunner(load_handler(kept.append), on_error=lambda *_: None)

    def begun() -> bool:
        return any(task.get_name().startswith("handler ") for task in asyncio.all_tasks())

    running.push_now(deltas("a"))
    assert texts_of(kept) == ["a"]
    assert not begun()
    running.push(deltas("b"))
    running.push_now(deltas("c"))
    assert texts_of(kept) == ["a"]
    assert begun()
    await running.close()
    assert texts_of(kept) == ["a", "b", "c"]

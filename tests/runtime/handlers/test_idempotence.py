"""What is handled once is never handed on again: retries, restarts, resumes, replays."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from helpers_core import events_of, mocked
from helpers_handlers import RUN, Script, text_in
from pipeline_runtime import idempotent
from pipeline_runtime.events import AnyEvent, Done
from pipeline_runtime.handlers import load_handler
from pipeline_runtime.simulator import Simulator


class Collect:
    """Keeps what it gets, and can begin anew."""

    def __init__(self, label: str = "") -> None:
        self.label = label
        self.events: list[AnyEvent] = []
        self.calls: list[str] = []

    def start(self, run: object) -> None:
        self.calls.append("start")

    def handle_event(self, event: AnyEvent) -> None:
        self.events.append(event)

    async def reset(self) -> None:
        await asyncio.sleep(0)
        self.events.clear()
        self.calls.append("reset")

    def close(self) -> None:
        self.calls.append("close")


class Plain:
    def __init__(self) -> None:
        self.events: list[AnyEvent] = []

    async def handle_event(self, event: AnyEvent) -> None:
        await asyncio.sleep(0)
        self.events.append(event)


async def feed(kind: type, events: list[AnyEvent]) -> list[AnyEvent]:
    inner = kind()
    handler = load_handler(idempotent(inner))
    for event in events:
        waits = handler.handle_event(event)
        if waits is not None:
            await waits
    return inner.events


@pytest.mark.parametrize("kind", [Collect, Plain])
async def test_a_restart_that_sends_the_same_again(kind: type) -> None:
    script = Script()
    events = [
        *script.deltas("one ", "two "),
        script.try_again(),
        *script.deltas("o", "ne two", " three"),
        script.done("one two three"),
    ]
    told = await feed(kind, events)
    assert text_in(told) == "one two three"
    assert len(told) == 4
    assert isinstance(told[-1], Done)


async def test_a_resume_goes_on_behind_what_came() -> None:
    script = Script()
    events = [
        *script.deltas("ab", "ab"),
        script.try_again("resume"),
        *script.deltas("ab", "c"),
        script.done(),
    ]
    assert text_in(await feed(Plain, events)) == "abababc"


async def test_a_restart_after_a_resume() -> None:
    script = Script()
    events = [
        *script.deltas("ab"),
        script.try_again("resume"),
        *script.deltas("cd"),
        script.try_again(),
        *script.deltas("abc", "def"),
    ]
    assert text_in(await feed(Plain, events)) == "abcdef"


async def test_events_that_come_twice() -> None:
    script = Script()
    events = [*script.deltas("a", "a"), script.done()]
    assert await feed(Plain, [*events, *events, events[1]]) == events


async def test_lanes_and_blocks_are_kept_apart() -> None:
    script = Script()
    events = [
        script.delta("x", "thinking"),
        script.delta("x"),
        script.delta("x", index=1),
        script.delta("", "tool_input", 2, tool="t"),
        script.delta("x", "tool_input", 2),
        script.try_again(),
        script.delta("x", "thinking"),
        script.delta("x"),
        script.delta("x", index=1),
        script.delta("", "tool_input", 2, tool="t"),
        script.delta("xy", "tool_input", 2),
    ]
    told = await feed(Plain, events)
    assert text_in(told) == "xxxxy"
    assert len(told) == 6


async def test_a_model_that_says_something_else_begins_anew() -> None:
    script = Script()
    events = [
        *script.deltas("one ", "two"),
        script.try_again(),
        *script.deltas("one ", "tree", "s"),
        script.done(),
    ]
    handler = Collect()
    loaded = load_handler(idempotent(lambda *, label="": handler))
    for event in events:
        waits = loaded.handle_event(event)
        if waits is not None:
            await waits
    assert text_in(handler.events) == "one trees"
    assert handler.calls == ["reset"]
    assert text_in(await feed(Plain, events)) == "one twoone trees"


@given(
    answer=some.text(min_size=1, max_size=30),
    cuts=some.lists(some.lists(some.integers(0, 30), max_size=6), min_size=1, max_size=4),
    ends=some.lists(some.integers(0, 30), min_size=4, max_size=4),
)
def test_however_often_and_wherever_it_breaks(answer: str, cuts: list[list[int]], ends: list[int]) -> None:
    script = Script()
    events: list[AnyEvent] = []
    for number, places in enumerate(cuts):
        sent = answer if number == len(cuts) - 1 else answer[: ends[number]]
        edges = sorted({0, len(sent), *(place for place in places if place < len(sent))})
        events += [script.delta(sent[begin:end]) for begin, end in pairwise(edges)]
        events.append(script.try_again())
    assert text_in(asyncio.run(feed(Plain, events))) == answer


async def test_it_is_a_factory_that_hands_on_everything_else(simulator: Simulator) -> None:
    made = []

    def make(*, label: str = "") -> Collect:
        made.append(Collect(label))
        return made[-1]

    handler = load_handler(idempotent(make), {"label": "mine"})
    assert handler.made == "factory"
    assert handler.kinds == {"delta", "done", "attempt_started"}
    assert handler.start is not None
    assert handler.close is not None
    handler.start(RUN)
    handler.close()
    assert (made[0].label, made[0].calls) == ("mine", ["start", "close"])
    text = "steps: [{id: s, prompt: hi, scenario: {reply: one two}}]"
    runs = [mocked(text, simulator, handlers=(idempotent(make),)) for _ in range(2)]
    for run in runs:
        await events_of(run)
    assert [text_in(one.events) for one in made[1:]] == ["one two", "one two"]
    assert made[1].calls == ["start", "close"]


def test_a_handler_without_start_and_close_is_fine():
    handler = load_handler(idempotent(print))
    assert handler.start is not None
    assert handler.close is not None
    assert handler.start(RUN) is None
    assert handler.close() is None

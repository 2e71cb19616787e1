"""The buffer handler: bounds, what goes, what is handed over."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from helpers_core import events_of, mocked
from helpers_handlers import Script, text_in
from pipeline_runtime.events import AnyEvent
from pipeline_runtime.handlers import BufferHandler
from pipeline_runtime.simulator import Simulator

handed: list[list[AnyEvent]] = []


def take_over(events: list[AnyEvent]) -> None:
    handed.append(events)


@pytest.fixture(autouse=True)
def nothing_handed() -> None:
    handed.clear()


def filled(events: list[AnyEvent], **opts: object) -> BufferHandler:
    buffer = BufferHandler(**opts)  # type: ignore[arg-type]
    for event in events:
        buffer.handle_event(event)
    return buffer


def test_a_ring_keeps_the_newest_and_stop_the_first():
    events = Script().deltas(*"abcdef")
    ring, stop = (filled(events, max_events=4, when_full=how) for how in ("ring", "stop"))
    assert (ring.text, stop.text) == ("cdef", "abcd")
    for buffer in (ring, stop):
        stats = buffer.stats()
        assert (stats.taken, stats.kept, stats.dropped, stats.repeated) == (6, 4, 2, 0)
        assert stats.bytes == sum(len(msgspec.json.encode(event)) for event in buffer)
        assert len(buffer) == 4


def test_bytes_are_a_bound_too():
    events = Script().deltas("small", "x" * 500, "last")
    size = len(msgspec.json.encode(events[1]))
    ring = filled(events, max_bytes=size + 10)
    assert ring.text == "last"
    assert ring.stats().dropped == 2
    stop = filled(events, max_bytes=size + 10, when_full="stop")
    assert stop.text == "smalllast"
    assert stop.stats().bytes <= size + 10


def test_what_is_larger_than_the_bound_is_dropped():
    assert len(filled(Script().deltas("x" * 500), max_bytes=100)) == 0
    assert handed == []


def test_equal_words_are_no_duplicates_and_sent_again_is():
    script = Script()
    first = script.deltas("the ", "sea ", "the ")
    again = [script.try_again(), *script.deltas("the sea", " the ", "end"), script.done()]
    buffer = filled([*first, *first[1:], *again], deduplicate=True)
    assert buffer.text == "the sea the end"
    stats = buffer.stats()
    assert stats.repeated == 4
    assert [type(event).__name__ for event in buffer].count("AttemptStarted") == 0
    assert filled([*first, *first], deduplicate=False).text == "the sea the the sea the "


def test_kinds_and_what_can_be_asked():
    script = Script()
    buffer = filled([script.delta("a"), script.failed(), script.done()], kinds=["delta", "error"])
    assert buffer.kinds == {"delta", "error"}
    assert [event.__struct_config__.tag for event in buffer.of_kind("error")] == ["error"]
    buffer.clear()
    assert buffer.events == []
    assert buffer.stats().taken == 2


def test_handed_over_when_full_and_at_the_end():
    events = Script().deltas(*"abcdefg")
    buffer = filled(events, max_events=3, hand_over=take_over)
    assert buffer.close() is None
    assert [text_in(one) for one in handed] == ["abc", "def", "g"]
    assert (buffer.stats().handed_over, buffer.stats().dropped) == (7, 0)


async def test_an_async_receiver_is_awaited(simulator: Simulator) -> None:
    async def slowly(events: list[AnyEvent]) -> None:
        await asyncio.sleep(0)
        handed.append(events)

    def make() -> BufferHandler:
        return BufferHandler(max_events=2, hand_over=slowly)

    text = "steps: [{id: s, prompt: hi, scenario: {reply: one two three four}}]"
    await events_of(mocked(text, simulator, handlers=(make,)))
    assert "".join(text_in(one) for one in handed) == "one two three four"
    assert all(len(one) <= 2 for one in handed)

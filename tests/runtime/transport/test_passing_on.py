"""Reads handed straight on: the chunks, ends and errors of `chunks`, without a turn of the loop for each."""

from __future__ import annotations

import asyncio
import gzip
import time
from typing import TYPE_CHECKING, Any

import pytest

from helpers_transport import CHUNKED_HEAD, PATIENT, Peer, answering, ask, http_chunk, plain, serving
from pipeline_runtime.errors import Disconnected, IdleTimeout
from pipeline_runtime.transport import Timeouts, response
from pipeline_runtime.transport.inbox import Inbox
from pipeline_runtime.transport.slices import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.transport import Transport
    from pipeline_runtime.transport.response import ServerResponse
    from pipeline_runtime.wire.frames import Chunk


class Steps:
    """What a server sends, one part after the other: the next one when the client wants it."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts
        self.wanted = asyncio.Semaphore(0)

    async def __call__(self, peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED_HEAD)
        for part in self.parts:
            await self.wanted.acquire()
            await peer.send(http_chunk(part))
        await self.wanted.acquire()
        await peer.send(b"0\r\n\r\n")


async def opened(transport: Transport, url: str, timeouts: Timeouts = PATIENT) -> ServerResponse:
    return await transport.send(ask(url), timeouts, time.monotonic_ns())


async def test_each_small_read_is_handed_on_while_the_task_waits(fast: Transport) -> None:
    script = Steps(b"a", b"b", b"c")
    seen: list[tuple[bytes, int, Any]] = []

    def take(chunk: Chunk) -> bool:
        seen.append((chunk.data, chunk.offset, asyncio.current_task()))
        script.wanted.release()
        return False

    async with serving(script) as server:
        answer = await opened(fast, server.url())
        reading = asyncio.create_task(answer.pass_on(take))
        await asyncio.sleep(0)
        script.wanted.release()
        assert await reading is False
        await answer.aclose()
    assert seen == [(b"a", 0, None), (b"b", 1, None), (b"c", 2, None)]  # in no task: straight from the reads


async def test_the_chunks_are_the_same_in_every_framing(transport: Transport) -> None:
    body = bytes(range(256)) * 300
    packed = plain(gzip.compress(body), b"content-encoding: gzip")
    pieces = (CHUNKED_HEAD, *(http_chunk(body[at : at + 7_000]) for at in range(0, len(body), 7_000)))
    for parts in ((plain(body),), (packed,), (*pieces, b"0\r\n\r\n"), (plain(b""),)):
        got: list[Chunk] = []
        async with serving(answering(*parts)) as server:
            answer = await opened(transport, server.url())
            assert await answer.pass_on(lambda chunk, got=got: bool(got.append(chunk))) is False
            await answer.aclose()
        assert b"".join(chunk.data for chunk in got) in (body, b"")
        sizes = [len(chunk.data) for chunk in got]
        assert [chunk.offset for chunk in got] == [sum(sizes[:n]) for n in range(len(sizes))]
        assert all(chunk.at > 0 for chunk in got)


async def test_it_ends_when_told_and_goes_on_when_called_again(transport: Transport) -> None:
    script = Steps(b"one", b"two", b"three" * AT_ONCE)
    kept: list[bytes] = []

    def take(chunk: Chunk) -> bool:
        kept.append(chunk.data)
        script.wanted.release()
        return chunk.data in (b"one", b"two")

    async with serving(script) as server:
        answer = await opened(transport, server.url())
        script.wanted.release()
        assert await answer.pass_on(take)
        assert kept == [b"one"]
        assert await answer.pass_on(take)
        assert kept == [b"one", b"two"]
        for _ in range(50):  # more than reads of the large part
            script.wanted.release()
        assert not await answer.pass_on(take)
        assert b"".join(kept[2:]) == b"three" * AT_ONCE
        await answer.aclose()


@pytest.mark.parametrize("size", [1, 2 * AT_ONCE])
async def test_what_it_raises_comes_to_who_waits(size: int, transport: Transport) -> None:
    script = Steps(b"x" * size)

    def take(chunk: Chunk) -> bool:
        raise ValueError("odd")

    async with serving(script) as server:
        answer = await opened(transport, server.url())
        reading = asyncio.create_task(answer.pass_on(take))
        await asyncio.sleep(0)
        script.wanted.release()
        with pytest.raises(ValueError, match="odd"):
            await reading
        await answer.aclose()


async def test_a_cancelled_reader_is_handed_nothing_more(fast: Transport) -> None:
    script = Steps(b"a", b"b")
    kept: list[bytes] = []
    reading: asyncio.Task[bool]

    def take(chunk: Chunk) -> bool:
        kept.append(chunk.data)
        reading.cancel()
        return False

    async with serving(script) as server:
        answer = await opened(fast, server.url())
        reading = asyncio.create_task(answer.pass_on(take))
        await asyncio.sleep(0)
        script.wanted.release()
        script.wanted.release()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert len(kept) == 1
        await answer.aclose()


async def test_a_reader_that_cancels_itself_stops_between_queued_reads(fast: Transport) -> None:
    kept: list[bytes] = []

    def take(chunk: Chunk) -> bool:
        kept.append(chunk.data)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return False

    parts = (http_chunk(b"x" * 20_000) for _ in range(8))
    async with serving(answering(CHUNKED_HEAD, *parts, b"0\r\n\r\n")) as server:
        answer = await opened(fast, server.url())
        while not answer._received.inbox.ended:  # noqa: ASYNC110 - everything has come before it is read
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(answer.pass_on(take))
        assert len(kept) == 1
        await answer.aclose()


async def test_silence_ends_it(transport: Transport) -> None:
    script = Steps()
    async with serving(script) as server:
        answer = await opened(transport, server.url(), Timeouts(idle=0.05))
        with pytest.raises(IdleTimeout):
            await answer.pass_on(lambda _: False)
        await answer.aclose()


async def test_a_connection_that_breaks_is_told_after_what_came(transport: Transport) -> None:
    kept: list[bytes] = []

    def take(chunk: Chunk) -> bool:
        kept.append(chunk.data)
        return False

    async with serving(answering(CHUNKED_HEAD, http_chunk(b"half"), close=True)) as server:
        answer = await opened(transport, server.url())
        with pytest.raises(Disconnected):
            await answer.pass_on(take)
        assert kept == [b"half"]
        await answer.aclose()


async def test_others_get_the_loop_between_queued_chunks(
    fast: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "TURN", 0)
    turns: list[int] = []
    taken: list[int] = []

    async def other() -> None:
        while True:
            turns.append(len(taken))
            await asyncio.sleep(0)

    async with serving(answering(plain(b"\n" * 40_000))) as server:
        answer = await opened(fast, server.url())
        task = asyncio.create_task(other())
        await answer.pass_on(lambda chunk: bool(taken.append(len(chunk.data))))
        task.cancel()
        await answer.aclose()
    assert len(taken) > 10
    assert set(range(1, len(taken))) <= set(turns)


# --- the inbox alone ---


class Clock:
    """A loop in which time passes by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self.call_at(self.now + delay, callback)

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        self.timers.append((when, callback))
        return asyncio.TimerHandle(when, callback, (), asyncio.get_running_loop())

    def pass_until(self, when: float) -> None:
        self.now = when
        due, self.timers = self.timers, []
        for at, callback in due:
            callback() if at <= when else self.timers.append((at, callback))


async def test_silence_counts_from_the_last_read_that_the_sink_took():
    clock = Clock()
    kept: list[bytes] = []
    inbox = Inbox(clock, lambda: None, lambda: None)
    waiting = inbox.wait(5.0, keeping(kept))
    clock.pass_until(4.0)
    inbox.put(1, b"a")
    clock.pass_until(8.0)
    assert not waiting.done()
    clock.pass_until(9.0)
    assert await waiting is False
    assert kept == [b"a"]


def an_inbox() -> Inbox:
    return Inbox(asyncio.get_running_loop(), lambda: None, lambda: None)


def keeping(kept: list[bytes], *, until: bytes = b"") -> Callable[[int, bytes], bool]:
    def sink(at: int, data: bytes) -> bool:
        kept.append(data)
        return data == until

    return sink


async def test_a_large_read_ends_the_wait_and_is_queued_with_what_follows():
    kept: list[bytes] = []
    inbox = an_inbox()
    waiting = inbox.wait(5, keeping(kept))
    inbox.put(1, b"small")
    assert not waiting.done()
    inbox.put(2, b"x" * (AT_ONCE + 1))
    inbox.put(3, b"small")
    assert await waiting
    assert kept == [b"small"]
    assert [at for at, _ in inbox.queue] == [2, 3]
    inbox.disarm()


async def test_after_the_sink_has_called_the_consumer_reads_are_queued():
    kept: list[bytes] = []
    inbox = an_inbox()
    waiting = inbox.wait(5, keeping(kept, until=b"stop"))
    inbox.put(1, b"stop")
    inbox.put(2, b"more")
    assert await waiting
    assert kept == [b"stop"]
    assert [data for _, data in inbox.queue] == [b"more"]
    inbox.disarm()

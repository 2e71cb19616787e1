"""A recorded run with the face of a live one: whoever watches cannot tell them apart but for the mark."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from itertools import islice
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.engine.channel import Channel
from pipeline_runtime.events import Error, RunFinished, RunStarted
from pipeline_runtime.replay.pace import INSTANT, Pace
from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
    from pathlib import Path

    from pipeline_runtime.debugging import Door, Gate
    from pipeline_runtime.events import AnyEvent, Mode

AHEAD = 2_000
"""Events that are read at a time, in a thread."""
MILLISECOND = 1_000_000
EARLY = MILLISECOND // 4
"""What is due within this time is told now: a sleep cannot be shorter."""


class ReplayRun:
    """Plays a run log. Iterate it for its events; it starts with the first subscriber.

    Events have their recorded `seq` and `at`; only `run_started` is changed: its mode is `replay`, and its
    note says of what. Those of one socket read come in one batch, as they did. The replay of a log that was
    cut ends with an error that says so.
    """

    mode: Mode = "replay"

    def __init__(
        self,
        path: Path,
        *,
        speed: float = 1.0,
        gate: Gate | None = None,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Open the log; nothing is played yet.

        Args:
            path: The run log.
            speed: 1 as recorded, 2 twice as fast, `INSTANT` without a wait.
            gate: Pauses and steps it.
            clock: Nanoseconds; the time that events are told by.

        Raises:
            RunLogError: It cannot be read, is no run log, or was written by a newer version.
        """
        self._log = RunLog(path)
        self.log_path: Path | None = path
        self.id = f"{self._log.header.run}~replay"
        self.note = _note(self._log, speed)
        self.result: RunFinished | None = None
        """The last event, once it was played; of a log that was cut, one that says so."""
        self._gate = gate
        self._doors: dict[str, Door] = {}
        self._clock = clock
        self._pace = Pace(speed, 0)
        self._channel = Channel()
        self._moved = asyncio.Event()
        self._cancelled = False
        self._over = False
        self._task: asyncio.Task[None] | None = None
        self._bodies: RawBodies | None = None
        self._last: AnyEvent | None = None
        self._told = 0

    # --- watching -----------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """It has been played to its end, or was cancelled."""
        return self._over

    @property
    def torn(self) -> str | None:
        """What is wrong with the line at which the log ends, once it was read."""
        return self._log.torn

    async def __aiter__(self) -> AsyncIterator[AnyEvent]:
        """Every event, in order. Leaving early ends the replay."""
        try:
            async with aclosing(self.batches()) as batches:
                async for batch in batches:
                    for event in batch:
                        yield event
        finally:
            if not self.finished:
                self.cancel()
                await self.wait()

    async def batches(self) -> AsyncGenerator[list[AnyEvent], None]:
        """The events as they come due, in lists of what came together; a late subscriber gets all so far."""
        told = self._told
        subscription = self._channel.subscribe()
        self.start()
        if told:
            yield await asyncio.to_thread(lambda: list(islice(self.history(), told)))
        async with aclosing(subscription.batches()) as batches:
            async for batch in batches:
                yield batch

    def history(self) -> Iterator[AnyEvent]:
        """Every event of the log, from any thread."""
        return map(self._marked, RunLog(self._log.path).events())

    def raw_bytes(self, step: str, attempt: int, offset: int, size: int) -> bytes:
        """The bytes of a frame."""
        if self._bodies is None:
            self._bodies = RawBodies(self._log.path)
        return self._bodies.read(step, attempt, offset, size)

    # --- steering -----------------------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """How much faster than recorded."""
        return self._pace.speed

    def set_speed(self, speed: float) -> None:
        """Go on at another speed, from where it is."""
        self._pace.set_speed(speed, self._clock())
        self._moved.set()

    def start(self) -> None:
        """Begin, unless it has begun. Needs a running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._play(), name=f"replay {self.id}")

    def cancel(self, step: str | None = None) -> None:
        """End the replay; the steps of a replay cannot end one by one."""
        del step
        self._cancelled = True
        self._moved.set()
        if self._gate is not None:
            self._gate.abandon()

    async def wait(self) -> None:
        """Play to the end, whether or not anybody watches."""
        self.start()
        assert self._task is not None
        await asyncio.shield(self._task)

    # --- playing ------------------------------------------------------------------------------------------

    async def _play(self) -> None:
        self._pace.jump(0, self._clock())
        leave = self._gate.listen(self._moved.set) if self._gate is not None else lambda: None
        try:
            async with aclosing(self._together()) as groups:
                async for group in groups:
                    await self._until(group[0].at)
                    if self._cancelled:
                        break
                    self._tell(group)
                    await self._channel.ready()
        finally:
            leave()
            await self._leave_gate()
            if self.result is None and not self._cancelled:
                self._hand_on(_ending(self._log, self._last))
            self._over = True
            self._channel.close()

    async def _together(self) -> AsyncGenerator[list[AnyEvent], None]:
        """The log's events, in lists of those that happened at one moment."""
        events = self._log.events()
        waiting: deque[AnyEvent] = deque()
        while read := await asyncio.to_thread(lambda: list(islice(events, AHEAD))):
            waiting.extend(read)
            while waiting and (waiting[0].at != waiting[-1].at or len(waiting) > AHEAD):
                yield _take_moment(waiting)
        while waiting:
            yield _take_moment(waiting)

    async def _until(self, at: int) -> None:
        """Wait until this moment is due. Pausing stops the clock; a step goes to the moment at once."""
        while not self._cancelled:
            now = self._clock()
            if self._gate is not None and self._gate.is_held():
                self._pace.stop(now)
                seconds = None
            else:
                self._pace.go(now)
                if self._gate is not None and self._gate.is_stepping():
                    self._pace.jump(at, now)
                left = self._pace.due(at) - now
                if left <= EARLY:
                    return
                seconds = left / 1e9
            self._moved.clear()
            await _moved_within(self._moved, seconds)

    def _tell(self, group: list[AnyEvent]) -> None:
        self._last = group[-1]
        if self._gate is None:
            self._hand_on(list(map(self._marked, group)))
            return
        for event in map(self._marked, group):
            if event.step is None:
                self._hand_on([event])
            else:
                self._gate.let_through(self._door(event.step, self._gate), (event,))

    def _door(self, step: str, gate: Gate) -> Door:
        door = self._doors.get(step)
        if door is None:
            door = self._doors[step] = gate.add_door(step, self._hand_on)
        return door

    def _hand_on(self, events: Any) -> None:
        self._channel.push(events)
        self._told += len(events)
        if isinstance(events[-1], RunFinished):
            self.result = events[-1]

    async def _leave_gate(self) -> None:
        """Let what waits pass in its own time; after a cancel, at once."""
        if self._gate is None:
            return
        for door in self._doors.values():
            if not self._cancelled:
                await self._gate.until_drained(door)
            self._gate.abandon(door.step)
            self._gate.remove_door(door)

    def _marked(self, event: AnyEvent) -> AnyEvent:
        if isinstance(event, RunStarted):
            return msgspec.structs.replace(event, mode=self.mode, note=self.note)
        return event


def _take_moment(waiting: deque[AnyEvent]) -> list[AnyEvent]:
    at = waiting[0].at
    taken: list[AnyEvent] = []
    while waiting and waiting[0].at == at:
        taken.append(waiting.popleft())
    return taken


async def _moved_within(moved: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await moved.wait()
    except TimeoutError:
        return


def _note(log: RunLog, speed: float) -> str:
    pace = {1.0: "as fast as it was", INSTANT: "all at once"}.get(speed, f"{speed:g} times as fast")
    return f"a replay of {log.header.run} ({log.header.mode}, {log.header.started_at}), {pace}"


def _ending(log: RunLog, last: AnyEvent | None) -> list[AnyEvent]:
    """What a log that has no end is ended with."""
    seq, at = (last.seq + 1, last.at) if last is not None else (0, 0)
    where = f" ({log.torn})" if log.torn else ""
    told = Error(
        log.header.run, None, None, seq, at,
        type="log_cut",
        message=f"the recording ends here{where}: the run was killed, or its log was cut",
        cure="everything that was recorded is shown",
    )  # fmt: skip
    return [
        told,
        RunFinished(log.header.run, None, None, seq + 1, at, status="failed", elapsed=at, log=str(log.path)),
    ]

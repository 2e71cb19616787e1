"""A recorded run with the face of a live one: whoever watches cannot tell them apart but for the mark."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from itertools import groupby
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING

from pipeline_runtime.engine.channel import Channel
from pipeline_runtime.engine.owned import OwnedEvents
from pipeline_runtime.events import RunFinished, RunStarted
from pipeline_runtime.replay.clock import ReplayClock
from pipeline_runtime.replay.handling import ReplayHandlers
from pipeline_runtime.replay.pace import describe_speed
from pipeline_runtime.replay.recording import Recording
from pipeline_runtime.runlog.bodies import RawBodies

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

    from pipeline_runtime.debugging import Door, Gate
    from pipeline_runtime.events import AnyEvent, Mode
    from pipeline_runtime.replay.handling import HandlerPlan


class ReplayRun(OwnedEvents):
    """Plays a run log. Iterate it for its events; it starts with the first subscriber.

    Events have their recorded `seq` and `at`; only `run_started` is changed: its mode is `replay`, and its
    note says of what. Those of one socket read come in one batch, as they did. The replay of a log that was
    cut ends its steps, with an error that says so; one that is cancelled ends them as cancelled.
    """

    mode: Mode = "replay"

    def __init__(
        self,
        path: Path,
        *,
        speed: float = 1.0,
        gate: Gate | None = None,
        handlers: HandlerPlan | None = None,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Open the log; nothing is played yet.

        Args:
            path: The run log.
            speed: 1 as recorded, 2 twice as fast, `INSTANT` without a wait.
            gate: Pauses and steps it.
            handlers: Which handlers are run on it; `None`: none.
            clock: Nanoseconds; the time that events are told by.

        Raises:
            RunLogError: It cannot be read, is no run log, or was written by a newer version.
            PipelineError: The speed is not above 0.
        """
        self._time = ReplayClock(speed, gate, clock)
        self._recording = Recording(path)
        self.recording = path
        header = self._recording.header
        self.log_path: Path | None = path
        self.id = f"{header.run}~replay"
        self.workflow_name = header.workflow
        self.workflow_path = None if header.path is None else Path(header.path)
        """The file that was run, by the name it had then."""
        self.note = f"a replay of {header.run} ({header.mode}, {header.started_at}), {describe_speed(speed)}"
        self._recording.note = self.note
        self.result: RunFinished | None = None
        """The last event, once it was played."""
        self._doors: dict[str, Door] = {}
        self._handlers = (
            ReplayHandlers(handlers, path, header.run, tell=self._tell_more, now=lambda: self._time.position)
            if handlers is not None
            else None
        )
        self._channel = Channel()
        self._cancelled = False
        self._over = False
        self._task: asyncio.Task[None] | None = None
        self._bodies: RawBodies | None = None
        self._ledger = self._recording.ledger()
        self._added: list[AnyEvent] = []
        """Told, and not in the log."""

    # --- watching -----------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """It has been played to its end, or was cancelled."""
        return self._over

    @property
    def handler_failures(self) -> int:
        """How many errors the handlers had that were run on it."""
        return self._handlers.failures if self._handlers is not None else 0

    async def batches(self) -> AsyncGenerator[list[AnyEvent], None]:
        """The events as they come due, in lists of what came together; a late subscriber gets all so far."""
        missed = self.history() if self._ledger.begun else None
        subscription = self._channel.subscribe()
        self.start()
        try:
            if missed is not None:
                yield await asyncio.to_thread(list, missed)
            async with aclosing(subscription.batches()) as batches:
                async for batch in batches:
                    yield batch
        finally:
            self._channel.drop(subscription)

    def history(self) -> Iterator[AnyEvent]:
        """Every event that was told before this call, read from the log; iterate it in any thread."""
        return _told_events(self._recording, dict(self._ledger.told), self._added[:])

    def raw_bytes(self, step: str, attempt: int, offset: int, size: int) -> bytes:
        """The bytes of a frame."""
        if self._bodies is None:
            self._bodies = RawBodies(self._recording.path)
        return self._bodies.read(step, attempt, offset, size)

    # --- steering -----------------------------------------------------------------------------------------

    @property
    def gate(self) -> Gate | None:
        """Pauses and steps it; may be given until it begins."""
        return self._time.gate

    @gate.setter
    def gate(self, gate: Gate | None) -> None:
        self._time.gate = gate

    @property
    def speed(self) -> float:
        """How much faster than recorded."""
        return self._time.speed

    @property
    def position(self) -> int:
        """The recorded moment of what was told last, in ns since the run began."""
        return self._time.position

    @property
    def now(self) -> int:
        """The recorded moment that its clock shows, in ns since the run began; it stands while it is held."""
        if self._task is None or self._over:
            return self._time.position
        return self._time.now()

    def set_speed(self, speed: float) -> None:
        """Go on at another speed, from where it is.

        Raises:
            PipelineError: It is not above 0.
        """
        self._time.set_speed(speed)

    def start(self) -> None:
        """Begin, unless it has begun. Needs a running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._play(), name=f"replay {self.id}")

    def cancel(self, step: str | None = None) -> None:
        """End the replay: the steps of a replay cannot end one by one, so `step` says nothing more."""
        del step
        self._cancelled = True
        self._time.end()
        if self.gate is not None:
            self.gate.abandon()

    async def wait(self) -> RunFinished:
        """Play to the end, whether or not anybody watches, and give the last event."""
        self.start()
        assert self._task is not None
        await asyncio.shield(self._task)
        assert self.result is not None
        return self.result

    # --- playing ------------------------------------------------------------------------------------------

    async def _play(self) -> None:
        self._time.begin()
        leave = self.gate.listen(self._time.look) if self.gate is not None else lambda: None
        try:
            async with aclosing(self._recording.moments()) as moments:
                async for moment in moments:
                    if not self._is_shut_at(moment[0]):
                        await self._time.until(moment[0].at)
                    if self._cancelled:
                        break
                    self._time.reach(moment[0].at)
                    await self._tell(moment)
                    await self._ready()
        except asyncio.CancelledError:
            self._cancelled = True
            if self._handlers is not None:
                self._handlers.abandon()
            raise
        finally:
            leave()
            await self._finish()

    def _is_shut_at(self, event: AnyEvent) -> bool:
        """Paused before it begins: that there is a run is told all the same, as a live one tells it."""
        return isinstance(event, RunStarted) and self.gate is not None and self.gate.is_held()

    async def _tell(self, moment: list[AnyEvent]) -> None:
        if self.gate is None and not isinstance(moment[-1], RunFinished):
            self._hand_on(moment)
            return
        for step, events in groupby(moment, key=lambda event: event.step):
            together = list(events)
            if step is None and isinstance(together[-1], RunFinished):
                await self._last(together)
            elif step is None or self.gate is None:
                self._hand_on(together)
            else:
                self.gate.let_through(self._door(step, self.gate), together)

    async def _last(self, events: list[AnyEvent]) -> None:
        """The end comes after all that waits at the gate, and after the handlers."""
        if self.gate is not None:
            for door in self._doors.values():
                await self.gate.until_drained(door)
        if self._handlers is not None:
            await self._handlers.close()
        if not self._cancelled:
            self._hand_on(events)

    async def _ready(self) -> None:
        await self._channel.ready()
        if self._handlers is not None:
            await self._handlers.ready()

    def _door(self, step: str, gate: Gate) -> Door:
        door = self._doors.get(step)
        if door is None:
            door = self._doors[step] = gate.add_door(step, self._hand_on)
        return door

    def _hand_on(self, events: Sequence[AnyEvent]) -> None:
        self._channel.push(events)
        for event in events:
            self._ledger.take(event)
        if isinstance(events[-1], RunFinished):
            self.result = events[-1]
        if self._handlers is not None:
            self._handlers.push(events)

    def _tell_more(self, event: AnyEvent) -> None:
        """Tell what is not in the log."""
        self._added.append(event)
        self._channel.push((event,))

    async def _finish(self) -> None:
        """Let go of the gate and the handlers and, when it was cancelled, tell the end."""
        if self.gate is not None:
            for door in self._doors.values():
                self.gate.abandon(door.step)
                self.gate.remove_door(door)
        if self._handlers is not None:
            await self._handlers.close()
        if self.result is None:
            self._end_early()
        self._over = True
        self._channel.close()

    def _end_early(self) -> None:
        for event in self._ledger.end("cancelled" if self._cancelled else "failed", "the replay was ended"):
            self._tell_more(event)
            if isinstance(event, RunFinished):
                self.result = event


def _told_events(
    recording: Recording, told: dict[str | None, int], added: list[AnyEvent]
) -> Iterator[AnyEvent]:
    """The recorded events up to those that were told, and what is in no log, with the last event last."""
    for event in recording.events():
        if event.seq > told.get(event.step, -1):
            continue
        if isinstance(event, RunFinished):
            yield from added
            added = []
        yield event
    yield from added

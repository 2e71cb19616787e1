"""The run's outlet: what happens goes to the subscribers and into the run log, the bytes before all else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.engine.channel import Channel
    from pipeline_runtime.events import AnyEvent, AttemptStarted
    from pipeline_runtime.handlers.runner import HandlerRunner
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.runlog.writer import RunLogWriter
    from pipeline_runtime.secrets import Masker
    from pipeline_runtime.wire.frames import Chunk


class Recorder:
    """Implements `stream.outlet.Outlet` for a whole run."""

    def __init__(self, channel: Channel, masker: Masker) -> None:
        self._channel = channel
        self.masker = masker
        """Knows the run's secrets."""
        self.log: RunLogWriter | None = None

    @property
    def congested(self) -> bool:
        """Subscribers are behind."""
        return self._channel.congested

    def emit(self, event: AnyEvent) -> None:
        """Hand on an event, without secrets, and record it."""
        masked, line = self.masked(event)
        self._channel.push((masked,))  # before the log, whose failure is an event of its own
        self.record(line)

    def masked(self, event: AnyEvent) -> tuple[AnyEvent, bytes | None]:
        """The event without secrets, as it may be told, and its line for the run log if there is one."""
        return self.masker.encoded(event) if self.log is not None else (self.masker.struct(event), None)

    def record(self, line: bytes | None) -> None:
        """Write a line into the run log."""
        if self.log is not None and line is not None:
            self.log.encoded(line)

    def emit_derived(self, events: Sequence[AnyEvent]) -> None:
        """Hand on events that the recorded bytes hold."""
        self._channel.push(events)

    def chunk(self, origin: Origin, chunk: Chunk) -> None:
        """Record the bytes of one socket read."""
        if self.log is not None:
            self.log.chunk(origin, chunk)

    def body_end(self, origin: Origin, at: int, *, given_up: bool) -> None:
        """Record that a body is over."""
        if self.log is not None:
            self.log.body_end(origin, at, given_up=given_up)

    async def ready(self) -> None:
        """Wait until subscribers have caught up."""
        await self._channel.ready()


class StepOutlet:
    """A run's outlet for one step: its handlers see the step's events too, all of them behind the gate."""

    def __init__(
        self,
        recorder: Recorder,
        runners: Sequence[HandlerRunner],
        *,
        step: str = "",
        gate: Gate | None = None,
    ) -> None:
        self._recorder = recorder
        self._runners = runners
        self._gate = gate
        self._door = gate.add_door(step, self._hand_on) if gate is not None else None

    @property
    def congested(self) -> bool:
        """Subscribers or a handler of this step are behind, or the gate holds the stream."""
        if self._gate is not None and self._door is not None and self._gate.holds_back(self._door):
            return True
        for runner in self._runners:  # asked for every read, where `any` costs twice as much
            if runner.congested:
                return True
        return self._recorder.congested

    async def approve(self, event: Callable[[], AttemptStarted], request: HttpRequest) -> HttpRequest:
        """A request is about to be sent: the gate may hold it back, and change it."""
        if self._gate is None or self._door is None:
            return request
        return await self._gate.approve(self._door, event(), request, self._recorder.masker)

    def emit(self, event: AnyEvent) -> None:
        """Hand on an event, and record it."""
        masked, line = self._recorder.masked(event)
        if self._gate is not None and self._door is not None:
            self._gate.let_through(self._door, (masked,))
            self._recorder.record(line)
            return
        self._recorder.emit_derived((masked,))
        self._recorder.record(line)
        self._to_handlers((masked,))

    def emit_derived(self, events: Sequence[AnyEvent]) -> None:
        """Hand on events that the recorded bytes hold."""
        if self._gate is not None and self._door is not None:
            self._gate.let_through(self._door, events)
            return
        self._recorder.emit_derived(events)
        self._to_handlers(events)

    def chunk(self, origin: Origin, chunk: Chunk) -> None:
        """Record the bytes of one socket read."""
        self._recorder.chunk(origin, chunk)

    def body_end(self, origin: Origin, at: int, *, given_up: bool) -> None:
        """Record that a body is over."""
        self._recorder.body_end(origin, at, given_up=given_up)

    async def ready(self) -> None:
        """Wait until the gate is open, and subscribers and handlers have caught up."""
        if self._gate is not None and self._door is not None:
            await self._gate.until_open(self._door)
        await self._recorder.ready()
        for runner in self._runners:
            await runner.ready()

    async def drain(self) -> None:
        """Wait until the gate has let everything through."""
        if self._gate is not None and self._door is not None:
            await self._gate.until_drained(self._door)

    def close(self) -> None:
        """The step is over: what still waits at the gate passes."""
        if self._gate is not None and self._door is not None:
            self._gate.abandon(self._door.step)
            self._gate.remove_door(self._door)

    def _hand_on(self, events: Sequence[AnyEvent]) -> None:
        """What the gate lets through: it may not be recorded yet, so that no handler is called at once."""
        self._recorder.emit_derived(events)
        for runner in self._runners:
            runner.push(events)

    def _to_handlers(self, events: Sequence[AnyEvent]) -> None:
        """Events that are recorded already: what a handler does with them at once comes after them."""
        for runner in self._runners:
            runner.push_now(events)

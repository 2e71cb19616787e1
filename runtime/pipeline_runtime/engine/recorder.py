"""The run's outlet: what happens goes to the subscribers and into the run log, the bytes before all else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.engine.channel import Channel
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.handlers.runner import HandlerRunner
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.runlog.writer import RunLogWriter
    from pipeline_runtime.secrets import Masker
    from pipeline_runtime.wire.frames import Chunk


class Recorder:
    """Implements `stream.outlet.Outlet` for a whole run."""

    def __init__(self, channel: Channel, masker: Masker) -> None:
        self._channel = channel
        self._masker = masker
        self.log: RunLogWriter | None = None

    @property
    def congested(self) -> bool:
        """Subscribers are behind."""
        return self._channel.congested

    def emit(self, event: AnyEvent) -> AnyEvent:
        """Hand on an event, without secrets, and record it; gives it as it was told."""
        masked = self._masker.struct(event)
        self._channel.push((masked,))  # before the log, whose failure is an event of its own
        if self.log is not None:
            self.log.event(masked)
        return masked

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
    """A run's outlet for one step: its handlers see the step's events too."""

    def __init__(self, recorder: Recorder, runners: Sequence[HandlerRunner]) -> None:
        self._recorder = recorder
        self._runners = runners

    @property
    def congested(self) -> bool:
        """Subscribers or a handler of this step are behind."""
        return self._recorder.congested or any(runner.congested for runner in self._runners)

    def emit(self, event: AnyEvent) -> None:
        """Record an event, then hand it on."""
        told = self._recorder.emit(event)
        for runner in self._runners:
            runner.push((told,))

    def emit_derived(self, events: Sequence[AnyEvent]) -> None:
        """Hand on events that the recorded bytes hold."""
        self._recorder.emit_derived(events)
        for runner in self._runners:
            runner.push(events)

    def chunk(self, origin: Origin, chunk: Chunk) -> None:
        """Record the bytes of one socket read."""
        self._recorder.chunk(origin, chunk)

    def body_end(self, origin: Origin, at: int, *, given_up: bool) -> None:
        """Record that a body is over."""
        self._recorder.body_end(origin, at, given_up=given_up)

    async def ready(self) -> None:
        """Wait until subscribers and handlers have caught up."""
        await self._recorder.ready()
        for runner in self._runners:
            await runner.ready()

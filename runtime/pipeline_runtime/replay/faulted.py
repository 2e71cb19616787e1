"""A recorded run played again with faults: its answers are broken, and judged anew as if they were live."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.engine.breaking import broken, with_fault_note
from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.engine.step import StepRunner
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.faults import read_run_faults
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.base import Endpoint, Message, ModelRequest
from pipeline_runtime.replay.cassette.memory import TapedMemory
from pipeline_runtime.replay.pace import check_speed, describe_speed
from pipeline_runtime.replay.recorded import RecordedProtocol, read_recorded
from pipeline_runtime.secrets import Masker
from pipeline_runtime.stream.call import CallResult, ModelCall
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.transport import Timeouts
from pipeline_runtime.workflow.models import Step, Workflow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.engine.handling import StepHandlers
    from pipeline_runtime.engine.recorder import StepOutlet
    from pipeline_runtime.events import StepStarted
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.replay.handling import HandlerPlan
    from pipeline_runtime.replay.recorded import RecordedRun, RecordedStep
    from pipeline_runtime.transport import Transport

NEVER_BEGAN = "the recording ends before it begins"
NOTHING_SENT = "it had sent nothing when it was recorded"


class FaultedReplay(Run):
    """Plays the answers of a run log as they came, with faults in them: a new run, with a log of its own.

    Each recorded request gets its recorded answer; a further one, which only a fault can cause, gets the last
    answer of its step again. What a log does not hold is as in a step that says nothing: timeouts, retries.
    """

    def __init__(
        self,
        path: Path,
        faults: Sequence[str],
        *,
        speed: float = 1.0,
        gate: Gate | None = None,
        handlers: HandlerPlan | None = None,
        keep_log: bool = True,
    ) -> None:
        """Read the log; nothing is played yet. Blocks: call it in a thread.

        Args:
            path: The run log.
            faults: As in `docs/faults.md`, for every step.
            speed: How fast the answers come; what the faults take is not changed by it.
            gate: Pauses and steps it.
            handlers: Which handlers are run on it; `None`: none.
            keep_log: Whether it has a run log.

        Raises:
            InputError: One of the faults is none, or one that only a scenario can have.
            RunLogError: The log cannot be read, is no run log, or was written by a newer version.
            PipelineError: The speed is not above 0.
        """
        read_run_faults(faults)
        check_speed(speed)
        self.recording = path
        """The log that is played."""
        self.speed = speed
        self.added = tuple(faults)
        """The faults that are put into it."""
        self._recorded = recorded = read_recorded(path, speed=speed)
        header = recorded.header
        self.workflow_path = None if header.path is None else Path(header.path)
        """The file that was run, by the name it had then."""
        self.workflow_name = header.workflow
        setting = Setting(
            mode="replay",
            note=f"a replay of {header.run} ({header.mode}, {header.started_at}), {describe_speed(speed)}",
            environ=os.environ,
            logs=runs_dir() if keep_log else None,
            masker=Masker(()),
            gate=gate,
            faults=self.added,
            handlers=handlers.handlers if handlers is not None else (),
            console=handlers.console if handlers is not None else None,
        )
        super().__init__(_as_workflow(recorded, handlers), recorded.started.inputs, setting)
        self.faults = (*recorded.started.faults, *self.added)
        self.note = with_fault_note(setting.note, self.faults)

    def _runner(self, transport: Transport) -> StepRunner:
        return _RecordedSteps(
            replace(self._setting, gate=self.gate),
            self.workflow,
            self.inputs,
            transport=transport,
            recorder=self._recorder,
            epoch=self._epoch,
        ).of(self._recorded)


class _RecordedSteps(StepRunner):
    """Steps whose requests and answers are those of a run log."""

    def of(self, recorded: RecordedRun) -> _RecordedSteps:
        """Whose they are."""
        self._recorded = recorded
        return self

    async def _call(
        self, step: Step, origin: Origin, outlet: StepOutlet, handlers: StepHandlers
    ) -> CallResult:
        recorded = self._recorded.steps[step.id]
        started = recorded.started
        assert started is not None  # a step that never began is skipped
        try:
            handlers.load()
        finally:
            run, name, _, seq, at = self._stamp(origin)
            outlet.emit(msgspec.structs.replace(started, run=run, step=name, seq=seq, at=at))
        await handlers.start()
        if recorded.first is None:
            reason = recorded.finished.reason if recorded.finished is not None else None
            raise PipelineError(reason or NOTHING_SENT, cure="replay it without faults")
        call = self._recorded_call(step, recorded, started, handlers)
        sender = broken(recorded, self._setting.faults, call.protocol)
        return await self._make(call, sender, origin, outlet, handlers)

    def _recorded_call(
        self, step: Step, recorded: RecordedStep, started: StepStarted, handlers: StepHandlers
    ) -> ModelCall:
        protocol = get_protocol(started.protocol, think_tags=started.think_tags)
        return ModelCall(
            protocol=RecordedProtocol(protocol, recorded),
            endpoint=Endpoint(started.provider, started.protocol, ""),
            request=ModelRequest(started.model, (Message("user", started.prompt),), stream=started.stream),
            timeouts=Timeouts(**step.timeout.model_dump()),
            retry=RetryPolicy(step.retry.attempts, step.retry.backoff, step.on_drop),
            masker=self._setting.masker,
            epoch=self._epoch,
            memory=TapedMemory(recorded.first),
            stopped_by=handlers.stopped_by,
        )


def _as_workflow(recorded: RecordedRun, handlers: HandlerPlan | None) -> Workflow:
    """What front ends look at, in the order in which its steps were run."""
    file = handlers.workflow if handlers is not None else None
    own = {step.id: step for step in file.steps} if file is not None else {}
    steps = tuple(_as_step(step, own.get(step.name)) for step in recorded.steps.values())
    return Workflow(name=recorded.header.workflow, steps=steps)


def _as_step(recorded: RecordedStep, own: Step | None) -> Step:
    started, finished = recorded.started, recorded.finished
    if started is None:
        reason = (finished.reason if finished is not None else None) or NEVER_BEGAN
        return Step(id=recorded.name, provider="-", model="-", prompt="", needs=(), skip=reason)
    step = Step(
        id=recorded.name,
        provider=started.provider,
        model=started.model,
        prompt=started.prompt,
        stream=started.stream,
        needs=recorded.after,
    )
    if own is None:
        return step
    kept = ("stream_handler", "stream_handler_opts", "on_handler_error", "timeout", "retry", "on_drop")
    return step.model_copy(update={key: getattr(own, key) for key in kept})

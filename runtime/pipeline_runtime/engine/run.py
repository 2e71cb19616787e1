"""Runs a workflow: starts steps when what they need is there, and tells everything as events."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import datetime
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from pipeline_runtime import __version__
from pipeline_runtime.engine.breaking import faults_of, with_fault_note
from pipeline_runtime.engine.channel import Channel
from pipeline_runtime.engine.encodable import check_encodable, encodable, shown
from pipeline_runtime.engine.identity import new_run_id
from pipeline_runtime.engine.mishap import internal_error
from pipeline_runtime.engine.owned import OwnedEvents
from pipeline_runtime.engine.recorder import Recorder
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.engine.step import StepRunner
from pipeline_runtime.engine.walk import Walk, run_status
from pipeline_runtime.errors import PipelineError, RunLogError
from pipeline_runtime.events import Error, RunFinished, RunStarted, StepFinished, StepSummary
from pipeline_runtime.origin import Origin
from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_runtime.runlog.lines import LogHeader
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.writer import RunLogWriter

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent, Mode, Status
    from pipeline_runtime.transport import Transport
    from pipeline_runtime.workflow.models import Workflow


class Run(OwnedEvents):
    """One execution of a workflow. Iterate it for its events; it starts with the first subscriber.

    `async for event in run` owns the run: leaving the loop cancels it. `batches()` only watches.
    """

    def __init__(self, workflow: Workflow, inputs: dict[str, Any], setting: Setting) -> None:
        """Make it; nothing happens yet.

        Raises:
            InputError: An input is a text that is not UTF-8.
        """
        check_encodable(inputs)
        self.workflow = workflow
        self.inputs = inputs
        self.id = new_run_id(workflow.name)
        self.mode: Mode = setting.mode
        self.faults = faults_of(setting, workflow)
        """What goes wrong in it on purpose."""
        self.note = with_fault_note(setting.note, self.faults)
        self.gate = setting.gate
        """Pauses and steps it; `None`: it has none."""
        self.log_path: Path | None = setting.logs / f"{self.id}.jsonl" if setting.logs else None
        self._setting = setting
        self._channel = Channel()
        self._recorder = Recorder(self._channel, setting.masker)
        self._origin = Origin.of_run(self.id)
        self._epoch = 0
        self._task: asyncio.Task[None] | None = None
        self._steps = Walk(workflow, self._skip)
        self._cancelled = False
        self._failed = False
        self._bodies: RawBodies | None = None
        self.result: RunFinished | None = None
        """The last event, once it has happened."""

    # --- watching -----------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """The run is over."""
        return self.result is not None

    async def batches(self) -> AsyncGenerator[list[AnyEvent], None]:
        """Every event from the first one on, in lists of what came together.

        A subscriber that comes late gets what it has missed from the run log, up to where the gate holds the
        run. Leaving early does not disturb the run.
        """
        late = self._task is not None
        subscription = self._channel.subscribe()
        newest = self._channel.newest
        held = self.gate.held() if self.gate is not None else set[int]()
        self.start()
        try:
            if late and self.log_path is not None:
                missed = await asyncio.to_thread(self._missed, newest, held)
                if missed:
                    yield missed
            async with aclosing(subscription.batches()) as batches:
                async for batch in batches:
                    yield batch
        finally:
            self._channel.drop(subscription)  # one that is left behind would hold the run up for ever

    def _missed(self, newest: int, held: set[int]) -> list[AnyEvent]:
        """What was handed on up to event `newest`."""
        return [event for event in self.history() if event.seq <= newest and event.seq not in held]

    def history(self) -> Iterator[AnyEvent]:
        """Every event so far, read from the run log, from any thread; nothing when the run keeps none."""
        if self._recorder.log is not None:
            self._recorder.log.sync()
        if self.log_path is None or not self.log_path.exists():
            return iter(())
        try:
            return RunLog(self.log_path).events(close=False)
        except RunLogError:  # it was there and could never be written: `log_failed` has been told
            return iter(())

    def raw_bytes(self, step: str, attempt: int, offset: int, size: int) -> bytes:
        """The bytes of a frame, from the run log; empty when the run keeps none."""
        if self.log_path is None:
            return b""
        if self._recorder.log is not None:
            self._recorder.log.sync()
        if self._bodies is None:
            self._bodies = RawBodies(self.log_path)
        return self._bodies.read(step, attempt, offset, size)

    # --- steering -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin, unless it has begun. Needs a running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._execute(), name=f"run {self.id}")

    def cancel(self, step: str | None = None) -> None:
        """Close the sockets of one step, or of all and start no more. What has come is kept.

        A step that has not begun will not; what needs it is skipped.
        """
        if step is None:
            self._cancelled = True
        self._steps.cancel(step)

    async def wait(self) -> RunFinished:
        """Run to the end, whether or not anybody watches, and give the last event."""
        self.start()
        assert self._task is not None
        await asyncio.shield(self._task)
        assert self.result is not None
        return self.result

    # --- running ------------------------------------------------------------------------------------------

    async def _execute(self) -> None:
        self._epoch = self._begun_at()
        try:
            self._begin()
            await self._walk()
        except asyncio.CancelledError:
            self._cancelled = True
            raise
        except Exception as error:  # noqa: BLE001 - told as an event: subscribers wait for the run's end
            self._failed = True
            self._recorder.emit(Error(*self._stamp(), **internal_error(error, self._setting.masker)))
        finally:
            self._finish()

    def _begun_at(self) -> int:
        """The moment from which times count; a tapped request came before its run was made."""
        return monotonic_ns()

    def _begin(self) -> None:
        workflow = self.workflow
        started_at = datetime.now().astimezone().isoformat(timespec="milliseconds")
        path = shown(workflow.path)
        problem = self._open_log(
            LogHeader(
                run=self.id,
                workflow=encodable(workflow.name),
                mode=self.mode,
                started_at=started_at,
                writer=f"pipeline-tui {__version__}",
                path=path,
            )
        )
        self._recorder.emit(
            RunStarted(
                *self._stamp(),
                workflow=encodable(workflow.name),
                mode=self.mode,
                steps=tuple(step.id for step in workflow.steps),
                inputs=self.inputs,
                path=path,
                started_at=started_at,
                version=__version__,
                note=self.note,
                notices=tuple(str(notice) for notice in workflow.notices),
                faults=self.faults,
            )
        )
        if problem is not None:
            self._log_failed(problem)

    def _open_log(self, header: LogHeader) -> OSError | None:
        if self.log_path is None:
            return None
        try:
            log = RunLogWriter(self.log_path, self._setting.masker, on_failure=self._log_failed)
        except OSError as error:
            self.log_path = None
            return error
        self._recorder.log = log
        log.header(header)
        return None

    async def _walk(self) -> None:
        async with await self._setting.open_transport() as transport:
            runner = self._runner(transport)
            await self._steps.run(lambda step: runner.run(step, self._origin.of_step(step.id)))

    def _runner(self, transport: Transport) -> StepRunner:
        """What runs the steps."""
        return StepRunner(
            self._setting,
            self.workflow,
            self.inputs,
            transport=transport,
            recorder=self._recorder,
            epoch=self._epoch,
        )

    def _skip(self, step: str, status: Status, reason: str) -> StepSummary:
        """Tell of a step that does not begin."""
        origin = self._origin.of_step(step)
        event = StepFinished(
            origin.run, step, None, origin.next_seq(), self._now(), status, 0, 0, None, reason
        )
        self._recorder.emit(event)
        return StepSummary(step=step, status=status, elapsed=0, reason=reason)

    def _finish(self) -> None:
        try:
            self._tell_finished()
        finally:
            if self._recorder.log is not None:
                self._recorder.log.close()
            self._channel.close()

    def _tell_finished(self) -> None:
        summaries = self._steps.end()
        if self._recorder.log is not None:
            self._recorder.log.flush()  # a full disk is told before the last event, not after it
        self.result = RunFinished(
            *self._stamp(),
            status="failed" if self._failed else run_status(summaries, cancelled=self._cancelled),
            elapsed=self._now(),
            steps=tuple(summaries.values()),
            log=shown(self.log_path),
        )
        self._recorder.emit(self.result)

    def _log_failed(self, error: OSError) -> None:
        self._recorder.log = None
        if self.finished:
            return
        self._recorder.emit(
            Error(
                *self._stamp(),
                type="log_failed",
                message=f"the run log cannot be written: {error.strerror or error}",
                cure="free some space, or set PIPELINE_STATE_DIR to a folder that can be written",
                fatal=False,
            )
        )

    def _now(self) -> int:
        return monotonic_ns() - self._epoch

    def _stamp(self) -> tuple[str, None, None, int, int]:
        return self.id, None, None, self._origin.next_seq(), self._now()


def run(
    workflow: Workflow,
    inputs: dict[str, Any] | None = None,
    *,
    setting: Setting | None = None,
    **options: Any,
) -> Run:
    """Make a run of a workflow; it starts when it is iterated, or by `start()`.

    Args:
        workflow: From `load_workflow`.
        inputs: By name; defaults fill the rest.
        setting: Everything else.
        **options: The same as keyword arguments of `Setting.of`, when no `setting` is given.

    Raises:
        InputError: An input is missing, unknown or of the wrong type.
        WorkflowError: A workflow that was made in code is not right.
        PipelineError: The mode that was asked for is none.
    """
    from pipeline_runtime.workflow.inputs import resolve_inputs  # noqa: PLC0415 - pydantic only when used
    from pipeline_runtime.workflow.loader import check_model  # noqa: PLC0415

    if workflow.path is None and not workflow.is_as_read and (problems := check_model(workflow)):
        raise problems[0]
    return Run(workflow, resolve_inputs(workflow, inputs or {}), setting or Setting.of(workflow, **options))


__all__ = ["PipelineError", "Run", "run"]

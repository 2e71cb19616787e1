"""Runs a workflow: starts steps when what they need is there, and tells everything as events."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import datetime
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from pipeline_runtime import __version__
from pipeline_runtime.engine.channel import Channel
from pipeline_runtime.engine.identity import new_run_id
from pipeline_runtime.engine.mishap import internal_error
from pipeline_runtime.engine.recorder import Recorder
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.engine.step import StepRunner
from pipeline_runtime.errors import InputError, PipelineError, RunLogError
from pipeline_runtime.events import Error, RunFinished, RunStarted, StepFinished, StepSummary
from pipeline_runtime.origin import Origin
from pipeline_runtime.runlog.bodies import RawBodies
from pipeline_runtime.runlog.lines import LogHeader
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.writer import RunLogWriter
from pipeline_runtime.workflow.order import dependencies

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent, Mode, Status
    from pipeline_runtime.workflow.models import Step, Workflow


class Run:
    """One execution of a workflow. Iterate it for its events; it starts with the first subscriber.

    `async for event in run` owns the run: leaving the loop cancels it. `batches()` only watches.
    """

    def __init__(self, workflow: Workflow, inputs: dict[str, Any], setting: Setting) -> None:
        """Make it; nothing happens yet.

        Raises:
            InputError: An input is a text that is not UTF-8.
        """
        _check_encodable(inputs)
        self.workflow = workflow
        self.inputs = inputs
        self.id = new_run_id(workflow.name)
        self.mode: Mode = setting.mode
        self.note = setting.note
        self.log_path: Path | None = setting.logs / f"{self.id}.jsonl" if setting.logs else None
        self._setting = setting
        self._channel = Channel()
        self._recorder = Recorder(self._channel, setting.masker)
        self._origin = Origin.of_run(self.id)
        self._epoch = 0
        self._task: asyncio.Task[None] | None = None
        self._steps: dict[str, asyncio.Task[StepSummary]] = {}
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

    async def __aiter__(self) -> AsyncIterator[AnyEvent]:
        """Every event, in order. Leaving early cancels the run."""
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
        """Every event from the first one on, in lists of what came together.

        A subscriber that comes late gets what it has missed from the run log. Leaving early does not disturb
        the run.
        """
        late = self._task is not None
        subscription = self._channel.subscribe()
        self.start()
        seen = -1
        try:
            if late and self.log_path is not None:
                missed = await asyncio.to_thread(lambda: list(self.history()))
                if missed:
                    seen = missed[-1].seq
                    yield missed
            async with aclosing(subscription.batches()) as batches:
                async for batch in batches:
                    fresh = batch if batch[0].seq > seen else [event for event in batch if event.seq > seen]
                    if fresh:
                        yield fresh
        finally:
            self._channel.drop(subscription)  # one that is left behind would hold the run up for ever

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
        """Close the sockets of one step, or of all and start no more. What has come is kept."""
        if step is None:
            self._cancelled = True
        for name, task in self._steps.items():
            if step in (None, name):
                task.cancel()

    async def wait(self) -> RunFinished:
        """Run to the end, whether or not anybody watches, and give the last event."""
        self.start()
        assert self._task is not None
        await asyncio.shield(self._task)
        assert self.result is not None
        return self.result

    # --- running ------------------------------------------------------------------------------------------

    async def _execute(self) -> None:
        self._epoch = monotonic_ns()
        summaries: dict[str, StepSummary] = {}
        try:
            self._begin()
            async with self._setting.open_transport() as transport:
                await self._walk(summaries, transport)
        except asyncio.CancelledError:
            self._cancelled = True
            raise
        except Exception as error:  # noqa: BLE001 - told as an event: subscribers wait for the run's end
            self._failed = True
            self._recorder.emit(Error(*self._stamp(), **internal_error(error, self._setting.masker)))
        finally:
            self._finish(summaries)

    def _begin(self) -> None:
        workflow = self.workflow
        started_at = datetime.now().astimezone().isoformat(timespec="milliseconds")
        path = _shown(workflow.path)
        problem = self._open_log(
            LogHeader(
                run=self.id,
                workflow=_encodable(workflow.name),
                mode=self.mode,
                started_at=started_at,
                writer=f"pipeline-tui {__version__}",
                path=path,
            )
        )
        self._recorder.emit(
            RunStarted(
                *self._stamp(),
                workflow=_encodable(workflow.name),
                mode=self.mode,
                steps=tuple(step.id for step in workflow.steps),
                inputs=self.inputs,
                path=path,
                started_at=started_at,
                version=__version__,
                note=self.note,
                notices=tuple(str(notice) for notice in workflow.notices),
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

    async def _walk(self, summaries: dict[str, StepSummary], transport: Any) -> None:
        """Start each step when the steps it needs are over; skip those whose needs have failed."""
        waiting = {step.id: step for step in self.workflow.steps}
        runner = StepRunner(
            self._setting,
            self.workflow,
            self.inputs,
            transport=transport,
            recorder=self._recorder,
            epoch=self._epoch,
        )
        try:
            while waiting or self._steps:
                self._start_ready(waiting, summaries, runner)
                if self._steps:
                    await asyncio.wait(self._steps.values(), return_when=asyncio.FIRST_COMPLETED)
                    self._collect(summaries)
        finally:
            for task in self._steps.values():
                task.cancel()
            if self._steps:
                await asyncio.wait(self._steps.values())
            self._collect(summaries)

    def _start_ready(
        self, waiting: dict[str, Step], summaries: dict[str, StepSummary], runner: StepRunner
    ) -> None:
        """Start, or skip, the steps whose needs are all over."""
        for name, needs in dependencies(self.workflow).items():
            if name not in waiting or not all(need in summaries for need in needs):
                continue
            step = waiting.pop(name)
            broken = [need for need in needs if summaries[need].status != "ok"]
            if broken or step.skip or self._cancelled:
                summaries[name] = self._skip(name, broken, step.skip)
            else:
                work = runner.run(step, self._origin.of_step(name))
                self._steps[name] = asyncio.create_task(work, name=f"step {name}")

    def _collect(self, summaries: dict[str, StepSummary]) -> None:
        """Take in the steps that are over."""
        for name in [name for name, task in self._steps.items() if task.done()]:
            summaries[name] = self._summary_of(name, self._steps.pop(name))

    def _summary_of(self, step: str, task: asyncio.Task[StepSummary]) -> StepSummary:
        """How a step ended; one that was cancelled before its first line never spoke."""
        return self._skip(step, []) if task.cancelled() else task.result()

    def _skip(self, step: str, broken: list[str], why: str | None = None) -> StepSummary:
        status: Status = "skipped" if broken or why else "cancelled"
        needs = f"needs {', '.join(broken)}, which did not succeed" if broken else ""
        reason = why or needs or "cancelled before it began"
        origin = self._origin.of_step(step)
        event = StepFinished(
            origin.run, step, None, origin.next_seq(), self._now(), status, 0, 0, None, reason
        )
        self._recorder.emit(event)
        return StepSummary(step=step, status=status, elapsed=0, reason=reason)

    def _finish(self, summaries: dict[str, StepSummary]) -> None:
        try:
            self._tell_finished(summaries)
        finally:
            if self._recorder.log is not None:
                self._recorder.log.close()
            self._channel.close()

    def _tell_finished(self, summaries: dict[str, StepSummary]) -> None:
        for step in self.workflow.steps:
            if step.id not in summaries:
                summaries[step.id] = self._skip(step.id, [])
        if self._recorder.log is not None:
            self._recorder.log.flush()  # a full disk is told before the last event, not after it
        self.result = RunFinished(
            *self._stamp(),
            status="failed" if self._failed else _run_status(summaries, cancelled=self._cancelled),
            elapsed=self._now(),
            steps=tuple(summaries[step.id] for step in self.workflow.steps if step.id in summaries),
            log=_shown(self.log_path),
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

    if workflow.path is None and (problems := check_model(workflow)):
        raise problems[0]
    return Run(workflow, resolve_inputs(workflow, inputs or {}), setting or Setting.of(workflow, **options))


def _encodable(text: str) -> str:
    """The text with `?` for what UTF-8 cannot say: names of files may hold any bytes."""
    return text.encode("utf-8", "replace").decode()


def _shown(path: Path | None) -> str | None:
    return _encodable(str(path)) if path is not None else None


def _check_encodable(inputs: dict[str, Any]) -> None:
    wrong = [name for name, value in inputs.items() if isinstance(value, str) and value != _encodable(value)]
    if wrong:
        problems = dict.fromkeys(wrong, "is not UTF-8")
        raise InputError(
            f"inputs: {', '.join(f'`{name}`' for name in wrong)}: not UTF-8",
            cure="give the text in UTF-8",
            problems=problems,
        )


def _run_status(summaries: dict[str, StepSummary], *, cancelled: bool) -> Status:
    statuses = {summary.status for summary in summaries.values()}
    if cancelled or "cancelled" in statuses:
        return "cancelled"
    return "failed" if statuses & {"failed", "skipped"} else "ok"


__all__ = ["PipelineError", "Run", "run"]

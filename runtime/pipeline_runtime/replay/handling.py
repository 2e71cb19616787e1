"""Handlers on a replay: made anew for each step, fed what a live run would feed them."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_runtime.engine.channel import Channel
from pipeline_runtime.engine.handling import StepHandlers
from pipeline_runtime.engine.recorder import Recorder
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import Error, Lint, StepFinished, StepStarted
from pipeline_runtime.origin import Origin
from pipeline_runtime.secrets import Masker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import TextIO

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.handlers.contract import HandlerLike
    from pipeline_runtime.workflow.models import Step, Workflow

FIRST_SEQ = 1_000_000_000
"""What handlers make the replay tell is numbered from here: the recording's own numbers stay as they are."""


@dataclass(frozen=True, slots=True)
class HandlerPlan:
    """Which handlers a replay runs."""

    workflow: Workflow | None = None
    """Its steps' own are run, with their options; `None`: none."""
    handlers: tuple[HandlerLike, ...] = ()
    """Run for every step besides."""
    console: TextIO | None = None
    """Where built-in console handlers write; `None`: nowhere."""


class ReplayHandlers:
    """The handlers of all steps of a replay.

    A handler that raises never ends a replay, whatever `on_handler_error` says: what is played has happened.
    """

    def __init__(
        self,
        plan: HandlerPlan,
        log: Path,
        run: str,
        *,
        tell: Callable[[AnyEvent], None],
        now: Callable[[], int],
    ) -> None:
        """Make them; nothing is loaded before a step begins.

        Args:
            plan: Which.
            log: The run log that is played.
            run: The run's id.
            tell: Takes what is told of them.
            now: The recorded moment that is played, in ns since the run began.
        """
        self.failures = 0
        """How many errors they had, those of loading included."""
        self._plan = plan
        self._tell = tell
        self._now = now
        self._setting = Setting(
            mode="replay",
            note=None,
            environ=os.environ,
            logs=log.parent if log.name == f"{run}.jsonl" else None,
            masker=Masker(()),
            console=plan.console,
            handlers=plan.handlers,
        )
        self._recorder = _Teller(self._told)
        self._seq = FIRST_SEQ - 1
        self._origin = Origin(run, None, None, self._next_seq)
        self._steps: dict[str, StepHandlers] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def push(self, events: Sequence[AnyEvent]) -> None:
        """Feed them the events of steps, as they are told to everybody. Never blocks."""
        for event in events:
            step = event.step
            if step is None:
                continue
            if isinstance(event, StepStarted):
                self._begin(event, step)
            if isinstance(event, StepFinished):
                self._end(step)
            elif step in self._steps and not _of_handlers(event):
                for runner in self._steps[step].runners:
                    runner.push((event,))

    async def ready(self) -> None:
        """Wait until none is far behind."""
        for handlers in self._steps.values():
            for runner in handlers.runners:
                await runner.ready()

    async def close(self) -> None:
        """Let all come to their end."""
        for step in list(self._steps):
            self._end(step)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def abandon(self) -> None:
        """Wait for none of them any longer."""
        for handlers in self._steps.values():
            for runner in handlers.runners:
                runner.abandon()
        for task in self._tasks:
            task.cancel()

    def _begin(self, event: StepStarted, step: str) -> None:
        model, workflow = _step_of(self._plan.workflow, event, step)
        handlers = StepHandlers(
            model,
            workflow,
            self._setting,
            origin=self._origin.of_step(step),
            recorder=self._recorder,
            now=self._now,
        )
        try:
            handlers.load()
        except PipelineError as error:
            self._recorder.emit(
                Error(
                    self._origin.run, step, None, self._next_seq(), self._now(),
                    type="handler_error", message=error.message, cure=error.cure, fatal=False,
                )
            )  # fmt: skip
            return
        self._steps[step] = handlers
        ended = self._ended[step] = asyncio.Event()
        self._tasks.append(asyncio.create_task(_attend(handlers, ended), name=f"handlers of {step}"))

    def _end(self, step: str) -> None:
        if step in self._ended:
            self._ended[step].set()

    def _told(self, event: AnyEvent) -> None:
        self.failures += isinstance(event, Error)
        self._tell(event)

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq


class _Teller(Recorder):
    """Takes what `StepHandlers` tells: it is in no log, and goes its own way to those who watch."""

    def __init__(self, tell: Callable[[AnyEvent], None]) -> None:
        super().__init__(Channel(), Masker(()))
        self._tell = tell

    def emit(self, event: AnyEvent) -> None:
        """Hand on an event."""
        self._tell(event)


def _of_handlers(event: AnyEvent) -> bool:
    """Whether it tells of the recorded run's own handlers: handlers are not told of each other."""
    if isinstance(event, Error):
        return event.type == "handler_error"
    return isinstance(event, Lint) and event.code.startswith("handler_")


async def _attend(handlers: StepHandlers, ended: asyncio.Event) -> None:
    await handlers.start()
    await ended.wait()
    await handlers.close()


def _step_of(workflow: Workflow | None, event: StepStarted, step: str) -> tuple[Step, Workflow]:
    """The step whose handlers are run: the file's, or one without any that stands for the recorded one."""
    from pipeline_runtime.workflow.models import Step, Workflow  # noqa: PLC0415 - pydantic only when used

    found = next((one for one in workflow.steps if one.id == step), None) if workflow is not None else None
    chosen = found or Step(id=step, provider=event.provider, model=event.model, prompt=event.prompt)
    chosen = chosen.model_copy(update={"on_handler_error": "continue"})
    return chosen, workflow or Workflow(name=event.run, steps=(chosen,))

"""Walks the steps of one run: each begins when the steps that it needs are over."""

from __future__ import annotations

import asyncio
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.workflow.order import dependencies

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pipeline_runtime.events import Status, StepSummary
    from pipeline_runtime.workflow.models import Step, Workflow

    Work: TypeAlias = Callable[[Step], Coroutine[object, object, StepSummary]]
    Skip: TypeAlias = Callable[[str, Status, str], StepSummary]

UNBEGUN = "cancelled before it began"


class Walk:
    """Steps in order, side by side where they may be. A step ends as a summary, whatever happens to it."""

    def __init__(self, workflow: Workflow, skip: Skip) -> None:
        """Make it; nothing begins yet.

        Args:
            workflow: Whose steps are walked.
            skip: Tells that a step does not begin: its name, how it counts, and why.
        """
        self.summaries: dict[str, StepSummary] = {}
        """Of the steps that are over."""
        self._steps = {step.id: step for step in workflow.steps}
        self._needs = dependencies(workflow)
        self._order = TopologicalSorter(self._needs)
        self._walks = False
        self._skip = skip
        self._tasks: dict[str, asyncio.Task[StepSummary]] = {}
        self._over: list[str] = []
        self._changed = asyncio.Event()
        self._unwanted: set[str] = set()
        self._cancelled = False

    async def run(self, work: Work) -> None:
        """Walk all steps; when this is cancelled, those that run are cancelled and waited for.

        Args:
            work: Runs one step.
        """
        self._walks = True
        order = self._order
        order.prepare()
        try:
            while order.is_active():
                for name in order.get_ready():
                    self._begin(name, work)
                await self._changed.wait()
                self._collect()
        finally:
            self.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks.values())
            self._collect()

    def cancel(self, step: str | None = None) -> None:
        """End one step, be it begun or not, or all."""
        if step is None:
            self._cancelled = True
            for task in self._tasks.values():
                task.cancel()
        elif step in self._tasks:
            self._tasks[step].cancel()
        elif not self._walks:
            self._unwanted.add(step)
        elif step in self._steps and step not in self.summaries:
            self._leave(step)

    def end(self) -> dict[str, StepSummary]:
        """The summaries of all steps, in file order; those that never had their turn are cancelled."""
        for name in self._steps:
            if name not in self.summaries:
                self._leave(name)
        return {name: self.summaries[name] for name in self._steps}

    def _begin(self, name: str, work: Work) -> None:
        """Start a step, or skip it."""
        step = self._steps[name]
        broken = [need for need in self._needs[name] if self.summaries[need].status != "ok"]
        if name in self.summaries:
            self._note(name)
        elif broken or step.skip:
            reason = step.skip or f"needs {', '.join(broken)}, which did not succeed"
            self.summaries[name] = self._skip(name, "skipped", reason)
            self._note(name)
        elif self._cancelled or name in self._unwanted:
            self._leave(name)
            self._note(name)
        else:
            task = self._tasks[name] = asyncio.create_task(work(step), name=f"step {name}")
            task.add_done_callback(lambda _: self._note(name))

    def _note(self, name: str) -> None:
        self._over.append(name)
        self._changed.set()

    def _collect(self) -> None:
        """Take in the steps that are over."""
        self._changed.clear()
        over, self._over = self._over, []
        for name in over:
            task = self._tasks.pop(name, None)
            if task is not None:
                if task.cancelled():  # before its first line: it never spoke
                    self._leave(name)
                else:
                    self.summaries[name] = task.result()
            self._order.done(name)

    def _leave(self, name: str) -> None:
        """A step does not begin, because it was cancelled before."""
        self.summaries[name] = self._skip(name, "cancelled", UNBEGUN)


def run_status(summaries: dict[str, StepSummary], *, cancelled: bool) -> Status:
    """How a run ended whose steps ended so.

    A skipped step alone fails nothing: what was skipped because of a failure has that failure beside it, and
    what its file leaves out is told as such. A run that did nothing but skip is `skipped`.
    """
    statuses = {summary.status for summary in summaries.values()}
    if cancelled or "cancelled" in statuses:
        return "cancelled"
    if "failed" in statuses:
        return "failed"
    return "skipped" if statuses == {"skipped"} else "ok"

"""Sets runs beside each other, also while they go on: with another model, another step, another run."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import PipelineError, RunLogError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from textual.app import App

    from pipeline_tui.run_desk import RunDesk
    from pipeline_tui.runs import Plan, RunEntry
    from pipeline_tui.screens.compare_with import Rival
    from pipeline_tui.views.source import RunSource

LOOK = 0.02
"""Seconds between two looks whether a log has begun."""


class CompareDesk:
    """What the app does to compare runs: by their logs, whether they go on or are over."""

    def __init__(self, app: App[Any], runs: RunDesk, known: Callable[[], Mapping[str, str]]) -> None:
        """Make it.

        Args:
            app: Where screens are shown.
            runs: Starts what is compared.
            known: Tells models by the providers that workflows at hand ask for them.
        """
        self._app = app
        self._runs = runs
        self._known = known

    def show(self, a: Path, b: Path, *, pair: tuple[str, str] | None = None) -> None:
        """Compare two logs, or a step of each."""
        from pipeline_tui.screens.compare import CompareScreen  # noqa: PLC0415 - not before the first paint

        self._app.push_screen(CompareScreen(a, b, pair=pair))

    def ask_models(self, path: Path, last_inputs: dict[str, Any]) -> None:
        """Run a file twice, as it is and with another model, and compare both while they go on."""
        self._begin(self._run_both(path, last_inputs))

    def ask(self, source: RunSource, title: str, step: str | None, steps: Sequence[str]) -> None:
        """Compare a run, or the step that is looked at, with what the user chooses.

        Args:
            source: The run.
            title: What it is called.
            step: The step that is looked at; `None`: there is none yet.
            steps: All its steps that have begun.
        """
        self._begin(self._compare(source, title, step, steps))

    def _begin(self, work: Any) -> None:
        self._app.run_worker(work, group="start", exclusive=True)

    async def _run_both(self, path: Path, last_inputs: dict[str, Any]) -> None:
        try:
            plan = await self._runs.plan(path, last_inputs, ask=False)
            other = await self._other(plan, None) if plan is not None else None
            if plan is None or other is None:
                return
            first, second = await self._runs.start(plan), await self._runs.start(other)
            self.show(await _begun(first.run), await _begun(second.run))
        except PipelineError as error:
            self._runs.tell(error)

    async def _compare(self, source: RunSource, title: str, step: str | None, steps: Sequence[str]) -> None:
        from pipeline_tui.screens.compare_with import CompareWithScreen  # noqa: PLC0415 - when it is asked for

        entry = self._runs.book.of(source.id)
        rivals = self._rivals(entry, source, step, steps)
        if not rivals:
            self._app.notify("There is nothing yet to compare this run with: run another one", markup=False)
            return
        rival = await self._app.push_screen_wait(CompareWithScreen(title, rivals))
        try:
            if rival is not None:
                await self._compare_with(rival, entry, source, step)
        except PipelineError as error:
            self._runs.tell(error)

    async def _compare_with(
        self, rival: Rival, entry: RunEntry | None, source: RunSource, step: str | None
    ) -> None:
        if rival.step is not None and step is not None:
            log = await _begun(source)
            self.show(log, log, pair=(step, rival.step))
            return
        second = self._runs.book.of(rival.run)
        if rival.run is not None and second is None:
            text = "That run was put away meanwhile: compare it in the history (h, then space and c)"
            self._app.notify(text, severity="warning", markup=False)
        elif second is None and entry is not None:
            plan = await self._other(await self._runs.plan_again(entry), step)
            second = await self._runs.start(plan) if plan is not None else None
        if second is not None:
            self.show(await _begun(source), await _begun(second.run))

    def _rivals(
        self, entry: RunEntry | None, source: RunSource, step: str | None, steps: Sequence[str]
    ) -> list[Rival]:
        from pipeline_tui.screens.compare_with import Rival  # noqa: PLC0415 - when it is asked for

        found = [Rival("another model  the same prompts, asked once more")] if entry is not None else []
        if step is not None:
            found += [Rival(f"step  {step} against {one}", step=one) for one in steps if one != step]
        lines = self._runs.lines()
        return found + [Rival(f"run   {line}", run=run) for run, line in lines if run != source.id]

    async def _other(self, plan: Plan, step: str | None) -> Plan | None:
        from pipeline_tui.screens.versus import VersusScreen  # noqa: PLC0415 - when it is asked for

        form = VersusScreen(plan, step=step, known=self._known(), environ=os.environ)
        return await self._app.push_screen_wait(form)


async def _begun(source: RunSource) -> Path:
    """The log of a run, once its first line is there.

    Raises:
        RunLogError: It keeps none.
    """
    while (log := source.log_path) is not None:
        if log.exists() and log.stat().st_size:
            return log
        if source.finished:
            break
        await asyncio.sleep(LOOK)
    raise RunLogError(
        "this run keeps no log, and cannot be compared", cure="free some space, and run it again"
    )

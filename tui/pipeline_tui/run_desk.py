"""Starts runs, shows them, leaves them going in the background, and follows how they stand."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.providers import choose_mode, missing_keys
from pipeline_tui.collector import calm_collector
from pipeline_tui.runs import Plan, RunBook, RunEntry, WatchedRun
from pipeline_tui.screens.runs_background import RunsScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import App

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.workflow.models import Workflow
    from pipeline_tui.screens.inputs import FilledIn
    from pipeline_tui.views.source import RunSource

ENDED_KEPT = 12
"""Ended runs that nobody looked at whose screens are kept; the others can be read from their logs."""


class StartRun(Protocol):
    """Makes a run that begins with its first subscriber."""

    def __call__(
        self,
        workflow: Workflow,
        inputs: dict[str, Any],
        mode: str,
        gate: Gate,
        faults: tuple[str, ...] = (),
    ) -> RunSource:
        """The run; `gate` pauses and steps it, `faults` go wrong on purpose.

        Raises:
            PipelineError: It cannot be run so.
        """
        ...


def start_run(
    workflow: Workflow, inputs: dict[str, Any], mode: str, gate: Gate, faults: tuple[str, ...] = ()
) -> RunSource:
    """A run of the runtime; it begins when its screen subscribes."""
    from pipeline_runtime import run  # noqa: PLC0415 - the engine: not before the first paint

    return run(workflow, inputs, mode=mode, console=None, gate=gate, faults=faults)


class RunDesk:
    """What the app does about runs. Knows no screen but those that it opens itself."""

    def __init__(
        self,
        app: App[Any],
        *,
        mode: str | None,
        debug: bool,
        on_change: Callable[[RunEntry], None],
        start: StartRun = start_run,
    ) -> None:
        self.book = RunBook()
        self._app = app
        self._mode = mode
        self._debug = debug
        self._on_change = on_change
        self._start_run = start
        self._loaded = False

    # --- starting -----------------------------------------------------------------------------------------

    def ask_and_start(
        self, path: Path, last_inputs: dict[str, Any], *, ask: bool, faults: tuple[str, ...] = ()
    ) -> None:
        """Read the file, ask for its inputs if it has any (or `ask`), and start a run with these faults."""
        starting = self._ask_and_start(path, last_inputs, ask=ask, faults=faults)
        self._app.run_worker(starting, group="start", exclusive=True)

    async def _ask_and_start(
        self, path: Path, last_inputs: dict[str, Any], *, ask: bool, faults: tuple[str, ...]
    ) -> None:
        try:
            plan = await self.plan(path, last_inputs, ask=ask)
            if plan is not None:
                await self.start(replace(plan, faults=faults))
        except PipelineError as error:
            self.tell(error)

    async def plan(self, path: Path, last_inputs: dict[str, Any], *, ask: bool) -> Plan | None:
        """What a run of this file would be, asked for if it has inputs (or `ask`); `None`: it shall not run.

        Raises:
            PipelineError: The file is not right.
        """
        from pipeline_tui.screens.inputs import InputsScreen  # noqa: PLC0415 - not before the first paint

        workflow, mode, note = await asyncio.to_thread(self._prepare, path)
        if not ask and not workflow.inputs:
            return Plan(workflow, path, {}, mode)
        live = not missing_keys(workflow, os.environ)
        modes = ("mock", "live") if live else ("mock",)
        form = InputsScreen(workflow, last_inputs, mode=mode, modes=modes, note=note or "")
        filled: FilledIn | None = await self._app.push_screen_wait(form)
        return Plan(workflow, path, filled.inputs, filled.mode) if filled is not None else None

    async def plan_again(self, entry: RunEntry) -> Plan:
        """What a run would be as this one was, its file read anew.

        Raises:
            PipelineError: The file is not right any more.
        """
        workflow, _, _ = await asyncio.to_thread(self._prepare, entry.path)
        plan = replace(entry.plan, workflow=workflow)
        return plan.swapped(plan.swap) if plan.swap is not None else plan

    def rerun(self, source: RunSource, faults: tuple[str, ...] | None = None) -> None:
        """Run the same workflow again, read anew, with the same inputs; the earlier run is cancelled.

        Args:
            source: The earlier run.
            faults: What goes wrong on purpose this time; `None`: the same as then.
        """
        entry = self.book.of(source.id)
        if entry is not None:
            self._app.run_worker(self._rerun(entry, faults), group="start", exclusive=True)

    async def _rerun(self, entry: RunEntry, faults: tuple[str, ...] | None) -> None:
        try:
            plan = await self.plan_again(entry)
            plan = plan if faults is None else replace(plan, faults=faults)
            if entry.going:
                entry.run.cancel()
                self._app.notify(f"The earlier run of {entry.title} was cancelled", markup=False)
            if self._app.get_screen(entry.screen).is_active:
                await self._app.pop_screen()
            await self._drop(entry)
            await self.start(plan)
        except PipelineError as error:
            self.tell(error)

    def _prepare(self, path: Path) -> tuple[Workflow, str, str | None]:
        """Read the file as it is now and choose the mode. Blocks; call it in a thread."""
        from pipeline_runtime import run as engine  # noqa: F401, PLC0415 - in this thread: the UI goes on
        from pipeline_runtime.workflow import load_workflow  # noqa: PLC0415 - pydantic and ruamel.yaml
        from pipeline_tui.screens import inputs, run  # noqa: F401, PLC0415

        if not self._loaded:
            self._loaded = True
            calm_collector()

        workflow = load_workflow(path)
        return (workflow, *choose_mode(self._mode, os.environ, workflow))

    async def start(self, plan: Plan) -> RunEntry:
        """Start a run and show it.

        Raises:
            PipelineError: It cannot be run so.
        """
        from pipeline_tui.debugging import debugging_for_run  # noqa: PLC0415 - not before the first paint
        from pipeline_tui.screens.run import RunScreen  # noqa: PLC0415

        gate = (await debugging_for_run(self._app, plan.path)).gate()
        run = self._start_run(plan.workflow, plan.inputs, plan.mode, gate, plan.faults)
        watched = WatchedRun(run, self._changed)
        entry = RunEntry(watched, plan, monotonic())
        self.book.add(entry)
        screen = RunScreen(watched, title=entry.title, debug=self._debug, workflow=plan.path)
        self._app.install_screen(screen, entry.screen)
        self._app.push_screen(entry.screen)
        self._on_change(entry)
        return entry

    def tell(self, error: PipelineError) -> None:
        """Say why something cannot be run."""
        self._app.notify(str(error), severity="error", markup=False)

    # --- leaving and coming back --------------------------------------------------------------------------

    def closed(self, source: RunSource) -> None:
        """The user went back to the list: a run that is over is put away, one that is going goes on."""
        entry = self.book.of(source.id)
        if entry is not None:
            self._app.run_worker(self._close(entry), group="close")

    async def _close(self, entry: RunEntry) -> None:
        if not self._app.get_screen(entry.screen).is_active:
            return
        await self._app.pop_screen()
        if not entry.going:
            await self._drop(entry)
        self._on_change(entry)

    def show_runs(self) -> None:
        """Open the run in the background, or ask which."""
        entries = list(self.book)
        if len(entries) == 1:
            self.open(entries[0].run.id)
        elif entries:
            self._app.push_screen(RunsScreen(self.lines), self.open)

    def open(self, run: str | None) -> None:
        """Show a run's screen again."""
        entry = self.book.of(run)
        if entry is not None and not self._app.get_screen(entry.screen).is_active:
            self._app.push_screen(entry.screen)

    def cancel(self, run: str) -> None:
        """Cancel a run."""
        entry = self.book.of(run)
        if entry is not None and entry.going:
            entry.run.cancel()

    def lines(self) -> list[tuple[str, str]]:
        """Each run's id and its state in words."""
        now = monotonic()
        return [(entry.run.id, entry.line(now)) for entry in self.book]

    def _changed(self, run: WatchedRun) -> None:
        entry = self.book.of(run.id)
        if entry is None:
            return
        for old in self.book.surplus(ENDED_KEPT):
            if not self._app.get_screen(old.screen).is_active:
                self._app.run_worker(self._drop(old), group="close")
        self._on_change(entry)

    async def _drop(self, entry: RunEntry) -> None:
        """Put a run away. One that is still ending ends by itself."""
        if self.book.of(entry.run.id) is None:
            return
        self.book.drop(entry)
        screen = self._app.get_screen(entry.screen)
        self._app.uninstall_screen(screen)
        await screen.remove()

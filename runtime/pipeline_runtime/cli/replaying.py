"""`replay`: a run log played to stdout and stderr as `run` would print it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.cli.breaking import follow, printers_for
from pipeline_runtime.cli.exits import FAILED, OK
from pipeline_runtime.cli.printing import FramePrinter
from pipeline_runtime.cli.whole_lines import prints_whole_lines
from pipeline_runtime.errors import InputError
from pipeline_runtime.library import Library
from pipeline_runtime.replay import HandlerPlan, ReplayRun
from pipeline_runtime.runlog.reader import read_header
from pipeline_runtime.workflow import load_workflow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.cli.breaking import Stops
    from pipeline_runtime.cli.watching import Printer
    from pipeline_runtime.workflow import Workflow


class ReplayCommand:
    """One `pipeline-tui replay`."""

    def __init__(
        self,
        run: str,
        *,
        speed: float,
        own_handlers: bool,
        handlers: Sequence[str],
        as_json: bool,
        debug: bool,
        stops: Stops | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        self._run = run
        self._faults = faults
        self._speed = speed
        self._own_handlers = own_handlers
        self._handlers = handlers
        self._as_json = as_json
        self._stops = stops
        self._printers: list[Printer] = printers_for(as_json=as_json, stops=stops)
        if debug:
            self._printers.insert(0, FramePrinter())

    def execute(self) -> int:
        """Play it.

        Raises:
            PipelineError: There is no such run, its log or its workflow cannot be read, or a fault is none.
            OSError: Our output cannot be written.
        """
        path = Library().find(self._run)
        plan: HandlerPlan | None = None
        if self._own_handlers or self._handlers:
            workflow = _workflow_of(path) if self._own_handlers else None
            plan = HandlerPlan(workflow, tuple(self._handlers))
        # with --json stdout is for events only: whatever a handler prints goes to the notes
        with prints_whole_lines(sys.stderr if self._as_json else sys.stdout):
            return asyncio.run(self._play(path, plan))

    async def _play(self, path: Path, plan: HandlerPlan | None) -> int:
        gate = self._stops.make_gate() if self._stops is not None else None
        if self._faults:
            from pipeline_runtime.replay.faulted import FaultedReplay

            broken = FaultedReplay(path, self._faults, speed=self._speed, handlers=plan, gate=gate)
            return await follow(broken, self._printers, self._stops)
        run = ReplayRun(path, speed=self._speed, handlers=plan, gate=gate)
        code = await follow(run, self._printers, self._stops)
        return FAILED if code == OK and run.handler_failures else code


def _workflow_of(log: Path) -> Workflow:
    """The workflow that was run, as its file is today.

    Raises:
        PipelineError: It has no file, or the file is not right.
    """
    path = read_header(log).path
    if path is None or not Path(path).is_file():
        where = f"{path} is not there" if path else "it has no file"
        raise InputError(
            f"the handlers of this run's workflow cannot be read: {where}", cure="name them: --handler NAME"
        )
    return load_workflow(Path(path))

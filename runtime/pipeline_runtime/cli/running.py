"""`run`: a workflow to its end, with Ctrl-C, pipes and JSON done right."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from pipeline_runtime.cli.breaking import follow, printers_for
from pipeline_runtime.cli.printing import FramePrinter
from pipeline_runtime.cli.whole_lines import prints_whole_lines
from pipeline_runtime.engine.run import run as make_run
from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.errors import InputError, WorkflowError
from pipeline_runtime.workflow import bundled_workflows_dir, load_workflow
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.cli.breaking import Stops
    from pipeline_runtime.cli.taping import Tape
    from pipeline_runtime.cli.watching import Printer
    from pipeline_runtime.workflow import Workflow


class RunCommand:
    """One `pipeline-tui run`."""

    def __init__(
        self,
        path: Path,
        inputs: Sequence[str],
        *,
        mode: str | None,
        stream: bool | None,
        as_json: bool,
        debug: bool,
        tape: Tape | None = None,
        stops: Stops | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        self._path = path
        self._tape = tape
        self._faults = tuple(faults)
        self._inputs = inputs
        self._mode = mode
        self._stream = stream
        self._as_json = as_json
        self._stops = stops
        self._printers: list[Printer] = printers_for(as_json=as_json, stops=stops)
        if debug:
            self._printers.insert(0, FramePrinter())

    def execute(self) -> int:
        """Run it.

        Raises:
            PipelineError: The workflow, an input or the mode is not right.
            OSError: Our output cannot be written; the run was cancelled.
        """
        workflow = load_workflow(find_workflow(self._path))
        run = make_run(workflow, parse_inputs(self._inputs), setting=self._setting(workflow))
        # with --json stdout is for events only: whatever a handler prints goes to the notes
        with prints_whole_lines(sys.stderr if self._as_json else sys.stdout):
            code = asyncio.run(follow(run, self._printers, self._stops))
        if self._tape is not None:
            self._tape.keep(run.log_path)
        return code

    def _setting(self, workflow: Workflow) -> Setting:
        gate = self._stops.make_gate() if self._stops is not None else None
        stream, faults = self._stream, self._faults
        if self._tape is not None:
            return self._tape.setting(workflow, stream=stream, console=None, gate=gate, faults=faults)
        return Setting.of(workflow, mode=self._mode, stream=stream, console=None, gate=gate, faults=faults)


def find_workflow(path: Path) -> Path:
    """The file that was named; a bundled workflow may be named without its folder and ending.

    Raises:
        WorkflowError: There is neither a file nor a bundled workflow of that name.
    """
    if path.name != str(path):
        return path
    bundled = {file.stem: file for file in sorted(bundled_workflows_dir().glob("*.yaml"))}
    name = path.name.removesuffix(".yaml")
    if not path.is_file() and name in bundled:
        return bundled[name]
    if path.exists():
        return path
    cure = suggest(name, bundled)
    raise WorkflowError("no such file, and no bundled workflow of this name", path=str(path), cure=cure)


def parse_inputs(given: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping.

    Raises:
        InputError: A word has no `=`.
    """
    inputs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name:
            missing = "'='" if name else "name"
            raise InputError(f"--input {word}: there is no {missing}", cure="write --input NAME=VALUE")
        inputs[name] = value
    return inputs

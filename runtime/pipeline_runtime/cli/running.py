"""`run`: a workflow to its end, with Ctrl-C, pipes and JSON done right."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Protocol

from pipeline_runtime.cli.exits import FAILED, INTERRUPTED, OK
from pipeline_runtime.cli.printing import FramePrinter, JsonPrinter, TextPrinter
from pipeline_runtime.engine.run import Run
from pipeline_runtime.engine.run import run as make_run
from pipeline_runtime.errors import InputError
from pipeline_runtime.workflow import bundled_workflows_dir, load_workflow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent


class Printer(Protocol):
    """Writes events somewhere."""

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write what these events say."""


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
    ) -> None:
        self._path = path
        self._inputs = inputs
        self._mode = mode
        self._stream = stream
        self._printers: list[Printer] = [JsonPrinter() if as_json else TextPrinter()]
        if debug:
            self._printers.insert(0, FramePrinter())
        self._interrupted = False

    def execute(self) -> int:
        """Run it.

        Raises:
            PipelineError: The workflow, an input or the mode is not right.
        """
        workflow = load_workflow(find_workflow(self._path))
        run = make_run(
            workflow, parse_inputs(self._inputs), mode=self._mode, stream=self._stream, console=None
        )
        return asyncio.run(self._watch(run))

    async def _watch(self, run: Run) -> int:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGINT, self._interrupt, run)
            loop.add_signal_handler(signal.SIGTERM, self._interrupt, run)
        try:
            async for batch in run.batches():
                for printer in self._printers:
                    printer.take(batch)
        except BrokenPipeError:
            run.cancel()
            await run.wait()
            raise
        if self._interrupted:
            return INTERRUPTED
        return OK if run.result is not None and run.result.status == "ok" else FAILED

    def _interrupt(self, run: Run) -> None:
        """First Ctrl-C: close the sockets and keep what came. A second one ends the process."""
        self._interrupted = True
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        run.cancel()


def find_workflow(path: Path) -> Path:
    """The file that was named; a bundled workflow may be named without its folder and ending."""
    if not path.exists() and path.name == str(path):
        bundled = bundled_workflows_dir() / f"{path.name.removesuffix('.yaml')}.yaml"
        if bundled.is_file():
            return bundled
    return path


def parse_inputs(given: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping.

    Raises:
        InputError: A word has no `=`.
    """
    inputs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"--input {word}: there is no '='", cure="write --input NAME=VALUE")
        inputs[name] = value
    return inputs

"""What a run is set in: its mode, environment, log folder, console."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from pipeline_runtime.faults.running import read_run_faults
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.providers import choose_mode, secret_values
from pipeline_runtime.secrets import Masker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.events import Mode
    from pipeline_runtime.handlers.contract import HandlerLike
    from pipeline_runtime.simulator import Simulator
    from pipeline_runtime.stream.memory import Memory
    from pipeline_runtime.stream.sender import Sender
    from pipeline_runtime.transport import Transport
    from pipeline_runtime.workflow.models import Step, Workflow

    Layer: TypeAlias = Callable[[Step, Sender], Sender]


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything about a run that its workflow does not say."""

    mode: Mode
    note: str | None
    """Why this mode, when nobody chose it."""
    environ: Mapping[str, str]
    logs: Path | None
    """The folder of the run log; `None`: keep none."""
    masker: Masker
    stream: bool | None = None
    """Overrides every step's `stream`."""
    console: TextIO | None = None
    """Where built-in console handlers write; `None`: nowhere, because the front end shows the text."""
    handlers: tuple[HandlerLike, ...] = ()
    """Handlers of every step, beside the step's own: functions, classes, factories, objects or names."""
    simulator: Simulator | None = None
    """Answers mock steps; `None`: the embedded one."""
    remember: bool = True
    """Use and keep what endpoints have said of streaming. Only live runs do."""
    gate: Gate | None = None
    """Stops the run at breakpoints, and steps it; `None`: nothing is ever held."""
    layers: tuple[Layer, ...] = ()
    """What stands between a step and the network, from the network on: a cassette."""
    faults: tuple[str, ...] = ()
    """What goes wrong on purpose in every step, whoever answers; a step's own come besides."""
    recall: Callable[[Step], Memory] | None = None
    """What a step knows of its endpoint, in place of what was learned: a cassette's first request decides."""

    @classmethod
    def of(
        cls,
        workflow: Workflow,
        *,
        mode: str | None = None,
        environ: Mapping[str, str] | None = None,
        logs: Path | None = None,
        keep_log: bool = True,
        stream: bool | None = None,
        console: TextIO | Literal["stdout"] | None = "stdout",
        handlers: tuple[HandlerLike, ...] = (),
        simulator: Simulator | None = None,
        remember: bool = True,
        gate: Gate | None = None,
        layers: tuple[Layer, ...] = (),
        faults: Sequence[str] = (),
    ) -> Setting:
        """The setting for a workflow, from the environment where nothing else is said.

        Raises:
            PipelineError: `mode`, or TEST_MODE, is no mode.
            InputError: One of the `faults` is none, or one that only a scenario can have.
        """
        read_run_faults(faults)
        variables = os.environ if environ is None else environ
        chosen, note = choose_mode(mode, variables, workflow)
        return cls(
            mode=chosen,
            note=note,
            environ=variables,
            logs=(logs or runs_dir()) if keep_log else None,
            masker=Masker(secret_values(workflow, variables)),
            stream=stream,
            console=sys.stdout if console == "stdout" else console,
            handlers=handlers,
            simulator=simulator,
            remember=remember,
            gate=gate,
            layers=layers,
            faults=tuple(faults),
        )

    def memory_of(self, step: Step, opened: Memory | None) -> Memory | None:
        """What a step may know of its endpoint before it asks; `opened`: from `open_memory`."""
        if self.recall is not None:
            return self.recall(step)
        return None if step.faults else opened

    def open_memory(self) -> Memory | None:
        """What was learned of endpoints; `None` in mock runs, when a stream is forced, and with faults."""
        if self.mode != "live" or not self.remember or self.stream is True or self.faults:
            return None
        from pipeline_runtime.capabilities.lessons import LessonBook  # noqa: PLC0415 - only when used
        from pipeline_runtime.capabilities.memory import EndpointMemory  # noqa: PLC0415

        return EndpointMemory(LessonBook())

    async def open_transport(self) -> Transport:
        """The run's connection pool: an async context manager."""
        if _TRANSPORT in sys.modules:
            return _transport_class()()
        # httpx is loaded when something runs, and in a thread: the loop would stand still for 60 ms.
        return (await asyncio.to_thread(_transport_class))()


_TRANSPORT = "pipeline_runtime.transport.client"


def _transport_class() -> type[Transport]:
    from pipeline_runtime.transport import Transport  # noqa: PLC0415 - see above

    return Transport

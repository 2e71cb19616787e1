"""The embedded simulator: one for the process, started when the first mock step needs it."""

from __future__ import annotations

import asyncio
import atexit
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.simulator import Simulator
    from pipeline_runtime.workflow.models import Step

_lock = Lock()
_started: list[Simulator] = []


async def embedded_simulator() -> Simulator:
    """The process's simulator, listening on loopback; started at the first call, closed at exit."""
    return await asyncio.to_thread(_start)


def scenario_key(simulator: Simulator, step: Step, folder: Path | None) -> str | None:
    """The simulator's key for a step's `scenario`; one that is written out in the step is added to it.

    `folder` is the workflow's: paths in the scenario are relative to it.

    Raises:
        PipelineError: There is no such scenario, or the inline one is not right.
    """
    scenario = step.scenario
    if not isinstance(scenario, dict):
        return scenario
    from pipeline_runtime.simulator import parse_scenario  # noqa: PLC0415 - see above

    return simulator.add(parse_scenario({"name": step.id, **scenario}, f"step '{step.id}'", folder))


def _start() -> Simulator:
    with _lock:
        if not _started:
            from pipeline_runtime.simulator import Simulator  # noqa: PLC0415 - a web server only when needed

            simulator = Simulator()
            simulator.__enter__()
            atexit.register(simulator.close)
            _started.append(simulator)
        return _started[0]

"""What a run says of itself is what a script of its own measures from the bytes in the run log, within 5 %."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import independent_metrics
from helpers_core import events_of, mocked, only, simulator
from pipeline_runtime.events import Done

if TYPE_CHECKING:
    from pipeline_runtime.simulator import Simulator

__all__ = ["simulator"]
REPLY = "Tea is older than most of the countries that drink it, and it has seen them all come and go. " * 4
THOUGHT = "Tea or coffee? Tea it is."
TIMINGS = {
    "steady": "{first_token: 8, rate: 60, jitter: 0.2}",
    "fast": "{first_token: 4, rate: 2000}",
    "bursts": "{first_token: 4, rate: 200, jitter: 0.9}",
}


@pytest.mark.streaming
@pytest.mark.parametrize("provider", ["claude", "openai", "ollama"])
@pytest.mark.parametrize("timing", TIMINGS)
async def test_a_run(provider: str, timing: str, simulator: Simulator) -> None:
    scenario = f"{{reply: [{{thinking: {THOUGHT}}}, {{text: '{REPLY}'}}], timing: {TIMINGS[timing]}}}"
    await agree(f"steps: [{{id: s, provider: {provider}, prompt: hi, scenario: {scenario}}}]", simulator)


@pytest.mark.streaming
async def test_a_run_with_a_stall(simulator: Simulator) -> None:
    scenario = f"{{reply: '{REPLY}', timing: {{first_token: 4, rate: 200}}, faults: [stall@30:30s]}}"
    found = await agree(f"steps: [{{id: s, provider: claude, prompt: hi, scenario: {scenario}}}]", simulator)
    assert found["stalls"] == 1


async def agree(workflow: str, simulator: Simulator) -> dict[str, float]:
    """Run it, and compare."""
    run = mocked(workflow, simulator)
    timings = only(await events_of(run), Done).response.timings
    assert run.log_path is not None
    (found,) = independent_metrics.measure(run.log_path).values()
    told = {name: getattr(timings, name, None) for name in found}
    told["stalls"] = len(timings.stalls)
    told["longest_stall"] = max((stall.duration for stall in timings.stalls), default=0)
    assert found["deltas"] > 20
    assert found["gap_p99"] is not None
    for name, number in found.items():
        assert told[name] == (None if number is None else pytest.approx(number, rel=0.05)), name
    return found


def test_the_script_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(independent_metrics.__file__).read_text(encoding="utf-8"))
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert froms | names == {"__future__", "base64", "itertools", "json", "math", "sys", "pathlib", "typing"}

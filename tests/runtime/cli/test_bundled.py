"""Every bundled workflow, run to its end and printed: each shows what its name says."""

from __future__ import annotations

import io

import msgspec
import pytest

from pipeline_runtime import (
    AnyEvent,
    Done,
    Error,
    Retry,
    StepFinished,
    StepStarted,
    bundled_workflows_dir,
    load_workflow,
    run,
)
from pipeline_runtime.cli.printing import JsonPrinter, TextPrinter
from pipeline_runtime.simulator import Simulator

pytestmark = pytest.mark.streaming
NAMES = sorted(path.stem for path in bundled_workflows_dir().glob("*.yaml"))
DELIVERIES = {
    "buffered": {"buffered"},
    "fallback": {"sync"},
    "refusals": {"stream", "sync", "buffered"},
}
"""The rest is streamed."""


@pytest.fixture(scope="module")
def simulator():
    with Simulator(time_scale=0.3) as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
async def test_it_runs_offline_and_shows_what_it_says(name, simulator):
    workflow = load_workflow(bundled_workflows_dir() / f"{name}.yaml")
    text, notes, lines = io.StringIO(), io.StringIO(), io.TextIOWrapper(io.BytesIO())
    printers = [TextPrinter(text, notes), JsonPrinter(lines, io.StringIO())]
    running = run(workflow, mode="mock", simulator=simulator, console=None)
    async for batch in running.batches():
        for printer in printers:
            printer.take(batch)
    events = [msgspec.json.decode(line, type=AnyEvent) for line in lines.buffer.getvalue().splitlines()]
    assert [event.seq for event in events] == list(range(len(events)))
    assert running.result is not None
    if name == "cut":
        (error,) = [event for event in events if isinstance(event, Error)]
        assert running.result.status == "failed"
        assert text.getvalue() == error.response.text + "\n"
        assert "deltas kept" in notes.getvalue()
        return
    answers = [event.response for event in events if isinstance(event, Done)]
    assert running.result.status == "ok"
    assert len(answers) == len(workflow.steps)
    assert {answer.delivery for answer in answers} == DELIVERIES.get(name, {"stream"})
    assert all(answer.text in text.getvalue() for answer in answers)
    for step in workflow.steps:
        assert f"── {step.id} · {step.provider}/{step.model}\n" in notes.getvalue()
    assert _shows(name, events, answers)


def _shows(name: str, events: list, answers: list) -> bool:
    """What this workflow is there for."""
    if name == "thinking":
        return all(answer.thinking for answer in answers)
    if name == "tools":
        return answers[0].tool_calls[0].complete and answers[0].finish_reason == "tool_use"
    if name == "retry":
        return [event.attempts for event in events if isinstance(event, StepFinished)] == [2]
    if name == "fallback":
        return answers[0].fallback.source == "server"
    if name == "refusals":
        return _refusals(events) == {
            "a_refused": ("sync", "server"),
            "b_option": ("stream", "drop_stream_options"),
            "c_silent": ("sync", "response"),
            "c_one_frame": ("buffered", None),
            "d_must_stream": ("stream", "stream"),
        }
    if name == "protocols":
        return [event.protocol for event in events if isinstance(event, StepStarted)] == [
            "anthropic", "openai-chat", "openai-responses", "gemini", "ollama",
        ]  # fmt: skip
    if name in {"judge", "two_providers"}:
        first_two = [event.step for event in events if isinstance(event, Done)][:2]
        return set(first_two) == set(events[0].steps[:2])
    return not any(isinstance(event, Retry) for event in events)


def _refusals(events: list) -> dict:
    """By step: how it was delivered, and who or what changed the form of the request."""
    changes = {event.step: event.change for event in events if isinstance(event, Retry)}
    return {
        event.step: (
            event.response.delivery,
            event.response.fallback.source if event.response.fallback else changes.get(event.step),
        )
        for event in events
        if isinstance(event, Done)
    }

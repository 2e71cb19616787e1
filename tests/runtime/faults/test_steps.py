"""`faults:` on a step of a workflow: checked with its place, in force for that step alone, and told."""

from __future__ import annotations

import json

import pytest

from helpers_cli import cli
from helpers_core import (
    InTurn,
    events_of,
    head,
    live,
    mocked,
    of,
    only,
    piece,
    serving,
    steps_of,
    whole,
    workflow_for,
)
from pipeline_runtime.events import Error, ResponseOpened, RunStarted
from pipeline_runtime.workflow.loader import examine_text

FLOW = """
defaults: {provider: claude, model: m, stream: true}
steps:
  - id: one
    prompt: Say it.
    faults:
      - stall@1:10ms
      - FAULT
"""


@pytest.mark.parametrize(
    ("fault", "message", "cure"),
    [
        ("disconect@3", "'disconect@3' is not a fault: column 1", "disconnect@17"),
        ("disconnect@x", "'disconnect@x' is not a fault: column 12", "write it like disconnect@17"),
        ("keepalive:1s", "'keepalive:1s' is not a fault: column 1", "scenarios only"),
        ("3", "must be a text, and is the number 3", ""),
    ],
)
def test_a_mistake_is_told_with_its_place(fault, message, cure):
    workflow, (problem,) = examine_text(FLOW.replace("FAULT", fault), "flow.yaml")
    assert workflow is None
    assert (problem.line, problem.column, problem.key) == (8, 9, "steps[0].faults[1]")
    assert message in problem.message
    assert cure in problem.cure


def test_one_fault_needs_no_list():
    (text, several) = FLOW.replace("FAULT", "drop@2"), "    faults:\n      - stall@1:10ms\n      - drop@2\n"
    assert several in text
    workflow, problems = examine_text(text.replace(several, "    faults: drop@2\n"), "flow.yaml")
    assert problems == []
    assert workflow.steps[0].faults == ("drop@2",)


async def test_they_break_their_own_step_and_the_run_says_so(simulator, tmp_path):
    text = """
steps:
  - {id: one, prompt: Say it., faults: [disconnect@1], retry: {attempts: 1}, scenario: {reply: one two three}}
  - {id: two, prompt: Say it., needs: [], scenario: {reply: one two three}}
"""
    events = await events_of(mocked(text, simulator, logs=tmp_path, faults=["stall@1:1ms"]))
    assert steps_of(events) == {"one": "failed", "two": "ok"}
    started = only(events, RunStarted)
    assert started.faults == ("stall@1:1ms", "one: disconnect@1")
    assert started.note == "faults are injected: stall@1:1ms, one: disconnect@1"
    marks = {event.step: dict(event.headers)["x-injected-faults"] for event in of(events, ResponseOpened)}
    assert marks == {"one": "stall@1:1ms, disconnect@1", "two": "stall@1:1ms"}


async def test_nothing_is_learned_from_a_step_that_was_broken(tmp_path):
    refusing = InTurn(
        head("400 Bad Request", kind="application/json")
        + b'{"error":{"message":"Your model does not support streaming","param":"stream"}}',
        head(kind="application/json") + whole(),
    )
    async with serving(refusing) as server:
        flow = workflow_for(server, {"faults": ["content-type:application/json"]})
        first = await events_of(live(flow, logs=tmp_path))
        refusing.bodies.clear()
        again = await events_of(live(workflow_for(server), logs=tmp_path))
    assert [len(of(events, ResponseOpened)) for events in (first, again)] == [2, 2]


async def test_a_live_provider_is_broken_in_the_same_way(tmp_path):
    answer = head() + b"".join(piece(word) for word in ("zero", " one", " two"))
    async with serving(InTurn(answer)) as server:
        run = live(workflow_for(server, {"faults": ["disconnect@2"]}), logs=tmp_path)
        error = only(await events_of(run), Error)
    assert (error.type, error.response.text) == ("disconnected", "zero one")
    assert error.message.endswith("an injected fault")


def test_a_list_of_workflows_tells_of_them(tmp_path):
    (tmp_path / "flow.yaml").write_text(FLOW.replace("FAULT", "drop@2"))
    assert cli("list", str(tmp_path)).out.rstrip().endswith("[faults: one: stall@1:10ms, one: drop@2]")
    (told,) = [json.loads(line) for line in cli("list", str(tmp_path), "--json").out.splitlines()]
    assert told["faults"] == ["one: stall@1:10ms", "one: drop@2"]

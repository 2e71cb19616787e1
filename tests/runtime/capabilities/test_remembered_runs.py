"""A server's refusal is heard once: the next run asks in the form that it wants, and says so."""

from __future__ import annotations

import pytest

from pipeline_runtime import Done, Fallback, Retry, run
from pipeline_runtime.events import AttemptStarted
from pipeline_runtime.simulator import Simulator
from pipeline_runtime.workflow import load_workflow_text

pytestmark = pytest.mark.streaming


@pytest.fixture
def simulator():
    with Simulator(time_scale=0) as simulator:
        yield simulator


def workflow_at(simulator: Simulator, scenario: str, *, stream: bool = True):
    base_url = simulator.base_url(scenario, "openai-chat")
    return load_workflow_text(
        f"providers: {{here: {{protocol: openai-chat, base_url: '{base_url}'}}}}\n"
        f"steps: [{{id: ask, provider: here, model: m, prompt: hi, stream: {str(stream).lower()}}}]\n",
        "remembered",
    )


async def events_of(workflow, **options):
    return [event async for event in run(workflow, mode="live", keep_log=False, **options)]


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


async def test_the_second_run_makes_the_sync_call_at_once(simulator):
    workflow = workflow_at(simulator, "no-stream")
    first = await events_of(workflow)
    second = await events_of(workflow)
    assert [attempt.asked for attempt in only(first, AttemptStarted)] == ["stream", "sync"]
    assert [attempt.asked for attempt in only(second, AttemptStarted)] == ["sync"]
    told = only(second, Fallback)
    assert [event.source for event in told] == ["remembered"]
    assert second.index(told[0]) < second.index(only(second, AttemptStarted)[0])
    (done,) = only(second, Done)
    assert done.response.delivery == "sync"
    assert done.response.fallback.source == "remembered"


async def test_a_forced_stream_asks_anew(simulator):
    workflow = workflow_at(simulator, "no-stream")
    await events_of(workflow)
    again = await events_of(workflow, stream=True)
    assert [attempt.asked for attempt in only(again, AttemptStarted)] == ["stream", "sync"]


async def test_nothing_is_kept_when_told_so(simulator):
    workflow = workflow_at(simulator, "no-stream")
    await events_of(workflow, remember=False)
    again = await events_of(workflow, remember=False)
    assert [attempt.asked for attempt in only(again, AttemptStarted)] == ["stream", "sync"]


async def test_another_scenario_is_another_endpoint(simulator):
    await events_of(workflow_at(simulator, "no-stream"))
    events = await events_of(workflow_at(simulator, "draft"))
    assert not only(events, Fallback)
    assert not only(events, Retry)

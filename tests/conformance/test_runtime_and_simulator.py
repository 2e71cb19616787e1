"""The runtime against the simulator in every protocol, and against the simulator that replays the run's own log."""

from __future__ import annotations

import pytest

from helpers_core import gather, live, mocked, workflow_for
from helpers_sdk import expected_texts, expected_tool_inputs
from pipeline_runtime.events import Delta, Done, Error, Fallback, Lint
from pipeline_runtime.simulator import parse_scenario

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

PROVIDERS = {
    "anthropic": "claude",
    "openai-chat": "openai",
    "openai-responses": "openai-responses",
    "gemini": "gemini",
    "ollama": "ollama",
}
EACH = pytest.mark.parametrize("protocol", PROVIDERS)


async def play(simulator, protocol, scenario, logs, retry="{attempts: 1}"):
    """Run one mock step; gives its events and its log."""
    step = f"id: s1, provider: {PROVIDERS[protocol]}, prompt: Say it., retry: {retry}, scenario: {scenario}"
    made = mocked(f"steps: [{{{step}}}]", simulator, logs=logs)
    return await gather(made), made.log_path


async def play_again(simulator, protocol, log, logs, **replay):
    """Run a live step against the replay of a log."""
    key = simulator.add(parse_scenario({"replay": {"log": str(log)} | replay}, "test"))
    workflow = workflow_for(simulator.base_url(key, protocol), protocol=protocol)
    return await gather(live(workflow, logs=logs))


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def said(events):
    return [(event.lane, event.index, event.content, event.tool) for event in of(events, Delta)]


@EACH
@pytest.mark.parametrize("scenario", ["thinking", "tool-call", "unicode", "escapes"])
async def test_whole_answers_without_a_finding(sdk_simulator, tmp_path, protocol, scenario):
    events, _ = await play(sdk_simulator, protocol, scenario, tmp_path)
    (done,) = of(events, Done)
    response = done.response
    assert {"text": response.text, "thinking": response.thinking} == expected_texts(scenario)
    calls = [(call.name, call.input) for call in response.tool_calls]
    if scenario == "tool-call":
        assert [name for name, _ in calls] == [name for name, _ in expected_tool_inputs(scenario)]
        assert calls[0][1] == {"city": "Lisbon", "unit": "celsius"}
    assert response.finish_reason == ("tool_use" if calls else "stop")
    assert (response.verdict, response.model) == ("complete", "m")
    assert response.delivery in {"stream", "buffered"}  # a busy machine may bring a quick answer all at once
    assert response.usage.output > 10
    assert of(events, Lint) == []


@EACH
@pytest.mark.parametrize("scenario", ["no-stream", "unverified-org"])
async def test_a_refusal_falls_back_to_sync(sdk_simulator, tmp_path, protocol, scenario):
    events, _ = await play(sdk_simulator, protocol, scenario, tmp_path)
    (fallback,), (done,) = of(events, Fallback), of(events, Done)
    assert fallback.status == 400
    assert done.response.delivery == "sync"
    assert done.response.text == expected_texts(scenario)["text"]


@EACH
async def test_an_error_in_the_stream_keeps_what_came_before_it(sdk_simulator, tmp_path, protocol):
    events, _ = await play(sdk_simulator, protocol, "error-mid-stream", tmp_path)
    (error,) = of(events, Error)
    assert error.status == 200
    assert len(of(events, Delta)) == 100
    assert expected_texts("error-mid-stream")["text"].startswith(error.response.text)


@EACH
@pytest.mark.parametrize("scenario", ["thinking", "tool-call", "no-stream"])
async def test_the_replay_of_a_runs_log_is_the_same_run(sdk_simulator, tmp_path, protocol, scenario):
    first, log = await play(sdk_simulator, protocol, scenario, tmp_path)
    attempt = 2 if scenario == "no-stream" else 1
    again = await play_again(sdk_simulator, protocol, log, tmp_path, attempt=attempt)
    assert said(again) == said(first)
    (before,), (after,) = of(first, Done), of(again, Done)
    assert (after.response.text, after.response.usage, after.response.id) == (
        before.response.text,
        before.response.usage,
        before.response.id,
    )


@EACH
async def test_the_replay_of_a_cut_stream_is_cut(sdk_simulator, tmp_path, protocol):
    first, log = await play(sdk_simulator, protocol, "cut", tmp_path)
    again = await play_again(sdk_simulator, protocol, log, tmp_path)
    assert [error.type for error in of(again, Error)] == [error.type for error in of(first, Error)]
    assert of(again, Error)[0].type == "disconnected"
    assert said(again) == said(first)


@EACH
async def test_an_attempt_that_was_cut_and_tried_again_is_cut_in_its_replay(
    sdk_simulator, tmp_path, protocol
):
    scenario = "{reply: a b c, faults: [disconnect@0]}"
    _, log = await play(sdk_simulator, protocol, scenario, tmp_path, retry="{attempts: 2, backoff: 0.01}")
    (error,) = of(await play_again(sdk_simulator, protocol, log, tmp_path, attempt=1), Error)
    assert error.type == "disconnected"

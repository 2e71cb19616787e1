"""Against real providers, for whoever has a key: `pytest -m live`. Each provider without its key is skipped.

The base URL variables count too, so that the same test judges any server that claims to speak the protocol.
"""

from __future__ import annotations

import os

import pytest

from pipeline_runtime import Delta, Done, Error, run
from pipeline_runtime.providers import missing_keys
from pipeline_runtime.workflow import load_workflow_text

pytestmark = [pytest.mark.live, pytest.mark.streaming]

MODELS = {
    "claude": "claude-haiku-4-5",
    "openai": "gpt-4o-mini",
    "openai-responses": "gpt-5-nano",
    "gemini": "gemini-2.5-flash",
}


def workflow_for(provider: str, *, stream: bool):
    model = os.environ.get(f"PIPELINE_LIVE_MODEL_{provider.upper().replace('-', '_')}", MODELS[provider])
    workflow = load_workflow_text(
        f"steps: [{{id: hello, provider: {provider}, model: {model}, prompt: 'Say hello in five words.',"
        f" max_tokens: 400, stream: {str(stream).lower()}}}]",
        "live",
    )
    missing = missing_keys(workflow, os.environ)
    if missing:
        pytest.skip(f"{missing[0][1]} is not set")
    return workflow


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "sync"])
@pytest.mark.parametrize("provider", MODELS)
async def test_a_provider_answers(provider, stream):
    workflow = workflow_for(provider, stream=stream)
    events = [event async for event in run(workflow, mode="live", remember=False)]
    assert [event for event in events if isinstance(event, Error)] == []
    (done,) = [event for event in events if isinstance(event, Done)]
    text = "".join(event.content for event in events if isinstance(event, Delta) and event.lane == "text")
    assert text == done.response.text
    assert text.strip()
    assert done.response.finish_reason is not None
    assert done.response.delivery == ("stream" if stream else "sync") or done.response.fallback is not None
    key = next(value for name, value in os.environ.items() if name.endswith("_API_KEY") and value)
    assert key not in repr(events)

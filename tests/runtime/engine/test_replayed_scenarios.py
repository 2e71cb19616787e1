"""A step may replay a recorded body: its path is relative to the workflow, wherever the program is started."""

from __future__ import annotations

import pytest

from pipeline_runtime import Done, load_workflow, run
from pipeline_runtime.simulator import Simulator

BODY = (
    b'data: {"choices":[{"index":0,"delta":{"content":"as it was"}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
FLOW = """\
steps:
  - id: again
    provider: openai
    model: m
    stream: true
    prompt: hi
    scenario: {replay: {file: recorded.sse}}
"""


@pytest.fixture
def workflow(tmp_path):
    (tmp_path / "recorded.sse").write_bytes(BODY)
    (tmp_path / "flow.yaml").write_text(FLOW)
    return load_workflow(tmp_path / "flow.yaml")


@pytest.mark.streaming
async def test_the_recorded_file_lies_beside_the_workflow(workflow):
    async with Simulator(time_scale=0) as simulator:
        events = [event async for event in run(workflow, mode="mock", simulator=simulator, keep_log=False)]
    (done,) = [event for event in events if isinstance(event, Done)]
    assert (done.response.text, done.response.delivery) == ("as it was", "stream")

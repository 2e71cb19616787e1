from __future__ import annotations

from helpers_workflow import workflow_of
from pipeline_runtime.protocols.base import Message, ModelRequest, Tool
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.transport import Timeouts
from pipeline_runtime.workflow import Retry, Timeout, model_request


def test_a_plain_step():
    (step,) = workflow_of("steps: [{id: a, prompt: p}]").steps
    assert model_request(step, "hello", None) == ModelRequest("m", (Message("user", "hello"),), stream=False)


def test_everything_that_a_step_can_ask():
    (step,) = workflow_of("""\
        steps:
          - {id: a, prompt: p, stream: true, max_tokens: 5, temperature: 0, thinking: high, params: {top_p: 0.5},
             tools: [{name: look, description: d, input_schema: {type: object}}, {name: bare}]}
        """).steps
    assert model_request(step, "hello", "be brief") == ModelRequest(
        "m",
        (Message("user", "hello"),),
        stream=True,
        system="be brief",
        max_tokens=5,
        temperature=0.0,
        tools=(Tool("look", "d", {"type": "object"}), Tool("bare", "", {"type": "object", "properties": {}})),
        thinking="high",
        params={"top_p": 0.5},
    )


def test_patience_is_the_transports_own_unless_said():
    assert Timeouts(**Timeout().model_dump()) == Timeouts()
    assert RetryPolicy(**Retry().model_dump()) == RetryPolicy()

"""Whatever is asked and whatever is answered: the stream is whole, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.simulator import parse_scenario
from pipeline_runtime.simulator.anthropic_dialect import AnthropicDialect
from pipeline_runtime.simulator.openai_dialect import OpenAIChatDialect
from pipeline_runtime.simulator.responding import respond
from pipeline_runtime.simulator.script import Cut, Send, Wait

DIALECTS = (AnthropicDialect(), OpenAIChatDialect())
ECHO = parse_scenario({"name": "echo", "reply": "{{ prompt }}"}, "test")
FAULTS = st.lists(
    st.sampled_from(
        ["stall@{}:1s", "disconnect@{}", "error@{}", "malform@{}", "unknown@{}", "duplicate@{}"]
    ).flatmap(lambda form: st.integers(0, 12).map(form.format)),
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def body(prompt: str, **more) -> bytes:
    asked = {"model": "m", "max_tokens": 10**6, "messages": [{"role": "user", "content": prompt}]}
    return json.dumps(asked | more).encode()


def sent(reply) -> bytes:
    return b"".join(action.data for action in reply.plan.actions if isinstance(action, Send))


def pieces(raw: bytes) -> str:
    """The text of either protocol's stream."""
    text = ""
    for line in raw.decode().split("\n"):
        if line.startswith("data: {"):
            event = json.loads(line[6:])
            text += event.get("delta", {}).get("text", "")
            text += "".join(choice["delta"].get("content") or "" for choice in event.get("choices", []))
    return text


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(prompt=st.text())
def test_a_stream_carries_the_whole_text(dialect, prompt):
    reply = respond(dialect, ECHO, body(prompt, stream=True), number=0, now=0)
    assert pieces(sent(reply)) == prompt


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(prompt=st.text(), faults=FAULTS)
def test_faults_in_any_number_and_place(dialect, prompt, faults):
    scenario = ECHO.model_copy(update={"faults": tuple(faults)})
    for stream in (True, False):
        reply = respond(dialect, scenario, body(prompt, stream=stream), number=0, now=0)
        assert reply.status == 200
        assert not any(isinstance(action, Cut) for action in reply.plan.actions[:-1])
        assert all(action.seconds >= 0 for action in reply.plan.actions if isinstance(action, Wait))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(
    messages=JSON, more=st.dictionaries(st.sampled_from(["stream", "n", "system", "stream_options"]), JSON)
)
def test_requests_of_any_shape_are_answered_or_refused(dialect, messages, more):
    raw = json.dumps({"model": "m", "max_tokens": 9, "messages": messages} | more).encode()
    assert respond(dialect, ECHO, raw, number=0, now=0).status in {200, 400}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"messages":' * 50_000, b"\xff\xfe", b"", b"1" * 10_000])
def test_hostile_bodies_are_refused(dialect, raw):
    assert respond(dialect, ECHO, raw, number=0, now=0).status == 400


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_nested_content_ends_somewhere(dialect):
    content: object = "deep"
    for _ in range(200):
        content = [{"type": "tool_result", "content": content}]
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}]}
    assert respond(dialect, ECHO, json.dumps(asked).encode(), number=0, now=0).status == 200


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("stream", [True, False])
def test_a_lone_surrogate_does_not_break_the_answer(dialect, stream):
    raw = sent(respond(dialect, ECHO, body("a\ud800b", stream=stream), number=0, now=0))
    assert (pieces(raw) == "a?b") if stream else (b'"a?b"' in raw)

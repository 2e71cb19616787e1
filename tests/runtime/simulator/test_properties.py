"""Whatever is asked and whatever is answered: the stream is whole, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.simulator import parse_scenario
from pipeline_runtime.simulator.anthropic_dialect import AnthropicDialect
from pipeline_runtime.simulator.gemini_dialect import GeminiDialect
from pipeline_runtime.simulator.ollama_dialect import OllamaDialect
from pipeline_runtime.simulator.openai_dialect import OpenAIChatDialect
from pipeline_runtime.simulator.responding import respond
from pipeline_runtime.simulator.responses_dialect import OpenAIResponsesDialect
from pipeline_runtime.simulator.script import Cut, Send, Wait

DIALECTS = {
    "anthropic": AnthropicDialect(),
    "openai-chat": OpenAIChatDialect(),
    "openai-responses": OpenAIResponsesDialect(),
    "gemini": GeminiDialect("m", "sse"),
    "gemini array": GeminiDialect("m", "array"),
    "ollama chat": OllamaDialect("chat"),
    "ollama generate": OllamaDialect("generate"),
}
SYNC = DIALECTS | {"gemini": GeminiDialect("m", "sync"), "gemini array": GeminiDialect("m", "sync")}
EACH = pytest.mark.parametrize("name", DIALECTS)
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


def body(prompt: str, *, stream: bool) -> bytes:
    """A request that every protocol reads alike: each takes its own keys and leaves the others."""
    asked = {
        "model": "m",
        "max_tokens": 10**6,
        "messages": [{"role": "user", "content": prompt}],
        "input": [{"role": "user", "content": prompt}],
        "contents": [{"role": "user", "parts": [{"text": prompt}]}],
        "prompt": prompt,
        "stream": stream,
    }
    return json.dumps(asked).encode()


def sent(reply) -> bytes:
    return b"".join(action.data for action in reply.plan.actions if isinstance(action, Send))


def pieces(raw: bytes) -> str:
    """The text of any protocol's stream."""
    text = raw.decode()
    if text.startswith("["):
        return "".join(piece(event) for event in json.loads(text))
    lines = (line.removeprefix("data: ") for line in text.replace("\r\n", "\n").split("\n"))
    return "".join(piece(json.loads(line)) for line in lines if line.startswith("{"))


def piece(event: dict) -> str:
    delta = event.get("delta", {})
    if isinstance(delta, str):
        return delta if event["type"] == "response.output_text.delta" else ""
    parts = [part for found in event.get("candidates", []) for part in found["content"]["parts"]]
    return "".join(
        [
            delta.get("text", ""),
            *(choice["delta"].get("content") or "" for choice in event.get("choices", [])),
            *(part["text"] for part in parts),
            event.get("message", {}).get("content") or "" if "done" in event else "",
            event.get("response", "") if "done" in event else "",
        ]
    )


@EACH
@given(prompt=st.text())
def test_a_stream_carries_the_whole_text(name, prompt):
    reply = respond(DIALECTS[name], ECHO, body(prompt, stream=True), number=0, now=0)
    assert pieces(sent(reply)) == prompt


@EACH
@given(prompt=st.text(), faults=FAULTS)
def test_faults_in_any_number_and_place(name, prompt, faults):
    scenario = ECHO.model_copy(update={"faults": tuple(faults)})
    for stream in (True, False):
        dialect = (DIALECTS if stream else SYNC)[name]
        reply = respond(dialect, scenario, body(prompt, stream=stream), number=0, now=0)
        assert reply.status == 200
        assert not any(isinstance(action, Cut) for action in reply.plan.actions[:-1])
        assert all(action.seconds >= 0 for action in reply.plan.actions if isinstance(action, Wait))


@EACH
@given(
    messages=JSON, more=st.dictionaries(st.sampled_from(["stream", "n", "system", "stream_options"]), JSON)
)
def test_requests_of_any_shape_are_answered_or_refused(name, messages, more):
    keys = ("messages", "input", "contents", "prompt", "options", "generationConfig", "systemInstruction")
    asked = {"model": "m", "max_tokens": 9} | dict.fromkeys(keys, messages)
    raw = json.dumps(asked | more).encode()
    assert respond(DIALECTS[name], ECHO, raw, number=0, now=0).status in {200, 400}


@EACH
@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"messages":' * 50_000, b"\xff\xfe", b"", b"1" * 10_000])
def test_hostile_bodies_are_refused(name, raw):
    assert respond(DIALECTS[name], ECHO, raw, number=0, now=0).status == 400


@EACH
def test_nested_content_ends_somewhere(name):
    content: object = "deep"
    for _ in range(200):
        content = [{"type": "tool_result", "content": content}]
    messages = [{"role": "user", "content": content}]
    asked = {"model": "m", "max_tokens": 9, "messages": messages, "input": messages, "prompt": content}
    asked["contents"] = [{"parts": [{"text": "deep"}, {"functionResponse": content}]}]
    assert respond(DIALECTS[name], ECHO, json.dumps(asked).encode(), number=0, now=0).status == 200


@EACH
@pytest.mark.parametrize("stream", [True, False])
def test_a_lone_surrogate_does_not_break_the_answer(name, stream):
    dialect = (DIALECTS if stream else SYNC)[name]
    raw = sent(respond(dialect, ECHO, body("a\ud800b", stream=stream), number=0, now=0))
    assert (pieces(raw) == "a?b") if stream else (b'"a?b"' in raw)


@EACH
@pytest.mark.parametrize("fault", ["disconnect@2", "malform@2", "error@2", "unknown@2", "duplicate@2"])
def test_a_fault_changes_nothing_before_it(name, fault):
    asked = body("one two three four", stream=True)
    whole = sent(respond(DIALECTS[name], ECHO, asked, number=0, now=0))
    scenario = ECHO.model_copy(update={"faults": (fault,)})
    hurt = sent(respond(DIALECTS[name], scenario, asked, number=0, now=0))
    before = whole.index(b" two") + len(b" two")
    assert hurt[:before] == whole[:before]
    assert hurt != whole

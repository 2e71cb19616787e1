"""What is sent: URL, headers and body of both protocols, in stream and sync form."""

from __future__ import annotations

import json

import pytest

from pipeline_runtime import __version__
from pipeline_runtime.errors import InputError
from pipeline_runtime.protocols import PROTOCOL_NAMES, get_protocol
from pipeline_runtime.protocols.base import Endpoint, Message, ModelRequest, Tool
from pipeline_runtime.protocols.openai_limit import limit_field

KEY = "sk-planted-secret"
USER = (Message("user", "Hello"),)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = Tool("weather", "Tells the weather", SCHEMA)


def build(protocol, base_url, request, **endpoint):
    made = get_protocol(protocol).build(request, Endpoint("p", protocol, base_url, **endpoint))
    return made, dict(made.headers), json.loads(made.body)


def test_an_anthropic_stream():
    request = ModelRequest(
        "m", USER, stream=True, system="Be brief", temperature=0.5, tools=(TOOL,), thinking=1000
    )
    made, headers, body = build("anthropic", "https://api.anthropic.com", request, api_key=KEY)
    assert (made.method, made.url) == ("POST", "https://api.anthropic.com/v1/messages")
    assert headers == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "user-agent": f"pipeline-tui/{__version__}",
        "anthropic-version": "2023-06-01",
        "x-api-key": KEY,
    }
    assert body == {
        "model": "m",
        "max_tokens": 5096,
        "messages": [{"role": "user", "content": "Hello"}],
        "system": "Be brief",
        "temperature": 0.5,
        "tools": [{"name": "weather", "description": "Tells the weather", "input_schema": SCHEMA}],
        "thinking": {"type": "enabled", "budget_tokens": 1000},
        "stream": True,
    }


def test_a_plain_anthropic_sync_request():
    _, headers, body = build("anthropic", "https://api.anthropic.com", ModelRequest("m", USER, stream=False))
    assert body == {"model": "m", "max_tokens": 4096, "messages": [{"role": "user", "content": "Hello"}]}
    assert headers["accept"] == "application/json"
    assert "x-api-key" not in headers


def test_an_effort_word_for_anthropic():
    _, _, body = build(
        "anthropic", "https://a", ModelRequest("m", USER, stream=False, max_tokens=9, thinking="high")
    )
    assert (body["thinking"], body["output_config"], body["max_tokens"]) == (
        {"type": "adaptive"},
        {"effort": "high"},
        9,
    )


@pytest.mark.parametrize(
    ("protocol", "base_url", "url"),
    [
        ("anthropic", "https://api.anthropic.com/", "https://api.anthropic.com/v1/messages"),
        ("anthropic", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/messages"),
        ("anthropic", "http://gateway/anthropic/v1/", "http://gateway/anthropic/v1/messages"),
        ("openai-chat", "https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        ("openai-chat", "http://127.0.0.1:1/openai/", "http://127.0.0.1:1/openai/chat/completions"),
    ],
)
def test_the_url(protocol, base_url, url):
    assert build(protocol, base_url, ModelRequest("m", USER, stream=True))[0].url == url


def test_an_openai_stream():
    request = ModelRequest(
        "m", USER, stream=True, system="Be brief", max_tokens=50, temperature=0, tools=(TOOL,), thinking="low"
    )
    made, headers, body = build("openai-chat", "https://api.openai.com/v1", request, api_key=KEY)
    assert made.method == "POST"
    assert headers == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "user-agent": f"pipeline-tui/{__version__}",
        "authorization": f"Bearer {KEY}",
    }
    function = {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA}
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}],
        "max_completion_tokens": 50,
        "temperature": 0,
        "tools": [{"type": "function", "function": function}],
        "reasoning_effort": "low",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_an_openai_sync_request_has_no_stream_options():
    _, _, body = build("openai-chat", "https://api.openai.com/v1", ModelRequest("m", USER, stream=False))
    assert body == {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def test_usage_is_not_asked_for_where_that_was_refused():
    _, _, body = build(
        "openai-chat", "http://x", ModelRequest("m", USER, stream=True, include_usage=False, max_tokens=7)
    )
    assert body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 7,
        "stream": True,
    }


def test_a_thinking_budget_for_openai_is_an_error_that_says_what_to_give():
    with pytest.raises(InputError, match="1000") as caught:
        build("openai-chat", "http://x", ModelRequest("m", USER, stream=True, thinking=1000))
    assert "low, medium or high" in caught.value.cure


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_params_and_the_endpoint_s_headers_win(protocol):
    request = ModelRequest(
        "m", USER, stream=True, temperature=1, params={"temperature": 0.1, "top_k": 3, "model": "other"}
    )
    _, headers, body = build(
        protocol, "http://x", request, headers=(("User-Agent", "mine"), ("api-key", "k"))
    )
    assert (body["temperature"], body["top_k"], body["model"]) == (0.1, 3, "other")
    assert (headers["user-agent"], headers["api-key"]) == ("mine", "k")


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_the_key_shows_in_no_repr(protocol):
    made, _, _ = build(protocol, "http://x", ModelRequest("m", USER, stream=True), api_key=KEY)
    assert KEY not in repr(made)
    assert KEY.encode() not in made.body


def test_the_registry_names_what_it_knows():
    assert PROTOCOL_NAMES == ("anthropic", "openai-chat", "openai-responses", "gemini", "ollama")
    assert [get_protocol(name).name for name in PROTOCOL_NAMES] == list(PROTOCOL_NAMES)
    with pytest.raises(KeyError, match="anthropic, openai-chat, openai-responses"):
        get_protocol("telepathy")


def test_what_json_cannot_hold_is_a_type_error():
    with pytest.raises(TypeError):
        build("anthropic", "http://x", ModelRequest("m", (Message("user", object()),), stream=True))


AZURE = "https://x.openai.azure.com/openai"


@pytest.mark.parametrize(
    ("base_url", "model", "field"),
    [
        ("https://api.openai.com/v1", "gpt-4o", "max_completion_tokens"),
        (f"{AZURE}/deployments/o3?api-version=2024-10-21", "o3", "max_completion_tokens"),
        (f"{AZURE}/deployments/mine?api-version=2025-04-01-preview", "mine", "max_completion_tokens"),
        (f"{AZURE}/v1", "gpt-5", "max_completion_tokens"),
        ("https://x.cognitiveservices.azure.com/openai/v1", "gpt-5", "max_completion_tokens"),
        (f"{AZURE}/deployments/d?api-version=2024-06-01", "gpt-4o", "max_tokens"),
        (f"{AZURE}/deployments/d?api-version=2024-10-21", "gpt-35-turbo-0125", "max_tokens"),
        ("https://x.services.ai.azure.com/models?api-version=2024-05-01-preview", "mistral", "max_tokens"),
        ("https://api.groq.com/openai/v1", "llama", "max_tokens"),
        ("https://notopenai.azure.com.example.test/openai/v1", "gpt-5", "max_tokens"),
    ],
)
def test_the_field_of_the_limit_is_the_one_that_the_server_knows(base_url, model, field):
    assert limit_field(base_url, model) == field

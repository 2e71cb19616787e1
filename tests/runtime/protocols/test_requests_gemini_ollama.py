"""What is sent to Gemini and Ollama: URL, headers and body, in stream and sync form."""

from __future__ import annotations

import json

import pytest

from pipeline_runtime import __version__
from pipeline_runtime.errors import InputError
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.base import Endpoint, Message, ModelRequest, Tool

KEY = "planted-secret-1"
USER = (Message("user", "Hello"),)
TALK = (*USER, Message("assistant", "Hi"), Message("user", [{"text": "Go on"}]))
SCHEMA = {"type": "object", "properties": {}}
TOOL = Tool("weather", "Tells the weather", SCHEMA)
GEMINI = "https://generativelanguage.googleapis.com/v1beta"
OLLAMA = "http://127.0.0.1:11434"
COMMON = {
    "content-type": "application/json",
    "accept-encoding": "identity",
    "user-agent": f"pipeline-tui/{__version__}",
}


def build(protocol, base_url, request, **endpoint):
    made = get_protocol(protocol).build(request, Endpoint("p", protocol, base_url, **endpoint))
    return made, dict(made.headers), json.loads(made.body)


def test_a_gemini_stream():
    request = ModelRequest(
        "gemini-2.5-flash",
        TALK,
        stream=True,
        system="Be brief",
        max_tokens=50,
        temperature=0,
        tools=(TOOL,),
        thinking=1000,
    )
    made, headers, body = build("gemini", GEMINI, request, api_key=KEY)
    assert (made.method, made.url) == (
        "POST",
        f"{GEMINI}/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    )
    assert headers == {**COMMON, "accept": "text/event-stream", "x-goog-api-key": KEY}
    assert body == {
        "contents": [
            {"role": "user", "parts": [{"text": "Hello"}]},
            {"role": "model", "parts": [{"text": "Hi"}]},
            {"role": "user", "parts": [{"text": "Go on"}]},
        ],
        "systemInstruction": {"parts": [{"text": "Be brief"}]},
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "weather", "description": "Tells the weather", "parametersJsonSchema": SCHEMA}
                ]
            }
        ],
        "generationConfig": {
            "maxOutputTokens": 50,
            "temperature": 0,
            "thinkingConfig": {"thinkingBudget": 1000, "includeThoughts": True},
        },
    }


def test_a_plain_gemini_sync_request():
    made, headers, body = build("gemini", f"{GEMINI}/", ModelRequest("g", USER, stream=False))
    assert made.url == f"{GEMINI}/models/g:generateContent"
    assert headers == {**COMMON, "accept": "application/json"}
    assert body == {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}


@pytest.mark.parametrize(
    ("base_url", "model", "path"),
    [
        (
            "http://h/v1beta",
            "tunedModels/mine",
            "http://h/v1beta/tunedModels/mine:streamGenerateContent?alt=sse",
        ),
        (
            "https://h/v1/projects/p/locations/l",
            "publishers/google/models/g",
            "https://h/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent?alt=sse",
        ),
        ("http://h", "a b?c#d", "http://h/models/a%20b%3Fc%23d:streamGenerateContent?alt=sse"),
        ("http://h/v1?team=x", "g", "http://h/v1/models/g:streamGenerateContent?team=x&alt=sse"),
    ],
)
def test_where_gemini_s_model_stands_in_the_url(base_url, model, path):
    made, _, _ = build("gemini", base_url, ModelRequest(model, USER, stream=True))
    assert made.url == path


def test_gemini_takes_a_level_and_further_config():
    request = ModelRequest(
        "g", USER, stream=True, max_tokens=9, thinking="low",
        params={"generationConfig": {"topK": 3, "maxOutputTokens": 8}, "safetySettings": []},
    )  # fmt: skip
    _, _, body = build("gemini", GEMINI, request)
    assert body["generationConfig"] == {
        "maxOutputTokens": 8,
        "topK": 3,
        "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True},
    }
    assert body["safetySettings"] == []


def test_an_ollama_stream():
    request = ModelRequest(
        "qwen3", USER, stream=True, system="Be brief", max_tokens=50, temperature=0.5, tools=(TOOL,), thinking="on",
        params={"options": {"num_ctx": 8192}, "keep_alive": "5m"},
    )  # fmt: skip
    made, headers, body = build("ollama", OLLAMA, request)
    assert made.url == f"{OLLAMA}/api/chat"
    assert headers == {**COMMON, "accept": "application/x-ndjson"}
    function = {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA}
    assert body == {
        "model": "qwen3",
        "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}],
        "tools": [{"type": "function", "function": function}],
        "stream": True,
        "think": True,
        "options": {"num_predict": 50, "temperature": 0.5, "num_ctx": 8192},
        "keep_alive": "5m",
    }


def test_a_sync_ollama_request_says_so_since_streaming_is_the_default():
    _, headers, body = build("ollama", OLLAMA, ModelRequest("m", USER, stream=False))
    assert body == {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": False}
    assert headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        (f"{OLLAMA}/", f"{OLLAMA}/api/chat"),
        (f"{OLLAMA}/api", f"{OLLAMA}/api/chat"),
        (f"{OLLAMA}/api/chat", f"{OLLAMA}/api/chat"),
        (f"{OLLAMA}/api/generate", f"{OLLAMA}/api/generate"),
        ("http://h/ollama", "http://h/ollama/api/chat"),
    ],
)
def test_ollama_s_url(base_url, url):
    assert build("ollama", base_url, ModelRequest("m", USER, stream=True))[0].url == url


def test_generate_takes_one_prompt():
    base_url = f"{OLLAMA}/api/generate"
    _, _, body = build("ollama", base_url, ModelRequest("m", USER, stream=True, system="s", thinking="off"))
    assert body == {"model": "m", "prompt": "Hello", "system": "s", "stream": True, "think": False}
    with pytest.raises(InputError, match="one prompt") as caught:
        build("ollama", base_url, ModelRequest("m", TALK, stream=True))
    assert "/api/chat" in caught.value.cure
    with pytest.raises(InputError, match="no tools"):
        build("ollama", base_url, ModelRequest("m", USER, stream=True, tools=(TOOL,)))


def test_ollama_s_effort_words_pass_and_a_budget_is_an_error_with_a_cure():
    assert (
        build("ollama", OLLAMA, ModelRequest("m", USER, stream=True, thinking="high"))[2]["think"] == "high"
    )
    with pytest.raises(InputError, match="1000") as caught:
        build("ollama", OLLAMA, ModelRequest("m", USER, stream=True, thinking=1000))
    assert "on, off" in caught.value.cure


def test_keys_go_where_they_are_asked_for():
    _, plain, _ = build("ollama", OLLAMA, ModelRequest("m", USER, stream=True), api_key=KEY)
    assert plain["authorization"] == f"Bearer {KEY}"
    for protocol in ("gemini", "ollama"):
        _, named, _ = build(
            protocol, "http://h", ModelRequest("m", USER, stream=True), api_key=KEY, api_key_header="x-gate"
        )
        assert named["x-gate"] == KEY
        assert not {"authorization", "x-goog-api-key"} & named.keys()

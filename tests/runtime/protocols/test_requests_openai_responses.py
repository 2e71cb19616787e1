"""What is sent to Responses: URL, headers and body, in stream and sync form, and to take a stream up again."""

from __future__ import annotations

import json

import pytest

from pipeline_runtime import __version__
from pipeline_runtime.errors import InputError
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.base import Endpoint, Message, ModelRequest, Tool
from pipeline_runtime.protocols.openai_responses import resume_request

PROTOCOL = "openai-responses"
OPENAI = "https://api.openai.com/v1"
KEY = "sk-planted-secret"
USER = (Message("user", "Hello"),)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = Tool("weather", "Tells the weather", SCHEMA)
COMMON = {"accept-encoding": "identity", "user-agent": f"pipeline-tui/{__version__}"}


def endpoint(base_url, **more):
    return Endpoint("p", PROTOCOL, base_url, **more)


def build(base_url, request, **more):
    made = get_protocol(PROTOCOL).build(request, endpoint(base_url, **more))
    return made, dict(made.headers), json.loads(made.body)


def test_a_stream():
    request = ModelRequest(
        "m", USER, stream=True, system="Be brief", max_tokens=50, temperature=0, tools=(TOOL,), thinking="low"
    )
    made, headers, body = build(OPENAI, request, api_key=KEY)
    assert (made.method, made.url) == ("POST", f"{OPENAI}/responses")
    assert headers == {
        **COMMON,
        "content-type": "application/json",
        "accept": "text/event-stream",
        "authorization": f"Bearer {KEY}",
    }
    assert body == {
        "model": "m",
        "input": [{"role": "user", "content": "Hello"}],
        "instructions": "Be brief",
        "max_output_tokens": 50,
        "temperature": 0,
        "tools": [
            {
                "type": "function",
                "name": "weather",
                "description": "Tells the weather",
                "parameters": SCHEMA,
                "strict": False,
            }
        ],
        "reasoning": {"effort": "low"},
        "stream": True,
    }


def test_a_plain_sync_request_says_nothing_that_was_not_given():
    _, headers, body = build(OPENAI, ModelRequest("m", USER, stream=False))
    assert body == {"model": "m", "input": [{"role": "user", "content": "Hello"}]}
    assert headers["accept"] == "application/json"
    assert "authorization" not in headers


def test_all_turns_are_the_input_as_they_are():
    parts = [{"type": "input_text", "text": "Go on"}]
    talk = (*USER, Message("assistant", "Hi"), Message("user", parts))
    _, _, body = build(OPENAI, ModelRequest("m", talk, stream=True))
    assert body["input"] == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": parts},
    ]


def test_params_win():
    params = {"background": True, "store": False, "max_output_tokens": 9, "reasoning": {"summary": "auto"}}
    _, _, body = build(
        OPENAI, ModelRequest("m", USER, stream=True, max_tokens=50, thinking="high", params=params)
    )
    assert {name: body[name] for name in params} == params | {
        "reasoning": {"effort": "high", "summary": "auto"}
    }


def test_a_thinking_budget_is_an_error_that_names_the_protocol():
    with pytest.raises(InputError, match=r"1000 .* openai-responses") as caught:
        build(OPENAI, ModelRequest("m", USER, stream=True, thinking=1000))
    assert "low, medium or high" in caught.value.cure


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        (f"{OPENAI}/", f"{OPENAI}/responses"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/responses"),
        (
            "https://x.openai.azure.com/openai?api-version=2025-04-01-preview",
            "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
        ),
    ],
)
def test_the_url(base_url, url):
    assert build(base_url, ModelRequest("m", USER, stream=True))[0].url == url


def test_azure_s_key_stands_alone_in_its_header():
    _, headers, _ = build(OPENAI, ModelRequest("m", USER, stream=True), api_key=KEY, api_key_header="api-key")
    assert (headers["api-key"], "authorization" in headers) == (KEY, False)


def test_the_rest_of_a_background_response_is_asked_for_by_its_last_number():
    asked = resume_request("resp_1", 17, endpoint(OPENAI, api_key=KEY, headers=(("X-Org", "o"),)))
    assert (asked.method, asked.body) == ("GET", b"")
    assert asked.url == f"{OPENAI}/responses/resp_1?stream=true&starting_after=17"
    assert dict(asked.headers) == {
        **COMMON,
        "accept": "text/event-stream",
        "authorization": f"Bearer {KEY}",
        "x-org": "o",
    }
    assert KEY not in repr(asked)


def test_an_id_cannot_lead_to_another_address():
    asked = resume_request("a/../b?c", 0, endpoint("https://h/openai?api-version=1"))
    assert asked.url == (
        "https://h/openai/responses/a%2F..%2Fb%3Fc?api-version=1&stream=true&starting_after=0"
    )

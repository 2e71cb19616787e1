"""Refusals: the bodies are those that were recorded, and they are given when the server would."""

from __future__ import annotations

import json

import pytest

from helpers_simulator import ask, request_body, stream
from pipeline_runtime.simulator.refusals import REFUSALS

RECORDED = {
    "openai-o1-default": "nostream-openai-o1-default.json",
    "openai-o1-supported-values": "nostream-openai-o1-supported-values.json",
    "groq-response-format": "nostream-groq-response-format.json",
    "vertex-partner": "nostream-vertex-claude.json",
    "gateway-403": "nostream-azure-gateway-403.json",
    "mistral-stream-options-422": "nostream-stream-options-mistral-422.json",
    "codex-must-stream": "mustream-codex.json",
}
GROUPS = {
    "A": {
        "openai-o1-default", "openai-o1-supported-values", "openai-unverified-org", "openrouter-wrapped",
        "relay-request-id", "litellm-repr", "bedrock-model", "bedrock-tools", "groq-response-format",
        "llamacpp-tools-500", "vertex-partner", "gateway-403", "azure-proxy", "huggingface-list",
        "cloudflare-json-schema",
    },
    "B": {"mistral-stream-options-422", "azure-stream-options", "relay-unknown-parameter", "bedrock-include-usage"},
    "D": {"codex-must-stream", "dashscope-must-stream", "modelscope-thinking"},
}  # fmt: skip
STATUSES = {
    "llamacpp-tools-500": 500,
    "gateway-403": 403,
    "mistral-stream-options-422": 422,
    "bedrock-include-usage": 500,
}


def test_every_form_is_there():
    assert {name: refusal.group for name, refusal in REFUSALS.items()} == {
        name: group for group, names in GROUPS.items() for name in names
    }


@pytest.mark.parametrize(("name", "file"), RECORDED.items())
def test_bodies_are_as_recorded(name, file, wire_corpus):
    assert REFUSALS[name].body == (wire_corpus / "errors" / file).read_text().rstrip("\n")


def test_openrouter_hides_the_real_error_in_a_string():
    raw = json.loads(REFUSALS["openrouter-wrapped"].body)["error"]["metadata"]["raw"]
    assert json.loads(raw) == json.loads(REFUSALS["openai-unverified-org"].body)


def test_bedrocks_body_has_the_size_that_was_seen():
    assert len(REFUSALS["bedrock-model"].body) == 53


@pytest.mark.parametrize("name", REFUSALS)
def test_every_body_is_json_and_names_its_source(name):
    assert isinstance(json.loads(REFUSALS[name].body), dict)
    assert "#" in REFUSALS[name].source


@pytest.mark.parametrize("name", sorted(GROUPS["A"]))
def test_form_a_refuses_a_stream_and_answers_without(simulator, add, name):
    key = add(refuse_stream=name)
    refused = stream(simulator, key, "openai-chat")
    assert (refused.status, refused.body.decode()) == (STATUSES.get(name, 400), REFUSALS[name].body)
    for header, value in REFUSALS[name].headers:
        assert refused.headers[header] == value
    assert ask(simulator, key, "openai-chat").status == 200


@pytest.mark.parametrize("name", sorted(GROUPS["B"]))
def test_form_b_refuses_stream_options_only(simulator, add, name):
    key = add(refuse_stream=name)
    refused = stream(simulator, key, "openai-chat", stream_options={"include_usage": True})
    assert (refused.status, refused.body.decode()) == (STATUSES.get(name, 400), REFUSALS[name].body)
    assert stream(simulator, key, "openai-chat").status == 200


@pytest.mark.parametrize("name", sorted(GROUPS["D"]))
def test_form_d_insists_on_a_stream(simulator, add, name):
    key = add(refuse_stream=name)
    refused = ask(simulator, key, "openai-chat", request_body("openai-chat"))
    assert (refused.status, refused.body.decode()) == (400, REFUSALS[name].body)
    assert stream(simulator, key, "openai-chat").status == 200


def test_a_refusal_is_given_whatever_the_protocol(simulator, add):
    key = add(refuse_stream="bedrock-model")
    assert stream(simulator, key, "anthropic").headers["x-amzn-errortype"].startswith("ValidationException")
    assert ask(simulator, key, "anthropic").status == 200

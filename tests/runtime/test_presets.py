"""Presets of common servers, and Azure: where a request goes and how the key travels."""

from __future__ import annotations

import pytest

from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.base import Message, ModelRequest
from pipeline_runtime.providers import BUILT_IN, missing_keys, resolve_endpoint
from pipeline_runtime.workflow import load_workflow_text

KEY = "planted-secret-1"
REQUEST = ModelRequest("m", (Message("user", "hi"),), stream=True, max_tokens=10)
HOSTED = {
    "openrouter": ("https://openrouter.ai/api/v1/chat/completions", "OPENROUTER_API_KEY"),
    "groq": ("https://api.groq.com/openai/v1/chat/completions", "GROQ_API_KEY"),
    "deepseek": ("https://api.deepseek.com/chat/completions", "DEEPSEEK_API_KEY"),
    "xai": ("https://api.x.ai/v1/chat/completions", "XAI_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1/chat/completions", "MISTRAL_API_KEY"),
    "together": ("https://api.together.xyz/v1/chat/completions", "TOGETHER_API_KEY"),
    "fireworks": ("https://api.fireworks.ai/inference/v1/chat/completions", "FIREWORKS_API_KEY"),
    "perplexity": ("https://api.perplexity.ai/chat/completions", "PERPLEXITY_API_KEY"),
    "cerebras": ("https://api.cerebras.ai/v1/chat/completions", "CEREBRAS_API_KEY"),
}
LOCAL = {
    "vllm": "http://127.0.0.1:8000/v1/chat/completions",
    "llamacpp": "http://127.0.0.1:8080/v1/chat/completions",
    "lmstudio": "http://127.0.0.1:1234/v1/chat/completions",
    "ollama-openai": "http://127.0.0.1:11434/v1/chat/completions",
}
AZURE = "https://unit.openai.azure.com/openai/deployments/gpt4o?api-version=2024-10-21"


def sent(provider, workflow=None, **environ):
    endpoint = resolve_endpoint(provider, workflow, environ)
    built = get_protocol(endpoint.protocol).build(REQUEST, endpoint)
    return built.url, dict(built.headers)


@pytest.mark.parametrize("provider", HOSTED)
def test_a_hosted_server_gets_its_own_key(provider):
    url, variable = HOSTED[provider]
    told, headers = sent(provider, **{variable: KEY})
    assert told == url
    assert headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("provider", LOCAL)
def test_a_local_server_needs_no_key(provider):
    url, headers = sent(provider)
    assert url == LOCAL[provider]
    assert "authorization" not in headers


def test_every_preset_is_told_here():
    others = {"claude", "anthropic", "openai", "openai-responses", "gemini", "ollama"}
    assert set(BUILT_IN) == others | set(HOSTED) | set(LOCAL)


def azure(**more):
    lines = "".join(f"\n    {name}: {value}" for name, value in more.items())
    return load_workflow_text(
        f"providers:\n  az:\n    protocol: openai-chat\n    base_url: {AZURE}{lines}\n"
        "steps: [{id: a, provider: az, model: gpt4o, prompt: hi, stream: true}]\n",
        "azure",
    )


def test_azure_keeps_its_query_and_has_its_own_header():
    workflow = azure(api_key_env="AZURE_KEY", api_key_header="api-key")
    url, headers = sent("az", workflow, AZURE_KEY=KEY)
    assert url == (
        "https://unit.openai.azure.com/openai/deployments/gpt4o/chat/completions?api-version=2024-10-21"
    )
    assert headers["api-key"] == KEY
    assert "authorization" not in headers


def test_azure_without_its_key_says_which():
    assert missing_keys(azure(api_key_env="AZURE_KEY"), {}) == [("az", "AZURE_KEY")]


def test_think_tags_reach_the_endpoint():
    workflow = azure(think_tags="true")
    assert resolve_endpoint("az", workflow, {}).think_tags
    assert not resolve_endpoint("az", azure(), {}).think_tags

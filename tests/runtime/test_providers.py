from __future__ import annotations

import pytest

from pipeline_runtime.errors import PipelineError, WorkflowError
from pipeline_runtime.providers import (
    choose_mode,
    missing_keys,
    provider_spec,
    resolve_endpoint,
    secret_values,
    simulated_endpoint,
    used_providers,
)
from pipeline_runtime.workflow import load_workflow_text

KEY = "sk-planted-secret"
WORKFLOW = load_workflow_text("""\
providers:
  openai: {base_url: https://proxy.example/v1/}
  claude: {headers: {x-team: research, x-token: "Bearer ${TOKEN}"}}
  local: {protocol: openai-chat, base_url: http://localhost:8080/v1}
  keyed: {protocol: anthropic, base_url: http://localhost:9, api_key_env: KEYED}
steps:
  - {id: a, provider: claude, model: m, prompt: p}
  - {id: b, provider: keyed, model: m, prompt: p}
  - {id: c, provider: claude, model: m, prompt: p}
""")
LOCAL = load_workflow_text(
    "providers: {local: {protocol: openai-chat, base_url: 'http://h'}}\n"
    "steps: [{id: a, provider: local, model: m, prompt: p}]"
)


@pytest.mark.parametrize(
    ("name", "protocol", "url", "variable"),
    [
        ("claude", "anthropic", "https://api.anthropic.com", "ANTHROPIC"),
        ("anthropic", "anthropic", "https://api.anthropic.com", "ANTHROPIC"),
        ("openai", "openai-chat", "https://api.openai.com/v1", "OPENAI"),
    ],
)
def test_the_built_in_ones(name, protocol, url, variable):
    endpoint = resolve_endpoint(name, None, {f"{variable}_API_KEY": f" {KEY}\n"})
    assert (endpoint.provider, endpoint.protocol, endpoint.base_url, endpoint.api_key) == (
        name,
        protocol,
        url,
        KEY,
    )
    moved = resolve_endpoint(name, None, {f"{variable}_API_KEY": KEY, f"{variable}_BASE_URL": "http://h:1/"})
    assert moved.base_url == "http://h:1"
    assert KEY not in repr(endpoint)


def test_a_workflow_completes_or_replaces_them():
    environ = {
        "ANTHROPIC_API_KEY": KEY,
        "TOKEN": "t0",
        "KEYED": "k",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": "http://x",
    }
    claude = resolve_endpoint("claude", WORKFLOW, environ)
    assert (claude.base_url, claude.api_key) == ("https://api.anthropic.com", KEY)
    assert claude.headers == (("x-team", "research"), ("x-token", "Bearer t0"))
    assert resolve_endpoint("keyed", WORKFLOW, environ).api_key == "k"
    assert resolve_endpoint("local", WORKFLOW, environ).api_key is None


def test_no_built_in_key_goes_to_another_address():
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://x"}
    endpoint = resolve_endpoint("openai", WORKFLOW, environ)
    assert (endpoint.base_url, endpoint.api_key) == ("https://proxy.example/v1", None)


def test_simulated_endpoints_hold_nothing_of_the_users():
    endpoint = simulated_endpoint("claude", WORKFLOW, "http://127.0.0.1:1/draft")
    assert (endpoint.protocol, endpoint.base_url, endpoint.headers) == (
        "anthropic",
        "http://127.0.0.1:1/draft",
        (),
    )
    assert endpoint.api_key == "simulated"


@pytest.mark.parametrize(
    ("name", "environ", "words"),
    [
        ("claude", {}, "needs ANTHROPIC_API_KEY, and it is not set"),
        ("claude", {"ANTHROPIC_API_KEY": "  "}, "needs ANTHROPIC_API_KEY"),
        ("claude", {"ANTHROPIC_API_KEY": KEY}, "needs TOKEN"),
        ("claude", {"ANTHROPIC_API_KEY": f"{KEY}\nx", "TOKEN": "t"}, "ANTHROPIC_API_KEY holds a character"),
        ("claude", {"ANTHROPIC_API_KEY": f"{KEY}é", "TOKEN": "t"}, "ANTHROPIC_API_KEY holds a character"),
        (
            "claude",
            {"ANTHROPIC_API_KEY": KEY, "TOKEN": "t", "ANTHROPIC_BASE_URL": KEY},
            "ANTHROPIC_BASE_URL: expected",
        ),
        ("nobody", {}, "the provider `nobody` is not known"),
    ],
)
def test_what_is_missing_is_named_and_no_value_shown(name, environ, words):
    with pytest.raises(WorkflowError) as caught:
        resolve_endpoint(name, WORKFLOW, environ)
    assert words in caught.value.message
    assert caught.value.cure
    assert KEY not in str(caught.value)


def test_missing_keys_are_those_of_the_steps():
    assert used_providers(WORKFLOW) == ("claude", "keyed")
    assert missing_keys(WORKFLOW, {}) == [
        ("claude", "ANTHROPIC_API_KEY"),
        ("claude", "TOKEN"),
        ("keyed", "KEYED"),
    ]
    assert missing_keys(WORKFLOW, {"ANTHROPIC_API_KEY": KEY, "TOKEN": "t", "KEYED": "k"}) == []
    assert missing_keys(LOCAL, {}) == []


def test_the_mode_is_chosen_in_order():
    everything = {"ANTHROPIC_API_KEY": KEY, "TOKEN": "t", "KEYED": "k"}
    assert choose_mode("live", {"TEST_MODE": "mock"}, WORKFLOW) == ("live", None)
    assert choose_mode(None, {**everything, "TEST_MODE": "mock"}, WORKFLOW) == ("mock", None)
    assert choose_mode(None, {"TEST_MODE": " Live "}, WORKFLOW) == ("live", None)
    assert choose_mode(None, {**everything, "TEST_MODE": ""}, WORKFLOW) == ("live", None)
    assert choose_mode(None, {}, LOCAL) == ("live", None)
    mode, note = choose_mode(None, {"TOKEN": "t", "KEYED": "k"}, WORKFLOW)
    assert (mode, note) == ("mock", "ANTHROPIC_API_KEY is not set: the built-in simulator answers")
    assert choose_mode(None, {"TOKEN": "t"}, WORKFLOW)[1].startswith(
        "ANTHROPIC_API_KEY and KEYED are not set"
    )


@pytest.mark.parametrize(("explicit", "environ"), [("moc", {}), (None, {"TEST_MODE": "record"})])
def test_a_mode_that_is_none(explicit, environ):
    with pytest.raises(PipelineError) as caught:
        choose_mode(explicit, environ, WORKFLOW)
    assert caught.value.cure == "mock or live"
    assert ("TEST_MODE" in caught.value.message) == (explicit is None)


def test_a_spec_in_full():
    spec = provider_spec("keyed", WORKFLOW)
    assert (spec.api_key_env, spec.base_url_env, spec.headers) == ("KEYED", None, ())


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": "g"}, KEY),
        ({"GOOGLE_API_KEY": "g"}, "g"),
        ({"GEMINI_API_KEY": " ", "GOOGLE_API_KEY": "g"}, "g"),
    ],
)
def test_gemini_s_key_has_two_variables(environ, key):
    workflow = load_workflow_text("steps: [{id: a, provider: gemini, model: m, prompt: p}]")
    endpoint = resolve_endpoint("gemini", workflow, environ)
    assert (endpoint.protocol, endpoint.base_url, endpoint.api_key) == (
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        key,
    )
    assert missing_keys(workflow, environ) == []
    assert secret_values(workflow, environ) == [key]
    assert missing_keys(workflow, {}) == [("gemini", "GEMINI_API_KEY")]


def test_a_key_variable_of_the_workflow_s_own_is_the_only_one():
    workflow = load_workflow_text(
        "providers: {gemini: {api_key_env: MINE}}\nsteps: [{id: a, provider: gemini, model: m, prompt: p}]"
    )
    assert missing_keys(workflow, {"GOOGLE_API_KEY": "g", "GEMINI_API_KEY": "g"}) == [("gemini", "MINE")]


@pytest.mark.parametrize(
    ("told", "url"),
    [
        (None, "http://127.0.0.1:11434"),
        ("gpu", "http://gpu:11434"),
        ("gpu:99", "http://gpu:99"),
        ("gpu/path/", "http://gpu:11434/path"),
        (":9", "http://127.0.0.1:9"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:9", "http://[::1]:9"),
        ("https://gpu/ollama", "https://gpu/ollama"),
    ],
)
def test_ollama_s_host_is_read_as_its_own_clients_write_it(told, url):
    endpoint = resolve_endpoint("ollama", None, {"OLLAMA_HOST": told} if told else {})
    assert (endpoint.protocol, endpoint.base_url, endpoint.api_key) == ("ollama", url, None)


def test_a_host_that_is_none_is_named():
    with pytest.raises(WorkflowError, match="OLLAMA_HOST"):
        resolve_endpoint("ollama", None, {"OLLAMA_HOST": "a b"})

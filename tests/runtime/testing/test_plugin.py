"""The plugin as a user's project has it: pytest in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = "import socket\nimport pytest\n"


@pytest.fixture
def project(tmp_path):
    """Runs pytest on a file of tests; gives its output."""

    def run(tests: str, *words: str, ini: str = "", code: int = 0) -> str:
        (tmp_path / "pytest.ini").write_text(
            f"[pytest]\naddopts = --strict-markers -p no:cacheprovider\n{ini}\n"
        )
        (tmp_path / "test_it.py").write_text(HEAD + tests)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return run


def test_pytest_loads_it_and_nothing_else_of_ours(project):
    tests = """
def test_it(request):
    import sys
    assert request.config.pluginmanager.has_plugin("pipeline_tui")
    heavy = {"httpx", "pydantic", "msgspec", "starlette", "uvicorn", "ruamel.yaml"}
    assert heavy & set(sys.modules) == set()
    assert {name for name in sys.modules if name.startswith("pipeline_runtime")} == {
        "pipeline_runtime", "pipeline_runtime.testing", "pipeline_runtime.testing.plugin"
    }
    assert not [name for name in request.fixturenames if name.startswith(("pipeline_", "_pipeline"))]
"""
    assert "1 passed" in project(tests, "-p", "no:asyncio", "-p", "no:anyio")


def test_the_streaming_suite_can_be_chosen(project):
    tests = """
@pytest.mark.streaming
def test_stream(): pass
def test_other(): pass
"""
    assert "1 passed, 1 deselected" in project(tests, "-m", "streaming")


CONNECTING = """
import socket
@pytest.mark.parametrize("host", ["192.0.2.1", "api.example.com"])
def test_out({fixture}host):
    for attempt in (
        lambda: socket.create_connection((host, 443), timeout=0.01),
        lambda: socket.socket().connect_ex((host, 443)),
        lambda: socket.getaddrinfo(host.encode(), 443),
    ):
        with pytest.raises(AssertionError, match=f"tried to reach {{host}}: only this machine is allowed"):
            attempt()

def test_loopback({fixture}tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))

def test_free():
    assert (socket.socket.connect.__name__ == "connect") is {free}
"""


def test_connections_are_forbidden_where_the_fixture_is_asked_for(project):
    assert "4 passed" in project(CONNECTING.format(fixture="pipeline_offline, ", free=True))


def test_connections_are_forbidden_everywhere_by_the_ini_option(project):
    assert "4 passed" in project(CONNECTING.format(fixture="", free=False), ini="pipeline_offline = true")


def test_a_live_test_is_let_out(project):
    tests = """
@pytest.mark.live
def test_out(pipeline_offline):
    assert socket.socket.connect.__name__ == "connect"
"""
    assert "1 passed" in project(tests, ini="pipeline_offline = true")


def test_a_forbidden_connection_fails_the_test(project):
    tests = "def test_out(pipeline_offline): socket.create_connection(('192.0.2.1', 443))\n"
    assert "a test tried to reach 192.0.2.1" in project(tests, code=1)


def test_state_keys_and_modes_are_the_tests_own(project, monkeypatch):
    for name, value in (("ANTHROPIC_API_KEY", "sk-x"), ("OLLAMA_HOST", "gpu"), ("TEST_MODE", "live")):
        monkeypatch.setenv(name, value)
    tests = """
import os
def test_it(pipeline_state, tmp_path):
    from pipeline_runtime.paths import state_dir
    assert state_dir() == pipeline_state == tmp_path / "state"
    assert {"ANTHROPIC_API_KEY", "OLLAMA_HOST", "TEST_MODE"} & set(os.environ) == set()

def test_without():
    assert os.environ["ANTHROPIC_API_KEY"] == "sk-x"

@pytest.mark.live
def test_live(pipeline_state):
    assert os.environ["ANTHROPIC_API_KEY"] == "sk-x"
    assert "TEST_MODE" not in os.environ
"""
    assert "3 passed" in project(tests)


def test_scenarios_answer_any_client_and_calls(project):
    tests = """
import json, urllib.request
from pipeline_runtime import invoke_sync

def test_url(pipeline_scenario):
    url = pipeline_scenario(reply="Hello.", protocol="openai-chat")
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
    with urllib.request.urlopen(urllib.request.Request(url + "/chat/completions", body)) as answer:
        assert json.load(answer)["choices"][0]["message"]["content"] == "Hello."

def test_call(pipeline_context, streaming_recorder, pipeline_offline):
    context = pipeline_context(reply="Hello.", provider="gemini")
    assert invoke_sync(context, prompt="hi", on_event=streaming_recorder).text == "Hello."
    streaming_recorder.assert_text("Hello.").assert_order("delta", "done")

def test_one_simulator(pipeline_simulator):
    assert pipeline_simulator.requests
"""
    assert "3 passed" in project(tests)

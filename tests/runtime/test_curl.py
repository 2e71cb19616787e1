"""A recorded request as a command that a real shell runs, without any key in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.curl import curl_command, key_variable
from pipeline_runtime.events import Request

STUB = """\
import json, sys
print(json.dumps([sys.argv[1:], sys.stdin.read()]))
"""


def request(*headers, url="https://api.example.com/v1/x", body=None, method="POST"):
    return Request(method, url, tuple(headers), body)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a command in a shell whose `curl` tells what it was given."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "stub.py").write_text(STUB)
    (folder / "curl").write_text(f'#!/bin/sh\nexec {sys.executable} -SE {folder}/stub.py "$@"\n')
    (folder / "curl").chmod(0o755)

    def execute(command, **environ):
        env = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **environ}
        done = subprocess.run(["sh", "-c", command], capture_output=True, env=env, check=True, timeout=60)
        assert done.stderr == b""
        return json.loads(done.stdout)

    return execute


def test_the_request_is_sent_again(run):
    body = {"model": "m", "prompt": 'it\'s $HOME `date` "quoted"\nBODY\n\\ é 🙂', "stream": True}
    given_headers = (
        ("content-type", "application/json"),
        ("x-api-key", "***"),
        ("host", "a"),
        ("content-length", "3"),
    )
    command = curl_command(request(*given_headers, body=body), provider="claude")
    words, stdin = run(command, ANTHROPIC_API_KEY="sk-ant-1")
    assert words[:5] == ["-sS", "-N", "-X", "POST", "https://api.example.com/v1/x"]
    assert words[5:] == [
        "-H", "content-type: application/json", "-H", "x-api-key: sk-ant-1", "--data-binary", "@-",
    ]  # fmt: skip
    assert json.loads(stdin) == body


@pytest.mark.parametrize(
    ("header", "provider", "sent"),
    [
        ("authorization", "openai", "authorization: Bearer key-1"),
        ("Authorization", "openai", "Authorization: Bearer key-1"),
        ("api-key", "openai", "api-key: key-1"),
        ("x-team-token", "openai", "x-team-token: team"),
        ("1x", "mine", "1x: key-2"),
        ("authorization", "mine", "authorization: Bearer key-2"),
    ],
)
def test_keys_are_named_not_shown(run, header, provider, sent):
    command = curl_command(request((header, "***"), method="GET"), provider=provider)
    assert "***" not in command
    words, _ = run(command, OPENAI_API_KEY="key-1", X_TEAM_TOKEN="team", API_KEY="key-2")
    assert words[-1] == sent


@pytest.mark.parametrize("mask", ["***", "*" * 20])
def test_a_key_in_the_url_is_named(run, mask):
    command = curl_command(request(url=f"https://x.example/v1?alt=sse&key={mask}&q=$HOME"), provider="gemini")
    words, _ = run(command, GEMINI_API_KEY="AIza-1")
    assert words[4] == "https://x.example/v1?alt=sse&key=AIza-1&q=$HOME"


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf")), max_size=20)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(TEXT, TEXT, max_size=3), TEXT.map(lambda text: text.replace("*", "")))
def test_any_body_and_header_arrive_as_they_were(run, body, value):
    words, stdin = run(curl_command(request(("x-any", value), body=body)))
    assert json.loads(stdin) == body
    assert (
        "".join(words[6].split()) == "".join(f"x-any:{value}".split())
        or "\ufe0f" in value
        or "\u200d" in value
    )


def test_nothing_in_it_is_obeyed_by_a_terminal():
    command = curl_command(
        request(("x", "a\x1b[31m"), url="http://a/\x9b", body={"p": "\x1b[31m\x9b\x7f\u2028"})
    )
    assert not set(command) & {"\x1b", "\x9b", "\x7f", "\u2028"}
    assert '{"p":"\\u001b[31m\\u009b\\u007f\\u2028"}' in command


def test_the_variables_of_providers():
    assert key_variable("claude") == "ANTHROPIC_API_KEY"
    assert key_variable("ollama") == key_variable("nobody") == "API_KEY"

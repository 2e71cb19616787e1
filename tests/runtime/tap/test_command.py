"""`pipeline-tui tap`, as a program."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from pipeline_runtime.cli.tapping import LinePrinter
from pipeline_runtime.errors import InputError
from pipeline_runtime.events import AttemptStarted, Request, StepStarted
from pipeline_runtime.simulator import Simulator
from pipeline_runtime.tap import read_upstreams


@pytest.fixture(scope="module")
def simulator():
    with Simulator(time_scale=0) as running:
        yield running


@contextlib.contextmanager
def tapping(*arguments):
    """The program, and the base URL that it names for openai (or for all)."""
    command = [sys.executable, "-m", "pipeline_runtime", "tap", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            notes = ""
            while "Ctrl-C" not in notes:
                line = program.stderr.readline()
                assert line, notes
                notes += line
            yield program, re.search(r"(http://127\.0\.0\.1:\d+\S*)", notes)[1]
        finally:
            program.kill()


def ask(url: str, stream: bool) -> bytes:
    body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    headers = {"authorization": "Bearer sk-planted-77777777"}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def test_a_line_for_each_request_begun_and_finished(simulator):
    with tapping("--upstream", f"openai={simulator.base_url(None, 'openai-chat')}") as (program, url):
        assert b"[DONE]" in ask(url, stream=True)
        began, ended = program.stdout.readline(), program.stdout.readline()
        program.send_signal(signal.SIGINT)
        rest, errors = program.communicate(timeout=60)
    assert began == "#1 POST /openai/v1/chat/completions → openai m (openai-chat, stream)\n"
    assert re.match(r"#1 200 \w+ · first delta .* · total .* · finish stop · \d+ deltas", ended), ended
    assert (program.returncode, rest, errors) == (0, "", "")


def test_events_as_run_prints_them_with_one_upstream(simulator):
    with tapping("--json", "--upstream", simulator.base_url(None, "openai-chat")) as (program, url):
        ask(url, stream=False)
        events = [json.loads(program.stdout.readline())]
        while events[-1]["kind"] != "run_finished":
            events.append(json.loads(program.stdout.readline()))
        program.send_signal(signal.SIGTERM)
        rest, _ = program.communicate(timeout=60)
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert {event["run"] for event in events} == {events[0]["run"]}
    assert "planted" not in json.dumps(events)
    assert (program.returncode, rest) == (0, "")


def test_a_stop_is_printed_with_its_state_and_ends_the_tap(simulator):
    upstream = simulator.base_url(None, "openai-chat")
    with tapping("--upstream", upstream, "--break", "nth(2, lane:text)") as (program, url):
        with contextlib.suppress(OSError, http.client.HTTPException):  # its connection is closed at the stop
            ask(url, stream=True)
        out, errors = program.communicate(timeout=60)
    (stop,) = map(json.loads, out.splitlines())
    assert (stop["kind"], stop["breakpoint"]) == ("stop", "nth(2, lane:text)")
    assert stop["state"]["steps"]["request"]["text"].endswith(stop["event"]["content"])
    assert program.returncode == 0
    assert errors.startswith("#1 POST /v1/chat/completions → ")


def test_stops_are_gone_on_from_and_requests_are_stopped_before_they_are_sent(simulator):
    upstream = simulator.base_url(None, "openai-chat")
    options = ("--break", "type:attempt_started", "--break", "type:done", "--on-break", "continue")
    with tapping("--upstream", upstream, *options) as (program, url):
        assert b"[DONE]" in ask(url, stream=True)
        kinds = [json.loads(program.stdout.readline())["event"]["kind"] for _ in range(2)]
        program.send_signal(signal.SIGINT)
        rest, errors = program.communicate(timeout=60)
    assert kinds == ["attempt_started", "done"]
    assert (program.returncode, rest) == (0, "")
    assert "no breakpoint was hit" not in errors


def test_a_breakpoint_that_was_never_hit_is_told_and_one_that_cannot_be_read_is_a_mistake(simulator):
    with tapping("--upstream", simulator.base_url(None, "openai-chat"), "--break", "type:stall") as (
        program,
        _,
    ):
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=60) == ("", "no breakpoint was hit\n")
    command = [sys.executable, "-m", "pipeline_runtime", "tap"]
    for wrong in (("--break", "type:"), ("--ui",)):
        done = subprocess.run([*command, *wrong], check=False, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr


def test_a_reader_that_goes_away_ends_it(simulator):
    with tapping("--json", "--upstream", simulator.base_url(None, "openai-chat")) as (program, url):
        program.stdout.close()
        with contextlib.suppress(OSError):  # it may be gone before it has answered
            ask(url, stream=False)
        assert program.wait(60) == 141


def test_what_goes_nowhere_is_told_and_is_no_run():
    with tapping("--json") as (program, url):
        base = url.partition("/openai")[0]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask(f"{base}/nowhere", stream=False)
        program.send_signal(signal.SIGINT)
        out, errors = program.communicate(timeout=20)
    assert (out, errors.count("\n")) == ("", 1)
    assert errors.startswith("refused: POST /nowhere/chat/completions: the path names no upstream")


def test_wrong_upstreams_are_told_in_one_line():
    command = [sys.executable, "-m", "pipeline_runtime", "tap", "--upstream", "example.com"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("pipeline-tui: upstream example.com: this is no base URL (")
    assert done.stderr.count("\n") == 1


def test_upstreams_are_named_or_one():
    assert read_upstreams(["=http://h"]) == ("=http://h", {})  # which is no base URL, and told as such
    assert read_upstreams(["https://a/b?c=d"]) == ("https://a/b?c=d", {})
    assert read_upstreams(["x=http://h", "y=http://i"]) == (None, {"x": "http://h", "y": "http://i"})
    for twice in (["http://a", "http://b"], ["x=http://a", "x=http://b"]):
        with pytest.raises(InputError, match="twice"):
            read_upstreams(twice)


def test_what_a_client_says_cannot_write_to_the_terminal():
    out = io.StringIO()
    printer = LinePrinter(out)
    request = Request("POST", "/x", (), None)
    printer.take([
        StepStarted("r", "request", None, 0, 0, provider="p", protocol="raw", model="\x1b[2J", stream=True),
        AttemptStarted("r", "request", 1, 1, 0, request, "stream"),
    ])  # fmt: skip
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().startswith("#0 ")


def test_faults_break_what_the_client_gets_and_are_told(simulator):
    upstream = f"openai={simulator.base_url(None, 'openai-chat')}"
    faults = ["--fault", "drop@0", "--fault", "truncate@3"]
    with tapping("--upstream", upstream, *faults) as (program, url):
        assert b"[DONE]" not in ask(url, stream=True)
        began, ended = program.stdout.readline(), program.stdout.readline()
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert began.endswith("(openai-chat, stream) · faults: drop@0, truncate@3\n")
    assert ended.startswith("#1 200 truncated: ")
    assert program.returncode == 0


def test_a_fault_that_is_none_is_a_mistake_of_usage():
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_runtime", "tap", "--fault", "disconect@3"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'disconect@3' is not a fault: column 1 (write it like disconnect@17)" in done.stderr

"""What is gathered of real servers, files, folders and logs."""

from __future__ import annotations

import io
import os
import pty
import sys
import termios
import threading
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from helpers_core import head
from helpers_transport import answering, serving
from pipeline_runtime import run
from pipeline_runtime.capabilities.lessons import LessonBook
from pipeline_runtime.capabilities.shape import Shape
from pipeline_runtime.doctor import examine
from pipeline_runtime.doctor.gathering import endpoints, machine, terminal
from pipeline_runtime.doctor.gathering.endpoints import gather_endpoints
from pipeline_runtime.doctor.gathering.handlers import gather_handlers
from pipeline_runtime.doctor.gathering.history import gather_history
from pipeline_runtime.doctor.gathering.keys import gather_keys
from pipeline_runtime.doctor.gathering.lessons import gather_lessons
from pipeline_runtime.doctor.gathering.machine import gather_machine
from pipeline_runtime.doctor.gathering.terminal import gather_terminal
from pipeline_runtime.stream.refusals import Refusal
from pipeline_runtime.workflow import load_workflow, load_workflow_text

SECRET = "sk-planted-77aa01bc"


def workflow_of(steps, providers=""):
    return load_workflow_text(
        f"defaults: {{provider: claude, model: m, stream: true, prompt: hi}}\n{providers}\n".replace(
            ", prompt: hi", ""
        )
        + "steps:\n"
        + dedent(steps),
        "test",
    )


def local(url, more=""):
    return workflow_of(
        "- {id: a, prompt: x, provider: local}\n",
        f"providers: {{local: {{protocol: openai-chat, base_url: '{url}', api_key_env: LOCAL_KEY{more}}}}}",
    )


# --- keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        (SECRET, None),
        (f" {SECRET}\n", None),
        (f'"{SECRET}"', "quotes"),
        (f"{SECRET} x", "blank"),
        (f"{SECRET}\u2019", "no HTTP header"),
    ],
)
def test_keys_are_looked_at_and_never_kept(value, flaw):
    facts = gather_keys(local("http://127.0.0.1:1", ", headers: {x-team: '${TEAM}'}"), {"LOCAL_KEY": value})
    key, team = facts
    assert (key.found, team.variables, team.found) == ("LOCAL_KEY", ("TEAM",), None)
    assert (key.flaw is None) if flaw is None else (flaw in key.flaw)
    assert SECRET not in repr(facts)


def test_without_a_workflow_every_built_in_key_is_looked_for_once():
    facts = gather_keys(None, {"GOOGLE_API_KEY": SECRET})
    assert [fact.found for fact in facts if fact.found] == ["GOOGLE_API_KEY"]
    assert len({fact.variables for fact in facts}) == len(facts)


# --- endpoints --------------------------------------------------------------------------------------------


def test_a_server_is_asked_without_a_key(pipeline_simulator):
    url = pipeline_simulator.base_url(None, "openai-chat")
    (fact,) = gather_endpoints(local(url), (), {"LOCAL_KEY": SECRET})
    assert fact.providers == ("local",)
    assert fact.local
    assert fact.status == 404
    assert fact.elapsed > 0
    assert fact.error is None


async def test_the_request_holds_no_key():
    import asyncio

    async with serving(answering(head() + b"x", close=True)) as server:
        given = (local(server.url("/v1")), (), {"LOCAL_KEY": SECRET})
        (fact,) = await asyncio.to_thread(gather_endpoints, *given)
        assert fact.status == 200
        (peer,) = server.peers
        assert SECRET.encode() not in peer.requests[0]
        assert peer.requests[0].startswith(b"GET /v1 ")


def test_a_key_that_no_header_can_carry_is_told_with_the_keys_alone():
    (fact,) = gather_endpoints(local("http://127.0.0.1:9"), (), {"LOCAL_KEY": "sk-\u2019"})
    assert fact.error == "connect_failed"


def test_nobody_listens():
    (fact,) = gather_endpoints(local("http://127.0.0.1:9"), (), {})
    assert (fact.error, fact.local) == ("connect_failed", True)
    assert "127.0.0.1:9 refused the connection" in fact.message


def test_an_address_that_is_none():
    flow = workflow_of("- {id: a, prompt: x, provider: ollama}\n")
    (fact,) = gather_endpoints(flow, (), {"OLLAMA_HOST": "http://"})
    assert fact.error == "address"
    assert fact.cure


def test_without_a_workflow_only_providers_with_a_key_are_tried(monkeypatch, pipeline_simulator):
    environ = {
        "ANTHROPIC_API_KEY": SECRET,
        "ANTHROPIC_BASE_URL": pipeline_simulator.base_url(None, "anthropic"),
        "GROQ_API_KEY": '"quoted"',
    }
    (fact,) = gather_endpoints(None, gather_keys(None, environ), environ)
    assert fact.providers == ("claude", "anthropic")
    assert endpoints.endpoint_of("claude", None, environ).api_key == "unset"


# --- handlers ---------------------------------------------------------------------------------------------

MODULE = """
class Good:
    def __init__(self, *, label="x"):
        raise RuntimeError("a doctor must not make it")
    def handle_event(self, event): ...

class Odd:
    def handle_event(self, event, more): ...

class Old:
    def on_chunk(self, text): ...

def plain(event): ...
def no_event(): return plain
def two(one, other): ...
def factory(*, label): return plain
def nothing():
    def inner(event): return event
    inner(1)
async def later(): return plain
shared = type("Shared", (), {"handle_event": lambda self, event: None})()
number = 3

from pipeline_runtime import idempotent
once = idempotent(Good)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "docs_handlers.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "docs_handlers"
    sys.modules.pop("docs_handlers", None)


@pytest.mark.parametrize(
    ("spec", "opts", "trouble", "words"),
    [
        ("Good", "{}", None, ""),
        ("Good", "{label: y}", None, ""),
        ("Good", "{lable: y}", "shape", "lable"),
        ("Odd", "{}", "shape", "does not take one event"),
        ("two", "{}", "shape", "does not take one event"),
        ("plain", "{}", None, ""),
        ("plain", "{a: 1}", "shape", "takes no options"),
        ("no_event", "{}", None, ""),
        ("factory", "{}", "shape", "label"),
        ("factory", "{label: y}", None, ""),
        ("nothing", "{}", "shape", "no parameter for an event"),
        ("later", "{}", "shape", "no parameter for an event"),
        ("number", "{}", "shape", "not callable"),
        ("god", "{}", "missing", "has no 'god'"),
    ],
)
def test_a_handler_is_found_and_looked_at(module, spec, opts, trouble, words):
    (fact,) = gather_handlers(
        workflow_of(
            f"- {{id: a, prompt: x, stream_handler: '{module}:{spec}', stream_handler_opts: {opts}}}\n"
        )
    )
    assert (fact.trouble, fact.shared, fact.legacy) == (trouble, False, False)
    assert words in fact.message
    assert bool(fact.cure) is (trouble is not None)


def test_shared_legacy_and_built_in_handlers(module):
    flow = workflow_of(
        f"""\
        - id: a
          prompt: x
          stream_handler:
            - {module}:shared
            - {module}:Old
            - console
            - {{handler: file, opts: {{path: "{{workflow}}-{{step}}.txt", mode: replace}}}}
            - {{handler: file, opts: {{path: x, max_size: many}}}}
            - Pipeline.AsyncStreaming.ConsoleHandler
        - {{id: b, prompt: x, skip: not now, stream_handler: nothing.at.all}}
        - {{id: c, prompt: x, needs: [], stream: false, stream_handler: console}}
        """
    )
    shared, old, console, file, wrong, legacy_name, unstreamed = gather_handlers(flow)
    assert shared.shared
    assert (old.legacy, old.shared, old.trouble) == (True, False, None)
    assert (console.sink, file.sink, file.replaces) == ("terminal", "file test-a.txt", True)
    assert wrong.trouble == "shape"
    assert (legacy_name.trouble, "migrate" in legacy_name.cure) == ("missing", True)
    assert (unstreamed.step, unstreamed.stream) == ("c", False)


def test_a_restart_repeats_for_handlers_that_do_not_leave_out_what_they_had(module):
    flow = workflow_of(
        f"""\
        - id: a
          prompt: x
          on_drop: restart
          stream_handler:
            - {module}:plain
            - {module}:once
            - {{handler: buffer, opts: {{deduplicate: true}}}}
            - buffer
        - {{id: b, prompt: x, stream_handler: buffer}}
        """
    )
    assert [one.repeats for one in gather_handlers(flow)] == [True, False, False, True, False]


# --- lessons and history ----------------------------------------------------------------------------------


def test_lessons_are_those_of_the_steps_requests():
    flow = local("http://127.0.0.1:9/v1")
    shape = Shape("http://127.0.0.1:9/v1", "openai-chat", "m")
    book = LessonBook()
    book.learn(shape, Refusal("sync", "it does not stream", "said so"), 400)
    book.learn(Shape("http://127.0.0.1:9/v1", "openai-chat", "other"), Refusal("sync", "r", "e"), 400)
    (fact,) = gather_lessons(flow, {})
    assert (fact.model, fact.step, fact.change, fact.evidence) == ("m", "a", "sync", "said so")
    assert (datetime.now(UTC) - fact.since).days == 0
    assert len(gather_lessons(None, {})) == 2


async def test_the_last_runs_are_read_from_their_logs(tmp_path, pipeline_simulator):
    path = tmp_path / "flow.yaml"
    path.write_text(
        "steps:\n  - {id: a, provider: openai, model: m, prompt: x, stream: true, stream_handler: debug,\n"
        "     scenario: {reply: hello, refuse_stream: openai-o1-default}}\n"
    )
    for _ in range(2):
        await run(load_workflow(path), mode="mock", simulator=pipeline_simulator).wait()
    histories = gather_history(path)
    assert [(one.step, one.delivery, one.fallback[1]) for one in histories] == [("a", "sync", "server")] * 2
    assert histories[0].handlers == ("debug",)
    assert gather_history(None) == histories
    assert gather_history(tmp_path / "other.yaml") == ()


# --- machine and terminal ---------------------------------------------------------------------------------


def test_the_state_folder_is_tried(pipeline_state, tmp_path, monkeypatch):
    facts = gather_machine({})
    assert (facts.state, facts.state_problem) == (str(pipeline_state), None)
    assert not pipeline_state.exists()
    pipeline_state.mkdir()
    assert gather_machine({}).state_problem is None
    assert list(pipeline_state.iterdir()) == []
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PIPELINE_STATE_DIR", str(tmp_path / "file"))
    assert "no folder" in gather_machine({}).state_problem
    monkeypatch.setenv("PIPELINE_STATE_DIR", str(tmp_path / "file" / "below"))
    assert "no folder" in gather_machine({}).state_problem
    monkeypatch.setenv("PIPELINE_STATE_DIR", "/proc/self")
    assert gather_machine({}).state_problem


def test_proxies_are_shown_without_their_password():
    environ = {
        "https_proxy": f"http://user:{SECRET}@proxy:3128",
        "ALL_PROXY": "proxy",
        "HTTP_PROXY": "http://x:no",
    }
    facts = gather_machine(environ)
    assert facts.proxies == {"https_proxy": "proxy:3128", "ALL_PROXY": "proxy", "HTTP_PROXY": None}
    assert SECRET not in repr(facts)


def test_versions_are_those_that_are_installed():
    facts = gather_machine({})
    assert facts.versions["textual"] == facts.pinned["textual"]
    assert facts.versions["pipeline-tui"]
    assert set(machine.TOLD) <= set(facts.versions)


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({}, "none"),
        ({"TERM": "dumb"}, "none"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true"),
        ({"TERM": "xterm-direct"}, "true"),
    ],
)
def test_colours_are_read_from_the_environment(environ, colours):
    facts = gather_terminal(environ, ask=True)
    assert facts.colours == colours
    assert (facts.is_terminal, facts.wide, facts.columns) == (False, None, 0)


@pytest.mark.parametrize(("column", "wide"), [(3, True), (2, False), (None, None)])
def test_a_terminal_is_asked_what_it_does_with_a_wide_character(column, wide, monkeypatch):
    monkeypatch.setattr(terminal, "ANSWER_WITHIN", 0.1 if column is None else 60)
    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    shown = bytearray()

    def answer():
        while not shown.endswith(b"\x1b[6n"):
            shown.extend(os.read(leader, 100))
        if column is not None:
            os.write(leader, f"\x1b[1;{column}R".encode())
        while not shown.endswith(b"\x1b[2K"):
            shown.extend(os.read(leader, 100))

    other_end = threading.Thread(target=answer)
    other_end.start()
    with os.fdopen(follower, "r+b", buffering=0) as raw, io.TextIOWrapper(raw, encoding="utf-8") as screen:
        monkeypatch.setattr(sys, "stdin", screen)
        monkeypatch.setattr(sys, "stdout", screen)
        facts = gather_terminal({"TERM": "xterm"}, ask=True)
        other_end.join(timeout=60)
        assert termios.tcgetattr(follower) == before
    os.close(leader)
    assert (facts.is_terminal, facts.wide) == (True, wide)
    assert shown.decode() == "\r\N{HIRAGANA LETTER A}\x1b[6n\r\x1b[2K"


# --- all of it --------------------------------------------------------------------------------------------


def test_a_workflow_that_is_none_is_told_and_the_machine_is_looked_at(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text("steps:\n  - {id: a, provider: claude, model: m, prompt: x, straem: true}\n")
    codes = {one.code: one for one in examine(path, {}, network=False)}
    assert codes["invalid"].place == f"{path}:2"
    assert codes["invalid"].level == "problem"
    assert "versions" in codes
    assert "key_missing" not in codes


def test_a_mode_that_is_none(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text("steps:\n  - {id: a, provider: claude, model: m, prompt: x}\n")
    codes = {one.code: one.level for one in examine(path, {"TEST_MODE": "mok"}, network=False)}
    assert codes["mode_unknown"] == "problem"

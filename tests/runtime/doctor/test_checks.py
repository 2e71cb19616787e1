"""From facts to findings: each finding with what brings it about, and its cure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline_runtime.doctor.checks.endpoints import check_endpoints
from pipeline_runtime.doctor.checks.handlers import check_handlers
from pipeline_runtime.doctor.checks.keys import check_keys
from pipeline_runtime.doctor.checks.legacy import check_legacy
from pipeline_runtime.doctor.checks.machine import check_machine
from pipeline_runtime.doctor.checks.streaming import check_history, check_lessons
from pipeline_runtime.doctor.checks.terminal import check_terminal
from pipeline_runtime.doctor.facts import (
    EndpointFact,
    HandlerFact,
    KeyFact,
    LessonFact,
    MachineFacts,
    StepHistory,
    TerminalFacts,
)
from pipeline_runtime.doctor.gathering.history import step_histories
from pipeline_runtime.migrate.findings import Finding as Legacy
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.testing import disconnect, scripted_stream


def levels(findings):
    findings = list(findings)
    assert all(one.cure for one in findings if one.level != "ok")
    assert not any(one.cure for one in findings if one.level == "ok")
    return {one.code: one.level for one in findings}


def only(findings, code):
    (found,) = [one for one in findings if one.code == code]
    return found


# --- keys -------------------------------------------------------------------------------------------------

SET = KeyFact("claude", ("ANTHROPIC_API_KEY",), "ANTHROPIC_API_KEY")
UNSET = KeyFact("gemini", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), None)


def keys(*facts, mode="mock", chosen=False, for_workflow=True):
    return list(check_keys(facts, mode=mode, chosen=chosen, for_workflow=for_workflow))


def test_a_key_that_is_missing_is_a_problem_only_for_a_run_that_must_be_live():
    assert levels(keys(SET, UNSET)) == {"key_set": "ok", "key_missing": "warning", "mode": "ok"}
    assert levels(keys(UNSET, mode="live", chosen=True))["key_missing"] == "problem"
    assert levels(keys(UNSET, chosen=True))["key_missing"] == "ok"
    assert "mode" not in levels(keys(SET, mode="unknown", chosen=True))
    assert "GEMINI_API_KEY or GOOGLE_API_KEY is not set" in only(keys(UNSET), "key_missing").message


def test_a_machine_without_any_key_is_told_kindly():
    assert levels(keys(UNSET, for_workflow=False)) == {"no_keys": "warning"}
    assert levels(keys(SET, UNSET, for_workflow=False)) == {"key_set": "ok"}


def test_a_key_that_cannot_be_used_is_a_problem():
    flawed = KeyFact("claude", ("ANTHROPIC_API_KEY",), "ANTHROPIC_API_KEY", "a blank")
    assert levels(keys(flawed, for_workflow=False)) == {"key_flawed": "problem"}


# --- endpoints --------------------------------------------------------------------------------------------


def endpoint(*, mode="mock", **more):
    return list(check_endpoints([EndpointFact(("claude",), "api.anthropic.com:443", **more)], mode=mode))


@pytest.mark.parametrize("status", [200, 401, 404])
def test_any_answer_shows_that_a_server_is_there(status):
    (found,) = endpoint(status=status, elapsed=35_000_000)
    assert found.code == "reachable"
    assert "answers within 35 ms" in found.message


def test_no_network_is_one_finding_for_all():
    lost = [
        EndpointFact((name,), f"{name}:443", error="connect_failed", message="x", cure="y")
        for name in ("a", "b")
    ]
    local = EndpointFact(("ollama",), "127.0.0.1:11434", local=True, status=200)
    assert levels(check_endpoints([*lost, local], mode="live")) == {"offline": "warning", "reachable": "ok"}


def test_one_server_that_cannot_be_reached_is_a_problem_for_a_live_run():
    lost = EndpointFact(("a",), "a:443", error="connect_failed", message="a:443 refused", cure="look")
    there = EndpointFact(("b",), "b:443", status=404)
    assert levels(check_endpoints([lost, there], mode="live"))["unreachable"] == "problem"
    assert levels(check_endpoints([lost, there], mode="mock"))["unreachable"] == "warning"


@pytest.mark.parametrize("error", ["tls_failed", "address"])
def test_a_certificate_and_an_address_are_problems_in_any_mode(error):
    assert levels(endpoint(error=error, message="m", cure="c")) == {"unreachable": "problem"}


def test_a_server_that_fails_and_a_proxy_that_refuses():
    assert levels(endpoint(status=503)) == {"server_error": "warning"}
    (found,) = endpoint(status=407, proxy="proxy:3128")
    assert (found.code, found.level) == ("proxy_refuses", "problem")
    assert "through the proxy proxy:3128" in found.message


# --- handlers ---------------------------------------------------------------------------------------------


def handler(step="draft", name="mine", *, stream=True, **more):
    return HandlerFact(step, name, stream, **more)


@pytest.mark.parametrize(("trouble", "code"), [("missing", "handler_not_found"), ("shape", "handler_shape")])
def test_a_handler_that_cannot_be_called_is_a_problem(trouble, code):
    found = only(check_handlers([handler(trouble=trouble, message="why", cure="how")]), code)
    assert (found.level, found.message, found.cure) == ("problem", "handler never invoked: why", "how")
    assert found.place == "draft"


def test_a_handler_of_a_step_that_does_not_stream():
    assert levels(check_handlers([handler(stream=False)])) == {"handler_without_stream": "warning"}


def test_a_legacy_handler_and_a_shared_one():
    assert levels(check_handlers([handler(legacy=True)])) == {"handler_legacy": "warning"}
    assert levels(check_handlers([handler(shared=True)])) == {
        "handler_ready": "ok",
        "handler_shared": "warning",
    }


def test_a_handler_that_gets_a_restarted_text_twice():
    found = only(check_handlers([handler(repeats=True)]), "restart_repeats")
    assert (found.level, found.message.startswith("duplicate output")) == ("warning", True)


def test_two_handlers_on_one_sink_of_a_step():
    twice = [handler(name="console", sink="terminal"), handler(name="simple", sink="terminal")]
    found = only(check_handlers(twice), "two_on_one_sink")
    assert "duplicate output: 'console' and 'simple' both write to the terminal" in found.message


def test_two_steps_may_print_and_must_not_share_a_file():
    steps = [handler("a", "console", sink="terminal"), handler("b", "console", sink="terminal")]
    assert levels(check_handlers(steps)) == {"handler_ready": "ok"}
    files = [handler("a", "file", sink="file out"), handler("b", "file", sink="file out")]
    assert levels(check_handlers(files))["file_shared"] == "warning"
    replaced = [files[0], handler("b", "file", sink="file out", replaces=True)]
    assert levels(check_handlers(replaced))["file_replaced"] == "problem"
    own = [files[0], handler("b", "file", sink="file other")]
    assert levels(check_handlers(own)) == {"handler_ready": "ok"}


def test_three_handlers_on_one_sink_are_told_once():
    thrice = [handler(name="console", sink="terminal")] * 3
    assert sum(one.code == "two_on_one_sink" for one in check_handlers(thrice)) == 1


# --- streaming --------------------------------------------------------------------------------------------


def lesson(change="sync", evidence="no stream for you", name="ab12-sync"):
    since = datetime(2026, 5, 4, tzinfo=UTC)
    return LessonFact(name, "o1", "https://x/v1", change, "it does not stream", evidence, since, "draft")


def test_a_model_that_cannot_stream_is_told_with_why_since_when_and_what_to_change():
    (found,) = check_lessons([lesson()])
    assert found.message == (
        "fallback to sync: o1 at https://x/v1 cannot stream since 2026-05-04: it does not stream"
        " (no stream for you)"
    )
    assert "pipeline-tui capabilities forget ab12-sync" in found.cure
    assert "set stream: false" in found.cure
    assert "verified" in next(check_lessons([lesson(evidence="organization must be verified")])).cure
    assert "forget" not in next(check_lessons([lesson(name=None)])).cure


def test_lessons_that_take_no_stream_away_are_no_warning():
    assert levels(check_lessons([lesson("drop_stream_options"), lesson("stream")])) == {
        "no_usage": "ok",
        "must_stream": "ok",
    }


def history(day, **more):
    return StepHistory(f"run-{day}", f"2026-05-0{day}T10:00:00+00:00", "draft", **more)


def test_a_fallback_of_the_last_runs_is_told_with_how_often_and_since_when():
    runs = [history(day, fallback=("it refused", "server", "no")) for day in (3, 2)] + [history(1)]
    (found,) = check_history(runs)
    assert found.code == "fell_back"
    assert (
        found.message
        == "fallback to sync: in 2 of the last 3 runs, first on 2026-05-02: it refused (server: no)"
    )


def test_a_step_that_streams_again_is_well():
    assert (
        list(check_history([history(1, fallback=("r", "server", "e")), history(2, delivery="stream")])) == []
    )


def test_a_gateway_that_answers_without_a_stream_has_its_own_cure():
    (found,) = check_history([history(1, fallback=("r", "response", "e"))])
    assert "gateway answers without a stream" in found.cure


def test_what_a_restart_sent_again_is_duplicate_output_for_a_handler():
    assert levels(check_history([history(1, repeated=True, handlers=("mine",))])) == {
        "deltas_sent_again": "warning"
    }
    assert list(check_history([history(1, repeated=True)])) == []


def test_what_was_held_back_and_what_runs_told_of_handlers():
    told = (("handler_reused", "the same object", "give the class"),)
    assert levels(check_history([history(1, delivery="buffered", told=told)])) == {
        "buffered": "warning",
        "handler_reused": "warning",
    }


def test_a_history_is_read_from_events():
    stream = scripted_stream("a", disconnect(), retry=RetryPolicy(attempts=2, on_drop="restart"))
    (one,) = step_histories("r", "2026", stream)
    assert one.repeated
    fell = scripted_stream("a", protocol="openai-chat", refuse_stream="openai-o1-default")
    (one,) = step_histories("r", "2026", fell)
    assert (one.delivery, one.fallback[1], one.repeated) == ("sync", "server", False)
    (one,) = step_histories("r", "2026", scripted_stream("a", "b"))
    assert (one.delivery, one.fallback, one.repeated) == ("stream", None, False)


# --- the rest ---------------------------------------------------------------------------------------------


def test_legacy_keys_are_told_with_their_line():
    fixable = Legacy("f.yaml", 7, 5, "async_stream: true", "stream: true", "4", "warning", fixable=True)
    left = Legacy("f.yaml", 8, 5, "async_handler: X", "", "4", "error", fixable=False, why="nobody knows it")
    found = list(check_legacy("f.yaml", [fixable, left]))
    assert levels(found) == {"legacy_key": "warning", "legacy_key_left": "problem"}
    assert found[0].place == "f.yaml:7"
    assert found[0].cure == "pipeline-tui migrate f.yaml"
    assert levels(check_legacy("f.yaml", [])) == {"nothing_legacy": "ok"}


def terminal(**more):
    given = {
        "is_terminal": True, "term": "xterm-256color", "colours": "256", "encoding": "utf-8",
        "columns": 80, "rows": 24, "osc52": True,
    }  # fmt: skip
    return list(check_terminal(TerminalFacts(**given | more)))


def test_a_good_terminal_is_well():
    assert levels(terminal(wide=True)) == dict.fromkeys(("size", "colours", "wide", "clipboard"), "ok")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"term": "dumb"}, "dumb"),
        ({"term": ""}, "dumb"),
        ({"columns": 79}, "small"),
        ({"rows": 23}, "small"),
        ({"encoding": "ANSI_X3.4-1968"}, "not_utf8"),
        ({"wide": False}, "narrow"),
        ({"osc52": None}, "clipboard_unknown"),
        ({"osc52": False}, "clipboard_unknown"),
        ({"inside": "tmux", "osc52": None, "tmux_clipboard": "off"}, "tmux_clipboard"),
        ({"inside": "tmux", "osc52": None}, "tmux_clipboard"),
    ],
)
def test_what_a_terminal_lacks_is_a_warning(more, code):
    assert levels(terminal(**more))[code] == "warning"


def test_tmux_that_passes_copied_text_on_and_no_terminal_at_all():
    assert levels(terminal(inside="tmux", osc52=None, tmux_clipboard="on"))["clipboard"] == "ok"
    assert levels(terminal(is_terminal=False)) == {"no_terminal": "ok"}


def machine(**more):
    given = {
        "versions": {"textual": "8.2.8"}, "pinned": {"textual": "8.2.8"}, "state": "/s", "state_problem": None,
        "free": 1 << 40, "proxies": {},
    }  # fmt: skip
    return list(check_machine(MachineFacts(**given | more)))


def test_a_good_machine_is_well():
    assert levels(machine()) == {"versions": "ok", "state_writable": "ok"}


@pytest.mark.parametrize(
    ("more", "code", "level"),
    [
        ({"versions": {"textual": "9.0"}}, "other_version", "warning"),
        ({"state_problem": "Read-only file system"}, "state_not_writable", "problem"),
        ({"free": 1000}, "disk_full", "warning"),
        ({"proxies": {"HTTPS_PROXY": "proxy:3128"}}, "proxy", "ok"),
        ({"proxies": {"HTTPS_PROXY": None}}, "proxy_unreadable", "problem"),
    ],
)
def test_what_a_machine_lacks(more, code, level):
    assert levels(machine(**more))[code] == level

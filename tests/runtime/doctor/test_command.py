"""`pipeline-tui doctor` as a process, and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import pipeline_runtime.doctor
from helpers_cli import cli, on_terminal
from helpers_docs import rows, section

HEALTHY = """\
steps:
  - {id: a, provider: claude, model: m, prompt: x, stream: true, stream_handler: console, scenario: default}
"""
SECRET = "sk-planted-0b44c1e9"


@pytest.fixture
def flow(tmp_path):
    def write(text=HEALTHY):
        path = tmp_path / "flow.yaml"
        path.write_text(text)
        return path

    return write


def found(ran):
    return {one["code"]: one for one in map(json.loads, ran.out.splitlines())}


def test_a_workflow_that_is_well_gives_exit_code_0(flow):
    ran = cli("doctor", flow(), "--no-network")
    assert ran.code == 0
    assert ran.notes == ""
    assert "handler 'console' can be called" in ran.out
    assert ran.out.splitlines()[-1].endswith(", 0 problems")


def test_a_problem_gives_exit_code_1_and_stands_last_with_its_cure(flow):
    ran = cli("doctor", flow(HEALTHY.replace("console", "consoel")), "--no-network")
    assert ran.code == 1
    problem, cure, summary = ran.out.splitlines()[-3:]
    assert problem.startswith("problem  handlers   a: handler never invoked: there is no handler 'consoel'")
    assert cure.strip() == "-> did you mean 'console'?"
    assert summary.endswith(", 1 problem")


def test_json_is_one_finding_a_line(flow):
    ran = cli("doctor", flow(HEALTHY.replace("stream: true", "async_stream: true")), "--no-network", "--json")
    told = found(ran)
    assert told["legacy_key"]["place"].endswith("flow.yaml:2")
    assert {frozenset(one) for one in told.values()} == {
        frozenset({"check", "code", "level", "message", "cure", "place"})
    }


def test_no_key_is_ever_shown(flow):
    env = {"ANTHROPIC_API_KEY": f"'{SECRET}'", "HTTPS_PROXY": f"http://me:{SECRET}@127.0.0.1:9"}
    for words in (("doctor", flow()), ("doctor", flow(), "--json"), ("doctor",)):
        ran = cli(*words, env=env)
        assert ran.code == 1
        assert SECRET not in ran.out + ran.notes
        assert "ANTHROPIC_API_KEY holds quotes" in ran.out


def test_an_endpoint_is_tried(flow, pipeline_scenario):
    env = {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": pipeline_scenario(reply="x")}
    told = found(cli("doctor", flow(), "--json", env=env))
    assert told["reachable"]["level"] == "ok"
    assert told["mode"]["message"] == "a run would be live"
    env["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9"
    ran = cli("doctor", flow(), "--json", env=env)
    assert (ran.code, found(ran)["unreachable"]["level"]) == (1, "problem")


def test_what_a_run_showed_is_told_afterwards(flow):
    path = flow(HEALTHY.replace("provider: claude", "provider: openai").replace("default", "no-stream"))
    assert cli("run", path).code == 0
    ran = cli("doctor", path, "--no-network", "--json")
    assert "fallback to sync: in 1 of the last 1 run" in found(ran)["fell_back"]["message"]


def test_the_terminal_is_asked_and_left_as_it_was(flow):
    code, screen = on_terminal("doctor", flow(), "--no-network", env={"TERM": "xterm-256color"})
    assert code == 0
    assert "\x1b[6n" in screen
    assert "256 colours" in screen
    assert "\x1b[6n" not in on_terminal("doctor", flow(), "--no-network", "--json")[1]


def test_a_workflow_that_is_not_there(tmp_path):
    ran = cli("doctor", tmp_path / "nothing.yaml", "--no-network")
    assert ran.code == 1
    assert "invalid" in found(cli("doctor", tmp_path / "nothing.yaml", "--no-network", "--json"))
    assert cli("doctor", "drift").code == 2


def test_the_page_lists_every_code_with_its_check():
    """Every finding is made with its check and code written out, but for those that pass a lint's code on."""
    folder = Path(pipeline_runtime.doctor.__file__).parent
    source = "\n".join(file.read_text() for file in sorted(folder.rglob("*.py")))
    made = set(re.findall(r'\b(?:ok|warning|problem|found)\(\s*"(\w+)",\s*"(\w+)"', source))
    passed_on = {"handler_blocks", "handler_no_delta", "handler_reused", "handler_error"}
    made |= {("handlers", code) for code in passed_on} | {
        ("streaming", "no_usage"),
        ("streaming", "must_stream"),
    }
    page = (Path(__file__).resolve().parents[3] / "docs" / "doctor.md").read_text()
    told = {(row[1], row[0].strip("`")) for row in rows(section(page, "## What it finds"))}
    assert told == made

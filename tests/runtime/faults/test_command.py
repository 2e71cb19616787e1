"""`run --fault`, and its page."""

from __future__ import annotations

import json
import re

import pytest

from helpers_cli import cli
from pipeline_runtime.faults import FORMS, parse_fault


def test_a_fault_breaks_the_run_and_is_told():
    ran = cli("run", "cut", "--fault", "disconnect@3", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert events[0]["faults"] == ["disconnect@3"]
    assert len([event for event in events if event["kind"] == "delta"]) == 3
    assert events[0]["note"].endswith("faults are injected: disconnect@3")


@pytest.mark.parametrize(("fault", "says"), [("disconect@3", "disconnect@17"), ("keepalive:1s", "scenario")])
def test_a_mistake_is_a_mistake_of_usage(fault, says):
    ran = cli("run", "cut", "--fault", fault)
    assert ran.code == 2
    assert says in ran.notes
    assert "Traceback" not in ran.notes


def test_every_form_is_on_the_page(repository):
    text = (repository / "docs" / "faults.md").read_text(encoding="utf-8")
    table = text.split("## All faults")[1].split("\n## ")[0]
    documented = tuple(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))
    assert documented == FORMS
    assert all(parse_fault(form) for form in documented)

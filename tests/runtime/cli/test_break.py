"""`--break`: stops, prints the state as JSON, and ends the run or goes on."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from helpers_cli import ANSWER, cli

pytestmark = pytest.mark.streaming


def stops(text):
    return [line for line in map(json.loads, text.splitlines()) if line["kind"] == "stop"]


def test_the_state_at_the_first_stop_is_all_that_stdout_has(flows):
    ran = cli("run", flows / "quick.yaml", "--break", "nth(2, type:delta)")
    assert ran.code == 0
    [stop] = stops(ran.out)
    assert len(ran.out.splitlines()) == 1
    assert stop["breakpoint"] == "nth(2, type:delta)"
    assert stop["event"]["kind"] == "delta"
    step = stop["state"]["steps"]["say"]
    assert step["text"].endswith(stop["event"]["content"])
    assert (step["counts"]["deltas"], step["status"]) == (2, "running")
    assert stop["state"]["seq"] == stop["event"]["seq"]
    assert step["timings"]["first_delta"] > 0


def test_it_goes_on_to_each_stop_when_asked(flows):
    ran = cli("run", flows / "quick.yaml", "--break", "lane:text", "--on-break", "continue")
    texts = [stop["state"]["steps"]["say"]["text"] for stop in stops(ran.out)]
    assert ran.code == 0
    assert len(texts) > 2
    assert all(after.startswith(before) and after != before for before, after in pairwise(texts))
    assert texts[-1] == ANSWER


def test_stops_stand_between_the_events_with_json(flows):
    ran = cli("run", flows / "quick.yaml", "--json", "--break", "type:done")
    kinds = [json.loads(line)["kind"] for line in ran.out.splitlines()]
    assert kinds.count("stop") == 1
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"


def test_a_request_is_stopped_before_it_is_sent(flows):
    ran = cli("run", flows / "quick.yaml", "--break", "type:attempt_started")
    [stop] = stops(ran.out)
    assert stop["event"]["seq"] == -1
    assert stop["event"]["request"]["body"]["model"] == "some-model"
    assert stop["state"]["steps"]["say"]["counts"]["responses"] == 0


def test_what_was_never_hit_is_said(flows):
    ran = cli("run", flows / "quick.yaml", "--break", "type:unknown")
    assert (ran.code, ran.out) == (0, "")
    assert "no breakpoint was hit" in ran.notes
    assert cli("run", flows / "failing.yaml", "--break", "type:delta").code == 1


def test_a_mistake_in_an_expression_is_told_before_anything_runs(flows):
    ran = cli("run", flows / "quick.yaml", "--break", "lane:txt")
    assert (ran.code, ran.out) == (2, "")
    assert "column 6" in ran.notes
    assert "did you mean text?" in ran.notes


def test_a_replay_stops_too(flows):
    assert cli("run", flows / "quick.yaml").code == 0
    ran = cli("replay", "last", "--speed", "instant", "--break", "text~/one did/i")
    [stop] = stops(ran.out)
    assert "One did" in stop["state"]["steps"]["say"]["text"]

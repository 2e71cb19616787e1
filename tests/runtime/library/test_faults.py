"""A recorded run with faults is told from a real one wherever runs are listed."""

from __future__ import annotations

import json

from helpers_cli import cli
from helpers_library import log_of
from pipeline_runtime.library import Library
from pipeline_runtime.runlog.summaries import last_runs

FAULTS = ("disconnect@3", "draft: stall@1:3s")


def test_lists_and_details_say_that_it_has_faults():
    log_of("20260101T000000000Z-draft-aaaa", status="failed", faults=FAULTS)
    [run] = Library().runs()
    assert run.faults == FAULTS
    assert Library().runs()[0].faults == FAULTS  # as it was remembered
    assert cli("runs").out.splitlines()[1].endswith("Draft (faults: disconnect@3, draft: stall@1:3s)")
    assert json.loads(cli("runs", "--json").out)["faults"] == list(FAULTS)
    assert "\n  faults: disconnect@3, draft: stall@1:3s\n" in cli("runs", "show", "last").out


def test_it_is_not_how_a_workflow_went_the_last_time():
    log_of("20260101T000000000Z-draft-aaaa")
    log_of("20260102T000000000Z-draft-bbbb", status="failed", faults=FAULTS)
    assert last_runs()["Draft"].status == "ok"

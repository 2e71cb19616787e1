"""A run killed with -9 in mid-stream: what it has left is all but the last moment, and plays."""

from __future__ import annotations

import asyncio
import json
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helpers_cli import FLOWS, Session
from helpers_core import check_run, gather, of, only
from pipeline_runtime.events import Delta, Error, StepFinished
from pipeline_runtime.replay import INSTANT, ReplayRun
from pipeline_runtime.runlog.reader import RunLog

AT_MOST_LOST = 1_000_000_000
"""Ten times what is lost where the machine has the time."""


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    path = tmp_path / "endless.yaml"
    path.write_text(FLOWS["endless"])
    return path


def run_and_kill(flow: Path, folder: Path) -> list[dict]:
    """Run it, kill it after some deltas, and give the deltas that it had told."""
    words = ("run", flow, "--mode", "mock", "--json")
    with Session(*words, env={"PIPELINE_STATE_DIR": str(folder)}) as session:
        session.read_until('"frame":90,"choice"')
        session.signal(signal.SIGKILL)
        told = session.end().out
    whole = told[: told.rindex("\n")].splitlines()
    return [event for event in map(json.loads, whole) if event["kind"] == "delta"]


async def test_all_but_the_last_moment_is_there_and_plays(endless, tmp_path):
    told = await asyncio.to_thread(run_and_kill, endless, tmp_path / "state")
    (log,) = (tmp_path / "state" / "runs").glob("*.jsonl")
    assert RunLog(log).finished is None
    events = await gather(ReplayRun(log, speed=INSTANT))
    check_run(events)
    kept = {delta.seq for delta in of(events, Delta)}
    lost = [delta["at"] for delta in told if delta["seq"] not in kept]
    assert len(kept) >= 5
    assert all(at > told[-1]["at"] - AT_MOST_LOST for at in lost), (lost, told[-1]["at"])
    assert "the run was killed" in only(events, Error).message
    assert only(events, StepFinished).status == "failed"


async def test_runs_of_several_processes_never_mix(endless, tmp_path):
    with ThreadPoolExecutor(3) as pool:
        told = await asyncio.gather(
            *(
                asyncio.get_running_loop().run_in_executor(pool, run_and_kill, endless, tmp_path / "state")
                for _ in range(3)
            )
        )
    logs = sorted((tmp_path / "state" / "runs").glob("*.jsonl"))
    assert len(logs) == 3
    assert {log.stem for log in logs} == {deltas[0]["run"] for deltas in told}
    for log in logs:
        events = await gather(ReplayRun(log, speed=INSTANT))
        check_run(events)
        assert {event.run for event in events} == {log.stem}

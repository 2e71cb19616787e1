"""Run logs written out by hand into the library's folder."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from pipeline_runtime.events import RunFinished, RunStarted, StepSummary
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.runlog.lines import LogHeader

DAY = 86_400


def log_of(
    run,
    *events,
    workflow="Draft",
    status="ok",
    deltas=3,
    stalls=0,
    age=0.0,
    inputs=None,
    folder=None,
    faults=(),
):
    """Write a log: its header, its first event, these events, and its last one unless `status` is `cut`."""
    header = LogHeader(run, workflow, "mock", "2026-11-21T06:59:00.000+00:00", "pipeline-tui test")
    started = RunStarted(run, None, None, 0, 0, workflow, "mock", ("draft",), inputs or {}, faults=faults)
    lines = [header, started, *events]
    if status != "cut":
        summary = StepSummary("draft", status, 5, "stream", 1, 2, None, deltas, stalls)
        lines.append(RunFinished(run, None, None, len(events) + 1, 9, status, 6_700_000_000, (summary,)))
    path = Path(folder or runs_dir()) / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    if age:
        at = path.stat().st_mtime - age
        os.utime(path, (at, at))
    return path


def ids_of(runs):
    return [run.run for run in runs]

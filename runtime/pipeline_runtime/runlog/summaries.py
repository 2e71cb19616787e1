"""What is known of earlier runs, read from the ends of their logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import Mode, RunFinished, RunStarted
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = 500


class RunSummary(msgspec.Struct, frozen=True):
    """One earlier run."""

    run: str
    workflow: str
    path: str | None
    """The workflow's file."""
    mode: Mode
    started_at: str
    inputs: dict[str, Any]
    log: str
    finished: RunFinished | None
    """`None`: it did not end in order (killed), or is still going."""


def recent_runs(limit: int = NEWEST) -> list[RunSummary]:
    """The newest runs first; logs that cannot be read are left out."""
    folder = runs_dir()
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.jsonl"), key=lambda file: file.name, reverse=True)[:limit]
    summaries = (_summarise(file) for file in files)
    return [summary for summary in summaries if summary is not None]


def last_runs(limit: int = NEWEST) -> dict[str, RunSummary]:
    """The newest run of each workflow, by the workflow file's path (or its name, when it has no file)."""
    newest: dict[str, RunSummary] = {}
    for summary in recent_runs(limit):
        newest.setdefault(summary.path or summary.workflow, summary)
    return newest


def _summarise(file: Path) -> RunSummary | None:
    try:
        log = RunLog(file)
        first = next(iter(log.lines()), None)
        finished = log.finished
    except (RunLogError, OSError):
        return None
    header = log.header
    return RunSummary(
        run=header.run,
        workflow=header.workflow,
        path=header.path,
        mode=header.mode,
        started_at=header.started_at,
        inputs=first.inputs if isinstance(first, RunStarted) else {},
        log=str(file),
        finished=finished,
    )

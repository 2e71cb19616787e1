"""What is known of earlier runs, read from the ends of their logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import Delivery, Mode, RunFinished, RunStarted, Status
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.runlog.holding import is_held
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = 500
RunStatus: TypeAlias = Status | Literal["running", "cut"]
"""How a run ended; `cut`: it did not end in order (killed, or a full disk)."""


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
    size: int = 0
    """Bytes of the log."""
    modified: int = 0
    """When the log was last written: ns since 1970."""
    running: bool = False
    """It is still being written."""
    faults: tuple[str, ...] = ()
    """What was made to go wrong in it on purpose."""

    @property
    def status(self) -> RunStatus:
        """How it ended, or that it has not."""
        if self.finished is not None:
            return self.finished.status
        return "running" if self.running else "cut"

    @property
    def elapsed(self) -> int | None:
        """Ns; `None` when it has not ended in order."""
        return self.finished.elapsed if self.finished else None

    @property
    def deltas(self) -> int | None:
        """Of all its steps; `None` when its log's end does not say."""
        return self._total("deltas")

    @property
    def stalls(self) -> int | None:
        """Of all its steps; `None` when its log's end does not say."""
        return self._total("stalls")

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """How the answers came, each way once."""
        steps = self.finished.steps if self.finished else ()
        return tuple(dict.fromkeys(step.delivery for step in steps if step.delivery))

    def _total(self, name: str) -> int | None:
        steps = self.finished.steps if self.finished else ()
        told = [count for step in steps if (count := getattr(step, name)) is not None]
        return sum(told) if told else None


def recent_runs(limit: int = NEWEST) -> list[RunSummary]:
    """The newest runs first; logs that cannot be read are left out."""
    folder = runs_dir()
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.jsonl"), key=lambda file: file.name, reverse=True)[:limit]
    summaries = (summarise_log(file) for file in files)
    return [summary for summary in summaries if summary is not None]


def last_runs(limit: int = NEWEST) -> dict[str, RunSummary]:
    """The newest run of each workflow, by the workflow file's path (or its name, when it has no file).

    Runs with faults do not count: they do not tell how it goes.
    """
    newest: dict[str, RunSummary] = {}
    for summary in recent_runs(limit):
        if not summary.faults:
            newest.setdefault(summary.path or summary.workflow, summary)
    return newest


def summarise_log(file: Path) -> RunSummary | None:
    """What the ends of a log tell; `None` for a file that is no readable log."""
    try:
        stat = file.stat()  # before anything is read: what is written meanwhile makes this summary an old one
        log = RunLog(file)
        first = next(iter(log.lines()), None)
        running = is_held(file)  # before the end is looked for: it may end in between
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
        size=stat.st_size,
        modified=stat.st_mtime_ns,
        running=running and finished is None,
        faults=first.faults if isinstance(first, RunStarted) else (),
    )

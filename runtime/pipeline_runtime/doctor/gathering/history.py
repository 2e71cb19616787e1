"""How the last runs went, from their logs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.doctor.facts import StepHistory
from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error, Fallback, Lint, StepStarted
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.runlog.summaries import recent_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.runlog.summaries import RunSummary

RUNS = 5
LOOKED_THROUGH = 200
LARGEST = 8 << 20
"""Logs that are larger are left out: reading them takes longer than a doctor may."""
HANDLER_CODES = ("handler_blocks", "handler_legacy", "handler_no_delta", "handler_reused")


def gather_history(path: Path | None) -> tuple[StepHistory, ...]:
    """The steps of the newest runs of a workflow; without one, of the newest runs of all."""
    wanted = [one for one in recent_runs(LOOKED_THROUGH) if path is None or _same(one.path, path)]
    return tuple(step for summary in wanted[:RUNS] for step in _steps(summary))


def step_histories(run: str, started_at: str, events: Iterable[AnyEvent]) -> list[StepHistory]:
    """The steps that these events of a run tell of: pure."""
    steps: dict[str, _Step] = {}
    for event in events:
        if event.step is not None:
            steps.setdefault(event.step, _Step()).take(event)
    return [one.told(run, started_at, name) for name, one in steps.items()]


def _steps(summary: RunSummary) -> list[StepHistory]:
    log = Path(summary.log)
    try:
        if log.stat().st_size > LARGEST:
            return []
        return step_histories(summary.run, summary.started_at, RunLog(log).events())
    except (OSError, RunLogError):  # gone, or of a protocol that is not known here
        return []


def _same(recorded: str | None, path: Path) -> bool:
    return recorded is not None and Path(recorded).absolute() == path.absolute()


class _Step:
    """Takes the events of one step."""

    def __init__(self) -> None:
        self._handlers: tuple[str, ...] = ()
        self._delivery: str | None = None
        self._fallback: tuple[str, str, str] | None = None
        self._spoke = False
        self._anew = False
        self._repeated = False
        self._told: dict[str, tuple[str, str, str]] = {}

    def take(self, event: AnyEvent) -> None:
        match event:
            case StepStarted():
                self._handlers = event.handlers
            case AttemptStarted():
                self._anew = self._spoke and event.why != "resume"
            case Delta():
                self._spoke = True
                self._repeated = self._repeated or self._anew
            case Fallback():
                self._fallback = (event.reason, event.source, event.evidence)
            case Done():
                self._delivery = event.response.delivery
            case Lint(code=code) if code in HANDLER_CODES:
                self._told.setdefault(code, (code, event.message, event.cure))
            case Error(type="handler_error"):
                self._told.setdefault(event.type, (event.type, event.message, event.cure))

    def told(self, run: str, started_at: str, name: str) -> StepHistory:
        return StepHistory(
            run,
            started_at,
            name,
            self._handlers,
            self._delivery,
            self._fallback,
            self._repeated,
            tuple(self._told.values()),
        )

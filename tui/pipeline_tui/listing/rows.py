"""One workflow as the list shows it: what it is, whether it can run, how it went last time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pipeline_runtime.providers import used_providers
from pipeline_runtime.workflow import FoundWorkflow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline_runtime.errors import WorkflowError
    from pipeline_runtime.events import Delivery, RunFinished
    from pipeline_runtime.runlog.summaries import RunSummary
    from pipeline_runtime.workflow import Glimpse

Badge = Literal["STREAM", "SYNC", "BUFFERED", "error", "cancelled", "cut off", "skipped"]
BADGES: dict[Delivery, Badge] = {"sync": "SYNC", "buffered": "BUFFERED", "stream": "STREAM"}
"""When steps were delivered in different ways, the row shows the first of these: the one to know about."""

READING = "reading…"
"""What is said of a row whose file is still being read."""


@dataclass(frozen=True, slots=True)
class LastResult:
    """How the last run went."""

    badge: Badge
    when: datetime
    first_delta: int | None
    """Time to the first delta of its first step that had one (TTFT), in ns."""

    @property
    def ok(self) -> bool:
        """Whether every step came to its end."""
        return self.badge in BADGES.values()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    found: FoundWorkflow
    name: str
    description: str
    steps: int
    providers: tuple[str, ...]
    mode: str
    """The mode that a run would have: `mock`, `live`; empty when it cannot run."""
    note: str
    """Why that mode, when nobody chose it."""
    result: LastResult | None

    @property
    def path(self) -> Path:
        """Its file."""
        return self.found.path

    @property
    def is_glimpsed(self) -> bool:
        """Its file is still being read."""
        return self.found.workflow is None and not self.found.problems

    @property
    def problem(self) -> WorkflowError | None:
        """The first thing that is wrong with it; `None`: it can run."""
        return self.found.problems[0] if self.found.problems else None


def make_row(found: FoundWorkflow, mode: str, note: str, summary: RunSummary | None) -> Row:
    """The row of a file that was found, valid or not."""
    workflow = found.workflow
    if workflow is None:
        return Row(found, found.path.name, "", 0, (), "", "", None)
    providers = used_providers(workflow)
    return Row(
        found,
        name=workflow.name or found.path.stem,
        description=workflow.description or "",
        steps=len(workflow.steps),
        providers=providers,
        mode=mode,
        note=note,
        result=last_result(summary) if summary is not None else None,
    )


def models_of(rows: Iterable[Row]) -> dict[str, str]:
    """For each provider that is asked in these workflows, the first model."""
    found: dict[str, str] = {}
    for row in rows:
        for step in row.found.workflow.steps if row.found.workflow is not None else ():
            found.setdefault(step.provider, step.model)
    return found


def glimpsed_row(glimpse: Glimpse) -> Row:
    """The row of a file that is still being read: its name, and that it can be chosen."""
    found = FoundWorkflow(glimpse.path, None, (), 0, -1)
    return Row(found, glimpse.name, glimpse.description, 0, (), "", READING, None)


def last_result(summary: RunSummary) -> LastResult | None:
    """What to show of the last run; `None` when its log does not say when it was."""
    when = parse_time(summary.started_at)
    if when is None:
        return None
    finished = summary.finished
    if finished is None:
        return LastResult("cut off", when, None)
    return LastResult(badge_of(finished), when, first_delta_of(finished))


def badge_of(finished: RunFinished) -> Badge:
    """How the run was delivered, or how it ended when it did not come through."""
    if finished.status == "failed":
        return "error"
    if finished.status != "ok":
        return finished.status
    deliveries = {step.delivery for step in finished.steps}
    for delivery, badge in BADGES.items():
        if delivery in deliveries:
            return badge
    return "STREAM"


def first_delta_of(finished: RunFinished) -> int | None:
    """The TTFT of the first step that had a delta, in ns."""
    return next((step.first_delta for step in finished.steps if step.first_delta is not None), None)


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time with its offset, as run logs have it; `None` for anything else."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo is not None else None

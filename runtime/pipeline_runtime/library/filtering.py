"""Which of the runs are wanted: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.runlog.summaries import RunStatus

if TYPE_CHECKING:
    from pipeline_runtime.runlog.summaries import RunSummary

NANOSECONDS = 1_000_000_000


class RunFilter(Struct, frozen=True):
    """What a run must be; what is not said does not matter."""

    text: str = ""
    """A part of its id, its workflow's name or its workflow's file, ignoring case."""
    workflow: str = ""
    """Its workflow's name or the file's name, ignoring case."""
    statuses: frozenset[RunStatus] = frozenset()
    """Any of these."""
    older_than: float | None = None
    """Seconds since its log was last written."""
    newer_than: float | None = None
    larger_than: int | None = None
    """Bytes of its log."""

    def wants(self, run: RunSummary, now: float) -> bool:
        """Whether the run is wanted.

        Args:
            run: The run.
            now: Seconds since 1970.
        """
        age = now - run.modified / NANOSECONDS
        return (
            (not self.statuses or run.status in self.statuses)
            and (self.older_than is None or age > self.older_than)
            and (self.newer_than is None or age <= self.newer_than)
            and (self.larger_than is None or run.size > self.larger_than)
            and self._names(run)
        )

    def _names(self, run: RunSummary) -> bool:
        name, path = run.workflow.lower(), (run.path or "").lower()
        file = path.rpartition("/")[2]
        wanted, text = self.workflow.lower(), self.text.lower()
        return (not wanted or wanted in {name, path, file, file.rpartition(".")[0]}) and (
            not text or text in run.run.lower() or text in name or text in path
        )

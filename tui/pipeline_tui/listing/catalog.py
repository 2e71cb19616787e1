"""The workflows of a place, kept in step with the disk. Does the reading; call it from a thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.providers import choose_mode
from pipeline_runtime.runlog.summaries import last_runs
from pipeline_runtime.workflow import discover_workflows, glimpse_workflows, rediscover
from pipeline_tui.listing.rows import Row, glimpsed_row, make_row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_runtime.runlog.summaries import RunSummary
    from pipeline_runtime.workflow import FoundWorkflow
    from pipeline_tui.listing.places import Place

RUNS_LOOKED_AT = 200
"""How many of the newest run logs are read for the last results."""


class Catalog:
    """Finds the workflows of a place and makes their rows.

    Not thread-safe: one call at a time.
    """

    def __init__(self, place: Place, *, mode: str | None = None) -> None:
        self.place = place
        self._mode = mode
        self._found: list[FoundWorkflow] = []
        self._summaries: Mapping[str, RunSummary] = {}

    def glimpse(self) -> list[Row]:
        """The rows as far as they are known without parsing a file: at once, and soon replaced."""
        return [glimpsed_row(glimpse) for glimpse in glimpse_workflows(self.place.paths)]

    def load(self) -> list[Row]:
        """Read everything anew: the files and the last runs."""
        self._found = discover_workflows(self.place.paths)
        self._summaries = last_runs(RUNS_LOOKED_AT)
        return self.rows()

    def results(self) -> list[Row]:
        """Read the last runs again: one has ended."""
        self._summaries = last_runs(RUNS_LOOKED_AT)
        return self.rows()

    def last_inputs(self, path: Path) -> dict[str, Any]:
        """The inputs of this file's last run, as far as is known."""
        summary = self._summaries.get(str(path))
        return dict(summary.inputs) if summary is not None else {}

    def changes(self) -> list[Row] | None:
        """Look at the files' stamps and read what changed; `None` when nothing did."""
        found = rediscover(self._found, self.place.paths)
        before, self._found = self._found, found
        if _stamps(before) == _stamps(found):
            return None
        return self.rows()

    def rows(self) -> list[Row]:
        """A row for each file that was found."""
        return [self._row(found) for found in self._found]

    def _row(self, found: FoundWorkflow) -> Row:
        mode, note = "", ""
        if found.workflow is not None:
            try:
                chosen, why = choose_mode(self._mode, os.environ, found.workflow)
                mode, note = chosen, why or ""
            except PipelineError as error:
                note = f"{error.message}: {error.cure}" if error.cure else error.message
        return make_row(found, mode, note, self._summaries.get(str(found.path)))


def _stamps(found: list[FoundWorkflow]) -> list[tuple[Path, int, int]]:
    return [(one.path, one.mtime_ns, one.size) for one in found]

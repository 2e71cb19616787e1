"""Which runs a rule removes: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.library.filtering import RunFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.runlog.summaries import RunSummary


class PruneRule(Struct, frozen=True):
    """What is removed: runs of which all that is said is true. A rule that says nothing removes nothing."""

    older_than: float | None = None
    """Seconds since its log was last written."""
    larger_than: int | None = None
    """Bytes of its log."""
    keep: int | None = None
    """So many of the newest stay, whatever they are."""

    @property
    def says_nothing(self) -> bool:
        """No condition was given."""
        return self.older_than is None and self.larger_than is None and self.keep is None


def choose(rule: PruneRule, runs: Sequence[RunSummary], now: float) -> list[RunSummary]:
    """The runs that the rule removes; one that is still being written never is.

    Args:
        rule: What to remove.
        runs: The newest first.
        now: Seconds since 1970.
    """
    if rule.says_nothing:
        return []
    wanted = RunFilter(older_than=rule.older_than, larger_than=rule.larger_than)
    return [run for run in runs[rule.keep or 0 :] if not run.running and wanted.wants(run, now)]

"""What a rule would remove of the recorded runs, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError
from pipeline_runtime.library import PruneRule, read_age, read_size
from pipeline_runtime.library.quantities import show_size
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.library import Room
    from pipeline_runtime.runlog.summaries import RunSummary

MOST_NAMED = 4
MOST_DIGITS = 18
"""Of a number that is typed: Python refuses to read thousands of them."""


def read_rule(older: str, larger: str, keep: str) -> PruneRule:
    """The rule of what was typed; empty texts say nothing.

    Raises:
        InputError: One is no age, size or number.
    """
    keep = keep.strip()
    if keep and (not keep.isdecimal() or len(keep) > MOST_DIGITS):
        raise InputError(f"{keep[:MOST_DIGITS]!r} is no number of runs", cure="give 0 or more")
    return PruneRule(
        older_than=read_age(older) if older.strip() else None,
        larger_than=read_size(larger) if larger.strip() else None,
        keep=int(keep) if keep else None,
    )


def prune_text(rule: PruneRule, gone: Sequence[RunSummary], total: int, room: Room) -> str:
    """How many runs would go, which, and how much room that frees."""
    if rule.says_nothing:
        lines = [f"{counted(total, 'run')} here, {show_size(room.logs)}. Without a condition none would go."]
    elif not gone:
        lines = [f"None of {counted(total, 'run')} would go."]
    else:
        size = show_size(sum(run.size for run in gone))
        lines = [f"{len(gone):,} of {counted(total, 'run')} would go: {size}."]
        lines += [f"  {run.run}  {show_size(run.size)}" for run in gone[:MOST_NAMED]]
        if len(gone) > MOST_NAMED:
            lines.append(f"  and {len(gone) - MOST_NAMED:,} older ones")
    if room.trashed:
        held = f"{counted(room.trashed, 'run')}, {show_size(room.trash)}"
        lines.append(f"In the trash: {held}. That is freed too when runs go for good.")
    else:
        lines.append("The trash is empty; what is moved there keeps its room until it goes for good.")
    return "\n".join(map(sanitise_line, lines))

"""What of the old async streaming is left in a workflow's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.doctor.findings import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.doctor.findings import Finding
    from pipeline_runtime.migrate.findings import Finding as Legacy


def check_legacy(path: str, legacy: Sequence[Legacy]) -> Iterator[Finding]:
    """One finding for each legacy key."""
    for one in legacy:
        becomes = f", which becomes {one.becomes}" if one.becomes else ""
        message = f"legacy key: {one.what}{becomes}"
        place = f"{one.path}:{one.line}"
        if one.fixable:
            yield warning("legacy", "legacy_key", message, f"pipeline-tui migrate {path}", place=place)
        else:
            yield problem("legacy", "legacy_key_left", message, one.why or "decide by hand", place=place)
    if not legacy:
        yield ok("legacy", "nothing_legacy", "nothing of the old async streaming is left")

"""How outcomes are put into words: one line each, safe for a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import duration

if TYPE_CHECKING:
    from pipeline_runtime.events import Fallback, FallbackInfo, Response, Retry, StallInfo, Usage

_LEARNED = re.compile(r"learned (\d{4}-\d\d-\d\d)")
_CHANGES = {"drop_stream_options": "without stream_options", "stream": "as a stream"}


def stall_text(stall: StallInfo) -> str:
    """`stalled 3.0 s after delta 30`."""
    place = f"after delta {stall.after}" if stall.after else "before the first delta"
    return f"stalled {duration(stall.duration)} {place}"


def usage_text(usage: Usage | None) -> str:
    """`in 12 out 60`, and what was read from a cache or spent on thinking, where there is any."""
    if usage is None:
        return ""
    counts = (("in", usage.input), ("out", usage.output))
    parts = [f"{name} {count}" for name, count in counts if count is not None]
    extras = (("cached", usage.cached), ("thinking", usage.reasoning))
    return " ".join([*parts, *(f"{name} {count}" for name, count in extras if count)])


def finish_text(response: Response) -> str:
    """The finish reason as sent, and the verdict where it is not `complete`."""
    reason = sanitise_line(response.finish_reason_raw or response.finish_reason or "")
    verdict = response.verdict.replace("_", " ") if response.verdict not in {"complete", reason} else ""
    return " ".join(part for part in (reason, verdict) if part)


def sync_text(fallback: Fallback | FallbackInfo) -> str:
    """Why the call is sync, and that nobody was asked where that is so: `remembered 2026-11-20: …`."""
    reason = sanitise_line(fallback.reason)
    if fallback.source == "remembered":
        learned = _LEARNED.search(fallback.evidence)
        return f"remembered {learned[1]}: {reason}" if learned else f"remembered: {reason}"
    return f"known, not asked: {reason}" if fallback.source == "known" else reason


def fallback_outcome(event: Fallback) -> str:
    """How an attempt ended that a sync call follows."""
    return f"{_status(event.status)}fell back to sync: {sanitise_line(event.reason)}"


def retry_outcome(event: Retry) -> str:
    """How an attempt ended that another one follows, and what that one does otherwise."""
    if event.change == "resume":
        return sanitise_line(event.reason)
    cause = f"{_status(event.status)}{sanitise_line(event.reason)}"
    change = _CHANGES.get(event.change)
    return f"{cause} → asked again {change}" if change else f"{cause}, again after {duration(event.delay)}"


def _status(status: int | None) -> str:
    return f"HTTP {status}: " if status else ""

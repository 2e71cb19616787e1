"""Times in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400


def ago(then: datetime, now: datetime) -> str:
    """How long ago, at most 10 cells: `just now`, `3 min ago`, `2 h ago`, `5 d ago`, or the date."""
    seconds = (now - then).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min ago"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h ago"
    days = int(seconds // DAY)
    return f"{days} d ago" if days < 100 else then.strftime("%Y-%m-%d")  # noqa: PLR2004 - 10 cells end there

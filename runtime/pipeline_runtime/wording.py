"""Words for people that several parts need."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """`1 delta`, `12,345 deltas`."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"

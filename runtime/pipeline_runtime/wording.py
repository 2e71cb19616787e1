"""Words for people that several parts need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import Response

NANOSECONDS = 1_000_000_000


def counted(count: int, noun: str) -> str:
    """`1 delta`, `12,345 deltas`."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(words: Sequence[str]) -> str:
    """`one`, `one and two`, `one, two and three`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def seconds(nanoseconds: int) -> str:
    """A duration: `340 ms`, `1.2 s`."""
    value = nanoseconds / NANOSECONDS
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def summarise(response: Response) -> str:
    """Delivery, timing and stalls of an answer in one line."""
    parts = [response.delivery.upper()]
    if response.fallback is not None:
        parts[0] += f" ({response.fallback.reason})"
    timings = response.timings
    if timings.first_delta is not None:
        parts.append(f"first delta {seconds(timings.first_delta)}")
    parts.append(f"total {seconds(timings.total)}")
    if response.usage is not None and response.usage.output is not None:
        parts.append(counted(response.usage.output, "token"))
    if timings.tokens_per_second is not None:
        parts.append(f"{timings.tokens_per_second:g} tokens/s")
    parts.append(f"finish {response.finish_reason}")
    stalls = [f"stalled {seconds(stall.duration)} after delta {stall.after}" for stall in timings.stalls]
    return " · ".join([*parts, *stalls])

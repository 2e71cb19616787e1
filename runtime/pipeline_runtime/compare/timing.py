"""The figures of two steps side by side, and which of them are too far apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.debugging.state import StepState

NEVER_COUNTS = 10_000_000
"""Differences in time up to this many ns are noise, whatever part of the value they are."""
_TIMES = (
    "headers",
    "first_delta",
    "first_text",
    "total",
    "gap_p50",
    "gap_p90",
    "gap_p95",
    "gap_p99",
    "gap_max",
)
_FIRSTS = frozenset({"headers", "first_delta", "first_text"})
"""Times that stay once they are there."""
_COUNTS = ("deltas", "frames", "chunks", "bytes")
NAMES: Mapping[str, str] = {
    "headers": "headers",
    "first_delta": "TTFT",
    "first_text": "first text",
    "total": "total",
    "gap_p50": "gap p50",
    "gap_p90": "gap p90",
    "gap_p95": "gap p95",
    "gap_p99": "gap p99",
    "gap_max": "gap max",
    "stall_time": "stalled",
}


class MetricRow(Struct, frozen=True):
    """One figure of both runs, ready to be shown."""

    name: str
    a: str
    b: str
    differs: bool = False
    """The times are further apart than is tolerated."""


def metric_rows(
    one: StepState, other: StepState, tolerance: float, *, going: bool = False
) -> tuple[MetricRow, ...]:
    """TTFT, total, gaps, stalls, counts and tokens of a step in both runs.

    While a step is going on, only those times are judged that will not change any more.
    """
    a, b = _figures(one), _figures(other)
    times = [
        _time_row(name, a[name], b[name], None if going and not _is_final(name, a, b) else tolerance)
        for name in (*_TIMES, "stall_time")
    ]
    counts = [
        MetricRow(name, _plain(a[name]), _plain(b[name])) for name in (*_COUNTS, "stalls", "output tokens")
    ]
    return (*times, *counts)


def _figures(step: StepState) -> dict[str, int | None]:
    timings = step.response.timings if step.response is not None else step.meter.timings(step.at)
    usage = step.response.usage if step.response is not None else None
    figures: dict[str, int | None] = {name: getattr(timings, name) for name in (*_TIMES, *_COUNTS)}
    figures["stalls"] = len(timings.stalls)
    figures["stall_time"] = sum(stall.duration for stall in timings.stalls)
    figures["output tokens"] = usage.output if usage else None
    return figures


def _is_final(name: str, a: Mapping[str, int | None], b: Mapping[str, int | None]) -> bool:
    return name in _FIRSTS and a[name] is not None and b[name] is not None


def _time_row(name: str, a: int | None, b: int | None, tolerance: float | None) -> MetricRow:
    differs = tolerance is not None and _too_far(a, b, tolerance)
    return MetricRow(NAMES[name], _milliseconds(a), _milliseconds(b), differs)


def _too_far(a: int | None, b: int | None, tolerance: float) -> bool:
    if a is None or b is None:
        return a is not b
    return abs(a - b) > max(NEVER_COUNTS, tolerance * max(a, b))


def _milliseconds(value: int | None) -> str:
    return "-" if value is None else f"{value / 1e6:.1f} ms"


def _plain(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"

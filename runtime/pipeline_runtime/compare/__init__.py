"""Two runs beside each other: where their texts, their order and their timing part."""

from __future__ import annotations

from pipeline_runtime.compare.comparison import Aspect, Comparison, StepComparison, compare_runs
from pipeline_runtime.compare.texts import Difference, Segment, align, first_difference
from pipeline_runtime.compare.timing import MetricRow

__all__ = [
    "Aspect",
    "Comparison",
    "Difference",
    "MetricRow",
    "Segment",
    "StepComparison",
    "align",
    "compare_runs",
    "first_difference",
]

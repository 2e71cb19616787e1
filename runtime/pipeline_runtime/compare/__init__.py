"""Two runs beside each other: where their texts, their order and their timing part."""

from __future__ import annotations

from pipeline_runtime.compare.comparison import (
    Aspect,
    Comparison,
    StepComparison,
    compare_readings,
    compare_runs,
    step_name,
)
from pipeline_runtime.compare.reading import RunReading
from pipeline_runtime.compare.texts import Difference, Segment, align, first_difference
from pipeline_runtime.compare.timing import MetricRow

__all__ = [
    "Aspect",
    "Comparison",
    "Difference",
    "MetricRow",
    "RunReading",
    "Segment",
    "StepComparison",
    "align",
    "compare_readings",
    "compare_runs",
    "first_difference",
    "step_name",
]

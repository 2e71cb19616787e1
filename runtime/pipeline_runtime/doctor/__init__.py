"""Looks a machine and a workflow over: what will not work, what will surprise, and the cure of each."""

from __future__ import annotations

from pipeline_runtime.doctor.examination import examine
from pipeline_runtime.doctor.findings import Finding

__all__ = ["Finding", "examine"]

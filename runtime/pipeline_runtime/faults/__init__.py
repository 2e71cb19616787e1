"""What goes wrong, on purpose and at a chosen place: one grammar, and one pure transform of a stream.

The simulator, a cassette and a live provider are all broken by the same `Injector`.
"""

from __future__ import annotations

from pipeline_runtime.faults.effects import Cut, Effect, End, Silence, Unit, Write
from pipeline_runtime.faults.grammar import FORMS, FaultSyntaxError, parse_fault, parse_faults
from pipeline_runtime.faults.injector import Injector
from pipeline_runtime.faults.meaning import complete_fault, meaning, told
from pipeline_runtime.faults.model import Fault, FaultKind
from pipeline_runtime.faults.running import parse_run_fault, read_run_faults
from pipeline_runtime.faults.whole import whole_effects

__all__ = [
    "FORMS",
    "Cut",
    "Effect",
    "End",
    "Fault",
    "FaultKind",
    "FaultSyntaxError",
    "Injector",
    "Silence",
    "Unit",
    "Write",
    "complete_fault",
    "meaning",
    "parse_fault",
    "parse_faults",
    "parse_run_fault",
    "read_run_faults",
    "told",
    "whole_effects",
]

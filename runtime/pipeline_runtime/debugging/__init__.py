"""Stopping a run at its events: breakpoints, single steps, and the state that has been reached.

A `Gate` stands between what is recorded and those who watch: the run log has everything at once,
subscribers and handlers get what the gate lets pass.
"""

from __future__ import annotations

from pipeline_runtime.debugging.breakpoints import Breakpoint, Breakpoints, Hit
from pipeline_runtime.debugging.door import Door, Unit
from pipeline_runtime.debugging.doors import PendingRequest
from pipeline_runtime.debugging.editing import EditableBody
from pipeline_runtime.debugging.gate import Gate
from pipeline_runtime.debugging.keeping import DebuggingBook, Kept, KeptBreakpoint, merged
from pipeline_runtime.debugging.state import RunState, Scrubber, StepState
from pipeline_runtime.debugging.watches import Watch

__all__ = [
    "Breakpoint",
    "Breakpoints",
    "DebuggingBook",
    "Door",
    "EditableBody",
    "Gate",
    "Hit",
    "Kept",
    "KeptBreakpoint",
    "PendingRequest",
    "RunState",
    "Scrubber",
    "StepState",
    "Unit",
    "Watch",
    "merged",
]

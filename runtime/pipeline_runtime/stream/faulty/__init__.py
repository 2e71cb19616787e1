"""Faults between a step and whoever answers it: a live provider, a cassette or the simulator."""

from __future__ import annotations

from pipeline_runtime.stream.faulty.sender import FaultySender

__all__ = ["FaultySender"]

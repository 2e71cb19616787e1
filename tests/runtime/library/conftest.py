"""What every test here gets: no task left, and the simulator."""

from __future__ import annotations

from helpers_core import no_task_left, simulator

__all__ = ["no_task_left", "simulator"]

"""What every test here gets: the simulator, and no task left."""

from __future__ import annotations

from helpers_core import no_task_left, simulator

__all__ = ["no_task_left", "simulator"]

"""Recorded runs, played again: the same events at the same times, with no network and no key."""

from __future__ import annotations

from pipeline_runtime.replay.handling import HandlerPlan
from pipeline_runtime.replay.pace import INSTANT, Pace
from pipeline_runtime.replay.replay_run import ReplayRun

__all__ = ["INSTANT", "HandlerPlan", "Pace", "ReplayRun"]

"""Recorded answers as fixtures: the real engine over a run log in place of the network."""

from __future__ import annotations

from pipeline_runtime.replay.cassette.cassette import Cassette
from pipeline_runtime.replay.cassette.setting import cassette_setting

__all__ = ["Cassette", "cassette_setting"]

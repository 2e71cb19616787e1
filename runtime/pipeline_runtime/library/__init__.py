"""The recorded runs: listed, found, searched, exported, deleted and brought back."""

from __future__ import annotations

from pipeline_runtime.library.details import AttemptDetails, RunDetails, StepDetails, read_details
from pipeline_runtime.library.filtering import RunFilter
from pipeline_runtime.library.library import Library
from pipeline_runtime.library.pruning import PruneRule, choose
from pipeline_runtime.library.quantities import read_age, read_size
from pipeline_runtime.library.room import Room
from pipeline_runtime.library.searching import Hit, search_expression, search_text

__all__ = [
    "AttemptDetails",
    "Hit",
    "Library",
    "PruneRule",
    "Room",
    "RunDetails",
    "RunFilter",
    "StepDetails",
    "choose",
    "read_age",
    "read_details",
    "read_size",
    "search_expression",
    "search_text",
]

"""The recorded runs: listed, found, searched, exported, deleted and brought back."""

from __future__ import annotations

from pipeline_runtime.library.details import AttemptDetails, RunDetails, StepDetails, read_details
from pipeline_runtime.library.exporting import FORMATS, Format, export_run
from pipeline_runtime.library.filtering import RunFilter
from pipeline_runtime.library.library import Found, Library
from pipeline_runtime.library.pruning import PruneRule, choose
from pipeline_runtime.library.quantities import read_age, read_size, show_size
from pipeline_runtime.library.room import Room
from pipeline_runtime.library.searching import Hit, search_expression, search_text

__all__ = [
    "FORMATS",
    "AttemptDetails",
    "Format",
    "Found",
    "Hit",
    "Library",
    "PruneRule",
    "Room",
    "RunDetails",
    "RunFilter",
    "StepDetails",
    "choose",
    "export_run",
    "read_age",
    "read_details",
    "read_size",
    "search_expression",
    "search_text",
    "show_size",
]

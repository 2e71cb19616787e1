"""What is said of a run's faults: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 36
"""Cells of the badge at most: what stands behind it must be seen at 80 cells."""


def is_of_one_step(fault: str) -> bool:
    """Whether it is told as `STEP: FAULT`: the file has it, and the run was not started with it."""
    return ": " in fault


def concerns(fault: str, step: str) -> bool:
    """Whether a step meets it."""
    return not is_of_one_step(fault) or fault.startswith(f"{step}: ")


def faults_badge(faults: Sequence[str]) -> str:
    """` FAULTS disconnect@17, stall@30:3s `; empty without any."""
    if not faults:
        return ""
    text = sanitise_line(f" FAULTS {', '.join(faults)}")
    return (fit(text, WIDTH - 1) if cell_len(text) >= WIDTH else text) + " "

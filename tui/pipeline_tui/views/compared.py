"""What the Compare screen knows of two runs at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_runtime.compare import step_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.compare import Comparison, StepComparison


RUNNING = "running"
"""The status of a run that goes on."""


@dataclass(frozen=True, slots=True)
class StepPair:
    """One step of either run, or a step of each."""

    names: tuple[str, str]
    """What each run calls it."""
    comparison: StepComparison | None
    """`None`: only one of the runs has it."""
    who: tuple[str, str]
    """Provider and model of each; empty where it has not begun."""

    @property
    def name(self) -> str:
        """What both are called together."""
        return step_name(self.names)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs."""

    letter: str
    run: str
    workflow: str
    mode: str
    started_at: str
    status: str
    elapsed: int
    """Ns; of a run that goes on, up to its newest event."""

    @property
    def going(self) -> bool:
        """Somebody writes it."""
        return self.status == RUNNING


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs."""

    a: Side
    b: Side
    comparison: Comparison
    steps: Sequence[StepPair]
    going: bool
    """One of them goes on."""

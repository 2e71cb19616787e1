"""Faults of a run: those of the grammar, but for what only a server can do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError
from pipeline_runtime.faults.grammar import FaultSyntaxError, parse_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.faults.model import Fault


def parse_run_fault(text: str) -> Fault:
    """Read a fault that can be put before whoever answers: a provider, a recording, the simulator.

    Raises:
        FaultSyntaxError: It is none, or one that only a scenario can have.
    """
    fault = parse_fault(text)
    if fault.kind == "keepalive":
        raise FaultSyntaxError(text, 1, "it is for scenarios only: write it under scenario: faults:")
    return fault


def read_run_faults(texts: Iterable[str]) -> tuple[Fault, ...]:
    """Read several, as a user gives them.

    Raises:
        InputError: One of them is none, or one that only a scenario can have.
    """
    try:
        return tuple(parse_run_fault(text) for text in texts)
    except FaultSyntaxError as error:
        raise InputError(error.message, cure=error.cure) from error

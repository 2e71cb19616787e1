"""The faults of scenarios: the common grammar, and what of it the simulator plays in its own words.

Positions count deltas from 0: `@N` is after N deltas have been sent (`malform@N` and `duplicate@N` touch the
delta with number N). A position past the last delta means the end of the answer, before its closing frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.faults import FORMS, Fault, FaultKind, parse_fault
from pipeline_runtime.faults.model import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["FORMS", "Fault", "FaultKind", "injected", "parse_fault", "placed"]

OWN = frozenset({"stall", "disconnect", "error", "malform", "unknown", "duplicate", "no_terminator"})
"""Kinds at deltas that are made with the protocol's own frames, so that numbers in them stay right."""


def placed(faults: Sequence[Fault], total: int) -> list[Fault]:
    """The simulator's own, one for each position, counted from the beginning."""
    return [
        one for fault in faults if not _is_injected(fault) for one in _each(resolved(fault, total), total)
    ]


def injected(faults: Sequence[Fault]) -> list[Fault]:
    """Those that are left to the common `Injector`."""
    return [fault for fault in faults if _is_injected(fault)]


def _is_injected(fault: Fault) -> bool:
    return fault.unit == "byte" or fault.kind not in OWN


def _each(fault: Fault, total: int) -> Iterator[Fault]:
    last = fault.at if fault.until is None else max(fault.at, min(fault.until, total - 1))
    for position in range(fault.at, last + 1):
        yield msgspec.structs.replace(fault, at=position, until=None)

"""The faults of scenarios: the common grammar, placed among the deltas of an answer that is known beforehand.

Positions count deltas from 0: `@N` is after N deltas have been sent. A position past the last delta means the
end of the answer, before its closing frames; for `malform` and `duplicate` it means the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.faults import FORMS, Fault, FaultKind, parse_fault
from pipeline_runtime.faults.model import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMS", "Fault", "FaultKind", "parse_fault", "placed"]

TOUCHING = frozenset({"malform", "duplicate"})


def placed(faults: Sequence[Fault], total: int) -> list[Fault]:
    """The same, as they act on an answer of so many deltas."""
    return [_touching(resolved(fault, total), total) if fault.kind in TOUCHING else fault for fault in faults]


def _touching(fault: Fault, total: int) -> Fault:
    if fault.at < total:
        return fault
    return msgspec.structs.replace(fault, at=max(0, total - 1), until=None)

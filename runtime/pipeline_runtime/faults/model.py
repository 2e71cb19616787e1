"""What a fault is, once it is read."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

FaultKind: TypeAlias = Literal[
    "stall",
    "disconnect",
    "error",
    "status",
    "malform",
    "unknown",
    "duplicate",
    "no_terminator",
    "keepalive",
    "delay",
    "jitter",
    "coalesce",
    "split",
    "split-utf8",
    "drop",
    "reorder",
    "truncate",
    "endless",
    "slow-headers",
    "content-type",
    "seed",
]
EVER = 1 << 62
"""The end of a range that has none."""


class Fault(Struct, frozen=True):
    """One fault; which fields count depends on `kind`."""

    kind: FaultKind
    at: int = 0
    """Where: counted in `unit` from 0; below 0 from the end, -1 is the last."""
    seconds: float = 0.0
    """How long a silence lasts, or how often a `keepalive` is sent."""
    error: str = ""
    """The type of an in-stream `error`."""
    status: int = 0
    times: int | None = 1
    """How many requests a `status` answers before one succeeds; `None`: all."""
    headers: tuple[tuple[str, str], ...] = ()
    until: int | None = None
    """The last position of a range; `None`: there is only `at`."""
    unit: Literal["delta", "byte"] = "delta"
    number: int = 0
    """The parts of a `split`, or the `seed`."""
    content_type: str = ""

    def covers(self, position: int) -> bool:
        """Whether a position, counted from 0, is one of its own."""
        return self.at <= position <= (self.at if self.until is None else self.until)


def resolved(fault: Fault, total: int) -> Fault:
    """The same with positions from the beginning, `total` being how many there are."""
    if fault.at >= 0:
        return fault
    return msgspec.structs.replace(fault, at=max(0, total + fault.at))

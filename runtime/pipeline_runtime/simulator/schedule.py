"""When each piece comes: a pure function of the timing and its seed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.simulator.scenario import Timing


def gaps(timing: Timing, count: int) -> list[float]:
    """Seconds to wait before each of `count` pieces; the same for the same seed."""
    if count == 0:
        return []
    mean = 1 / timing.rate if timing.rate else 0.0
    random = Random(timing.seed)  # noqa: S311 - a schedule, not a secret
    return [
        timing.first_token,
        *(mean * (1 + timing.jitter * random.uniform(-1, 1)) for _ in range(count - 1)),
    ]

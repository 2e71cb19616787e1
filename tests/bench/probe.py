"""What a measured app tells of itself: its CPU, its memory, how late its event loop is."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from bench.clients.common import cpu_seconds

EVERY = 0.05
PAGE = 4096


class Probe:
    """Notes how the process does."""

    def __init__(self, lag_every: float) -> None:
        self.samples: list[tuple[float, float, float, int]] = []
        """Monotonic seconds, CPU seconds, resident MB, deltas in the panes."""
        self.lags: list[tuple[float, float]] = []
        """Monotonic seconds, and how late the loop was then."""
        self.lag_every = lag_every
        self._tasks: list[asyncio.Task[None]] = []
        self._statm = os.open("/proc/self/statm", os.O_RDONLY)

    def start(self, deltas: Callable[[], int]) -> None:
        """Begin, in a running loop; `deltas` tells how many the panes have."""
        self._tasks.append(asyncio.create_task(self._sample(deltas)))
        if self.lag_every:
            self._tasks.append(asyncio.create_task(self._watch()))

    async def _sample(self, deltas: Callable[[], int]) -> None:
        while True:
            memory = resident_mb(os.pread(self._statm, 100, 0))
            self.samples.append((time.monotonic(), cpu_seconds(), memory, deltas()))
            await asyncio.sleep(EVERY)

    async def _watch(self) -> None:
        while True:
            due = time.monotonic() + self.lag_every
            await asyncio.sleep(self.lag_every)
            now = time.monotonic()
            self.lags.append((now, max(0.0, now - due)))


def resident_mb(statm: bytes) -> float:
    """The memory of a process, from what `/proc` tells: the file stays open, since opening it costs more."""
    return int(statm.split()[1]) * PAGE / 1e6

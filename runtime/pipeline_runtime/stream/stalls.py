"""Notices a stall while it lasts: one lazy timer an attempt, nothing per delta but a number."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline_runtime.metrics import SECOND, STALL_FLOOR, Meter, stall_threshold

if TYPE_CHECKING:
    from collections.abc import Callable


class StallWatch:
    """Calls `began(gap, median)` when a silence becomes a stall, `ended(at, gap, median)` when it is over.

    Silence before the first delta is no stall: it is what TTFT measures. Nor is silence of our own making
    (`hold`), or after the answer's end (`stop`). Times are in ns since the run began.
    """

    def __init__(
        self,
        meter: Meter,
        clock: Callable[[], int],
        *,
        began: Callable[[int, int], None],
        ended: Callable[[int, int, int], None],
    ) -> None:
        self._meter = meter
        self._clock = clock
        self._began = began
        self._ended = ended
        self._last = 0
        self._released = 0
        self._stopped = False
        self._stalled: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def progress(self, at: int) -> None:
        """Something other than a keepalive came at `at`."""
        if self._stalled is not None:
            self._finish(at)
        self._last = max(at, self._released)
        self._rearm()

    def hold(self) -> None:
        """From here on the socket is not read: the silence is ours."""
        self._disarm()

    def release(self, at: int) -> None:
        """It is read again."""
        self._released = self._last = at
        self._rearm()

    def stop(self, at: int) -> None:
        """The answer is over, or given up: a stall that lasts ends here, and no other begins."""
        self._stopped = True
        self._disarm()
        if self._stalled is not None:
            self._finish(at)

    def _finish(self, at: int) -> None:
        median, self._stalled = self._stalled or 0, None
        self._ended(at, at - self._last, median)

    def _rearm(self) -> None:
        if self._timer is None and self._meter.deltas and not self._stopped:
            self._arm(STALL_FLOOR)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, wait: int) -> None:
        self._timer = asyncio.get_running_loop().call_later(wait / SECOND, self._check)

    def _check(self) -> None:
        self._timer = None
        if self._stalled is not None:
            return
        gap = self._clock() - self._last
        if gap < STALL_FLOOR:
            self._arm(STALL_FLOOR - gap)
            return
        median = self._meter.median_gap()
        left = stall_threshold(median) - gap
        if left > 0:
            self._arm(left)
            return
        self._stalled = median
        self._began(gap, median)

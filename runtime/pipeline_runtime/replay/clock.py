"""The time of a replay: recorded moments at a speed, around the stops of its gate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline_runtime.replay.pace import INSTANT, Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.debugging import Gate

MILLISECOND = 1_000_000
EARLY = MILLISECOND // 4
"""What is due within this time is told now: a sleep cannot be shorter."""


class ReplayClock:
    """Waits for recorded moments to come due."""

    def __init__(self, speed: float, gate: Gate | None, clock: Callable[[], int]) -> None:
        """Make it; it does not go yet.

        Args:
            speed: 1 as recorded, 2 twice as fast, `INSTANT` without a wait.
            gate: It stands while this is held.
            clock: Nanoseconds.

        Raises:
            PipelineError: The speed is not above 0.
        """
        self.position = 0
        """The recorded moment that was reached, in ns since the run began."""
        self._pace = Pace(speed, 0)
        self.gate = gate
        self._clock = clock
        self._moved = asyncio.Event()
        self._ended = False

    @property
    def speed(self) -> float:
        """How much faster than recorded."""
        return self._pace.speed

    def now(self) -> int:
        """The recorded moment that it shows while it goes."""
        return max(self.position, self._pace.position(self._clock()))

    def set_speed(self, speed: float) -> None:
        """Go on at another speed, from where it is.

        Raises:
            PipelineError: It is not above 0.
        """
        now = self._clock()
        if self._pace.speed == INSTANT:
            self._pace.jump(self.position, now)
        self._pace.set_speed(speed, now)
        self.look()

    def begin(self) -> None:
        """Go, from recorded time 0."""
        self._pace.jump(0, self._clock())

    def end(self) -> None:
        """Nothing is waited for any longer."""
        self._ended = True
        self.look()

    def look(self) -> None:
        """Have who waits see how things stand: the gate has moved."""
        self._moved.set()

    def reach(self, at: int) -> None:
        """This moment is told now."""
        self.position = max(self.position, at)

    async def until(self, at: int) -> None:
        """Wait until this moment is due. Pausing stops the clock; a step goes to the moment at once."""
        while not self._ended:
            now = self._clock()
            if self.gate is not None and self.gate.is_held():
                self._pace.stop(now)
                seconds = None
            else:
                self._pace.go(now)
                if self.gate is not None and self.gate.is_stepping():
                    self._pace.jump(at, now)
                left = self._pace.due(at) - now
                if left <= EARLY:
                    return
                seconds = left / 1e9
            self._moved.clear()
            await _moved_within(self._moved, seconds)


async def _moved_within(moved: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await moved.wait()
    except TimeoutError:
        return

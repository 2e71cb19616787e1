"""When a recorded moment is due: an absolute schedule, so that no error adds up; pure, given the clock."""

from __future__ import annotations

import math

from pipeline_runtime.errors import PipelineError

INSTANT = math.inf
"""The speed at which everything is due at once."""


def check_speed(speed: float) -> None:
    """See that it is one.

    Raises:
        PipelineError: It is not above 0.
    """
    if not speed > 0:
        raise PipelineError(f"a speed of {speed:g}", cure="give a number above 0, such as 0.5 or 10")


def describe_speed(speed: float) -> str:
    """How fast that is, in words."""
    return {1.0: "as fast as it was", INSTANT: "all at once"}.get(speed, f"{speed:g} times as fast")


class Pace:
    """Maps recorded time (ns since the run began) to the clock (ns), at a speed, around pauses."""

    def __init__(self, speed: float, now: int) -> None:
        """Begin at recorded time 0.

        Args:
            speed: 1 as recorded, 2 twice as fast, `INSTANT`.
            now: The clock.

        Raises:
            PipelineError: The speed is not above 0.
        """
        check_speed(speed)
        self._speed = speed
        self._recorded = 0
        self._clock = now
        self._stopped: int | None = None

    @property
    def speed(self) -> float:
        """How much faster than recorded."""
        return self._speed

    def due(self, at: int) -> int:
        """When, on the clock, the recorded moment `at` comes."""
        return self._clock + round(max(0, at - self._recorded) / self._speed)

    def position(self, now: int) -> int:
        """The recorded moment that the clock shows; at `INSTANT`, where it last was set."""
        if self._speed == INSTANT:
            return self._recorded
        until = now if self._stopped is None else self._stopped
        return self._recorded + round((until - self._clock) * self._speed)

    def set_speed(self, speed: float, now: int) -> None:
        """Go on from here at another speed.

        Raises:
            PipelineError: It is not above 0.
        """
        check_speed(speed)
        self._anchor(self.position(now), now)
        self._speed = speed

    def stop(self, now: int) -> None:
        """Let no time pass until `go`."""
        if self._stopped is None:
            self._stopped = now

    def go(self, now: int) -> None:
        """Go on where it was stopped."""
        if self._stopped is not None:
            self._clock += now - self._stopped
            self._stopped = None

    def jump(self, at: int, now: int) -> None:
        """Be at this recorded moment now."""
        self._anchor(at, now)

    def _anchor(self, recorded: int, now: int) -> None:
        self._recorded, self._clock = recorded, now
        if self._stopped is not None:
            self._stopped = now

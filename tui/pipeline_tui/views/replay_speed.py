"""How fast a replay is played: the speeds that keys choose from, and their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.replay import INSTANT

if TYPE_CHECKING:
    from collections.abc import Sequence

SPEEDS: Sequence[float] = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, INSTANT)


def next_speed(speed: float, steps: int) -> float:
    """The speed so many places further: upwards the next one above, downwards the next one below."""
    if steps > 0:
        faster = [one for one in SPEEDS if one > speed]
        return faster[min(steps, len(faster)) - 1] if faster else SPEEDS[-1]
    slower = [one for one in SPEEDS if one < speed]
    return slower[max(steps, -len(slower))] if slower else SPEEDS[0]


def speed_text(speed: float) -> str:
    """`1x`, `0.25x`, `at once`."""
    return "at once" if speed == INSTANT else f"{speed:g}x"

"""Where events come from: stamps run, step, attempt and the next `seq` on them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Origin:
    """The place in a run that a decoder or a stream speaks from.

    `next_seq` is shared by the whole run, so that `seq` has no holes: an event that takes a number
    is emitted.
    """

    __slots__ = ("attempt", "next_seq", "run", "step")

    def __init__(self, run: str, step: str | None, attempt: int | None, next_seq: Callable[[], int]) -> None:
        self.run = run
        self.step = step
        self.attempt = attempt
        self.next_seq = next_seq

    @classmethod
    def of_run(cls, run: str) -> Origin:
        """The origin of a new run, counting from 0."""
        return cls(run, None, None, count().__next__)

    def of_step(self, step: str) -> Origin:
        """The origin of one of this run's steps."""
        return Origin(self.run, step, None, self.next_seq)

    def of_attempt(self, attempt: int) -> Origin:
        """The origin of one of this step's attempts."""
        return Origin(self.run, self.step, attempt, self.next_seq)

"""One of two runs that are compared, as far as it has been read: it may still be going on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.compare.order import Order
from pipeline_runtime.debugging.state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.debugging.state import StepState
    from pipeline_runtime.events import AnyEvent


class RunReading:
    """What a run has come to, and in which order."""

    def __init__(self) -> None:
        self.state = RunState()
        self.order = Order()
        self.over = False
        """Nothing more comes: what is missing now will never be there."""

    def feed(self, events: Iterable[AnyEvent]) -> None:
        """Take the run's next events."""
        for event in events:
            self.state.feed(event)
            self.order.feed(event)

    @classmethod
    def of(cls, events: Iterable[AnyEvent]) -> RunReading:
        """A run that is over, whether its events have an end or not."""
        reading = cls()
        reading.feed(events)
        reading.over = True
        return reading

    def is_going(self, step: StepState) -> bool:
        """Whether there may be more of this step."""
        return not self.over and step.status == "running"

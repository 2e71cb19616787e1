"""The doors of a run: what waits at them, and what they stand at. Only looks; the gate moves them."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import AttemptStarted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.debugging.breakpoints import Hit
    from pipeline_runtime.debugging.door import Door, HeldRequest
    from pipeline_runtime.events import AnyEvent


class PendingRequest(Struct, frozen=True):
    """A request that is held back before it is sent."""

    step: str
    event: AttemptStarted
    """As it would be told, secrets masked."""


class Doors:
    """One for each step that goes on."""

    def __init__(self) -> None:
        self._doors: dict[str, Door] = {}

    def stops(self) -> list[Hit]:
        """What stopped each step that stands at a breakpoint."""
        return [door.hit for door in self._doors.values() if door.hit is not None]

    def waiting(self, step: str | None = None) -> int:
        """How many events wait."""
        return sum(len(door.waiting) for door in self._chosen(step))

    def held(self) -> set[int]:
        """The numbers (`seq`) of the events that wait."""
        return {event.seq for door in self._doors.values() for event in door.waiting}

    @property
    def next_seq(self) -> int | None:
        """The number of the earliest event that waits."""
        door = self._earliest(None)
        return None if door is None else door.waiting[0].seq

    def ahead(self, behind: int = -1) -> list[AnyEvent]:
        """What waits with a `seq` above `behind`, in the order in which it was recorded."""
        found: list[AnyEvent] = []
        for door in self._doors.values():
            found += takewhile(lambda event: event.seq > behind, reversed(door.waiting))
        return sorted(found, key=lambda event: event.seq)

    def pending_requests(self) -> list[PendingRequest]:
        """The requests that are held back."""
        return [
            PendingRequest(door.step, door.request.event) for door in self._doors.values() if door.request
        ]

    def _held(self, step: str) -> tuple[Door, HeldRequest]:
        door = self._doors.get(step)
        if door is None or door.request is None:
            raise PipelineError(
                f"no request of step '{step}' is held back", cure="break on type:attempt_started"
            )
        return door, door.request

    def _chosen(self, step: str | None) -> Iterator[Door]:
        return (door for door in list(self._doors.values()) if step in (None, door.step))

    def _earliest(self, step: str | None) -> Door | None:
        doors = [door for door in self._chosen(step) if door.waiting]
        return min(doors, key=lambda door: door.waiting[0].seq, default=None)

"""One step's way through the gate: what waits, and how much may pass."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import msgspec

from pipeline_runtime.debugging.editing import editable
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import Delta, Lint, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.debugging.breakpoints import Hit
    from pipeline_runtime.debugging.editing import EditableBody
    from pipeline_runtime.events import AnyEvent, AttemptStarted
    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.secrets import Masker

Unit: TypeAlias = Literal["event", "frame", "text"]
"""How far a step goes: one event, a frame with all that was made of it, up to the next text."""


class HeldRequest(NamedTuple):
    """A request that is about to be sent."""

    event: AttemptStarted
    """What will be told of it, secrets masked."""
    request: HttpRequest
    masker: Masker
    """Knows the secrets in it."""

    def edited(self, body: bytes) -> HeldRequest:
        """The same with another body.

        Raises:
            PipelineError: The body is not JSON.
        """
        try:
            msgspec.json.decode(body)
        except (ValueError, RecursionError) as error:
            raise PipelineError(f"the body is not JSON: {error}", cure="mend it, or go on without") from error
        return self._replace(request=msgspec.structs.replace(self.request, body=body))

    def editable(self) -> EditableBody:
        """Its body as it may be shown.

        Raises:
            PipelineError: The body is not JSON.
        """
        return editable(self.request.body, self.masker)


class Door:
    """Of one step. The gate opens and shuts it; the step's events go through it in order."""

    def __init__(self, step: str, deliver: Callable[[Sequence[AnyEvent]], None], *, shut: bool) -> None:
        self.step = step
        self.shut = shut
        self.wanted: Unit | None = None
        """A step was asked for that has not come to its end."""
        self.limit = -1
        """What waits with a `seq` up to this may pass."""
        self.waiting: deque[AnyEvent] = deque()
        self.request: HeldRequest | None = None
        """What is about to be sent, while it is held back."""
        self.hit: Hit | None = None
        """What stopped it here; `None` once it goes on."""
        self.approved = False
        """Its next request was held against the breakpoints before it was sent."""
        self.abandoned = False
        """The step is cancelled: everything passes."""
        self._deliver = deliver
        self._moved = asyncio.Event()

    def put(self, events: Sequence[AnyEvent]) -> None:
        """Have events wait."""
        self.waiting.extend(events)

    def hand_on(self, events: Sequence[AnyEvent]) -> None:
        """Give events to those who watch."""
        if events:
            self._deliver(events)

    @property
    def open(self) -> bool:
        """Events pass as they come."""
        return not self.shut or self.abandoned

    def may_pass(self) -> bool:
        """Whether the next event may."""
        in_limit = bool(self.waiting) and self.waiting[0].seq <= self.limit
        return self.open or self.wanted is not None or in_limit

    def passed(self, event: AnyEvent) -> None:
        """An event has passed: is the step that was asked for at its end?"""
        if self.wanted is not None and self._is_end(event, self.wanted):
            self.wanted = None

    def _is_end(self, event: AnyEvent, unit: Unit) -> bool:
        if unit == "event":
            return True
        if unit == "text":
            return isinstance(event, Delta) and event.lane == "text" and bool(event.content)
        following = self.waiting[0] if self.waiting else None
        return not (isinstance(following, Delta | Lint | Unknown) and following.frame is not None)

    def wake(self) -> None:
        """Let those who wait for the door look again."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def moved(self) -> None:
        """Wait until something changes."""
        await self._moved.wait()

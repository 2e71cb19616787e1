"""The gate of a run: pause, step, continue, stop at breakpoints, for one step or for all.

Everything is recorded before it comes here, so nothing that happens at the gate can lose anything. Shut
in mode `hold`, the socket is not read, and the provider feels it; in mode `buffer` reading and recording go
on, and events wait here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline_runtime.debugging.breakpoints import Breakpoints, BreakpointWatch, Hit
from pipeline_runtime.debugging.door import Door, HeldRequest
from pipeline_runtime.debugging.doors import Doors
from pipeline_runtime.events import AttemptStarted
from pipeline_runtime.secrets import Masker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.debugging.door import Unit
    from pipeline_runtime.debugging.editing import EditableBody
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.protocols.base import HttpRequest

GateMode: TypeAlias = Literal["hold", "buffer"]
NO_SECRETS = Masker(())


class Gate(Doors):
    """Stands between a run's recorder and those who watch. Use it in the run's event loop."""

    def __init__(
        self, *, breakpoints: Breakpoints | None = None, mode: GateMode = "hold", shut: bool = False
    ) -> None:
        """Make it.

        Args:
            breakpoints: Shared with other runs, or its own.
            mode: What happens to the stream while the gate is shut.
            shut: Begin paused.
        """
        super().__init__()
        self.breakpoints = breakpoints if breakpoints is not None else Breakpoints()
        self.mode: GateMode = mode
        self.hit: Hit | None = None
        """What stopped the run last; `None` once it goes on."""
        self._listeners: list[Callable[[], None]] = []
        self._watch = BreakpointWatch(self.breakpoints)
        self._shut = shut
        self._wanted: Unit | None = None

    # --- seeing -------------------------------------------------------------------------------------------

    def is_paused(self, step: str | None = None) -> bool:
        """Whether this step is; without one, whether any is."""
        if step is None:
            return self._shut or any(not door.open for door in self._doors.values())
        door = self._doors.get(step)
        return self._shut if door is None else not door.open

    def is_held(self) -> bool:
        """Whether a replay's clock stands still: paused in mode `hold`, and no step under way."""
        return self.mode == "hold" and self.is_paused() and not self.is_stepping()

    def is_stepping(self) -> bool:
        """Whether a step was asked for and is not at its end."""
        return self._wanted is not None or any(door.wanted for door in self._doors.values())

    def listen(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Have `tell` called when it is shut, opened or stopped, or more waits; gives what ends that."""
        self._listeners.append(tell)
        return lambda: self._listeners.remove(tell)

    # --- steering -----------------------------------------------------------------------------------------

    def pause(self, step: str | None = None) -> None:
        """Let nothing pass from here on."""
        if step is None:
            self._shut = True
        for door in self._chosen(step):
            door.shut = True
        self._changed()

    def resume(self, step: str | None = None) -> None:
        """Let what waits pass, and then all that comes, up to the next breakpoint."""
        self.hit = None
        if step is None:
            self._shut = False
            self._wanted = None
        for door in self._chosen(step):
            door.shut = False
            door.wanted = None
            door.hit = None
        self._flow(step)

    def advance(self, unit: Unit = "event", step: str | None = None) -> None:
        """Let one event pass, or one frame, or all up to the next text; of all steps, the earliest."""
        self.pause(step)
        self.hit = None
        for chosen in self._chosen(step):
            chosen.hit = None
        door = self._earliest(step)
        if door is not None:
            door.wanted = unit
        elif step is None:
            self._wanted = unit
        else:
            for chosen in self._chosen(step):
                chosen.wanted = unit
        self._flow(step)

    def advance_to(self, seq: int) -> None:
        """Let what waits pass, up to the event with this number, or to a breakpoint before it."""
        self.hit = None
        for door in self._chosen(None):
            if not door.open and door.waiting and door.waiting[0].seq <= seq:
                door.hit, door.limit = None, seq
                self._drain(door)
                door.limit = -1
                door.wake()
        self._changed()

    def set_mode(self, mode: GateMode) -> None:
        """Hold the stream while paused, or go on recording it."""
        self.mode = mode
        self._flow(None)

    def run_to(self, expression: str, step: str | None = None) -> None:
        """Go on to the next event of which this is true.

        Raises:
            ExpressionError: It cannot be read.
        """
        self.breakpoints.add(expression, once=True)
        self.resume(step)

    def edit_request(self, step: str, body: bytes) -> None:
        """Send another body instead of that which is held back, when the step goes on.

        Raises:
            PipelineError: No request of this step is held back, or the body is not JSON.
        """
        door, held = self._held(step)
        door.request = held.edited(body)

    def editable_request(self, step: str) -> EditableBody:
        """The body that is held back, as it may be shown; `applied` gives what `edit_request` takes.

        Raises:
            PipelineError: No request of this step is held back, or its body is not JSON.
        """
        return self._held(step)[1].editable()

    def abandon(self, step: str | None = None) -> None:
        """The step is cancelled: nothing is held any longer."""
        for door in self._chosen(step):
            door.abandoned = True
        self._flow(step)

    # --- for the run --------------------------------------------------------------------------------------

    def add_door(self, step: str, deliver: Callable[[Sequence[AnyEvent]], None]) -> Door:
        """A step begins: its events come through this door, and pass to `deliver`."""
        door = self._doors[step] = Door(step, deliver, shut=self._shut)
        return door

    def let_through(self, door: Door, events: Sequence[AnyEvent]) -> None:
        """Events have come: hand on what may pass. Never blocks."""
        if door.open and not door.waiting and self._watch.idle:
            door.hand_on(events)
            return
        door.put(events)
        self._drain(door)

    def holds_back(self, door: Door) -> bool:
        """Whether the socket should not be read now."""
        return self.mode == "hold" and not self._may_pass(door)

    async def until_open(self, door: Door) -> None:
        """Wait until the socket may be read again."""
        while self.holds_back(door):
            await door.moved()

    async def until_drained(self, door: Door) -> None:
        """Wait until nothing of this step waits any longer, and it does not stand at a breakpoint."""
        while door.waiting or (door.hit is not None and not door.abandoned):
            await door.moved()

    async def approve(
        self, door: Door, event: AttemptStarted, request: HttpRequest, masker: Masker = NO_SECRETS
    ) -> HttpRequest:
        """A request is about to be sent: hold it back while paused, and give it as it was edited.

        In mode `buffer` only a breakpoint that is true of `event` holds it back.

        Args:
            door: The step's.
            event: What will be told of it, secrets masked.
            request: As it would be sent.
            masker: Knows the secrets in it.
        """
        hit = None if door.abandoned else self._watch.check(event)
        door.approved = True
        if hit is not None:
            self._stop(door, hit)
        elif not self.holds_back(door):
            return request
        door.request = HeldRequest(event, request, masker)
        self._changed()
        while not self._may_pass(door):
            await door.moved()
        request = door.request.request
        door.request = door.hit = None
        return request

    def remove_door(self, door: Door) -> None:
        """The step is over."""
        self._doors.pop(door.step, None)
        self._changed()

    # --- inside -------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        for tell in tuple(self._listeners):
            tell()

    def _may_pass(self, door: Door) -> bool:
        return door.may_pass() or self._wanted is not None

    def _flow(self, step: str | None) -> None:
        for door in self._chosen(step):
            self._drain(door)
            door.wake()
        self._changed()

    def _drain(self, door: Door) -> None:
        """Hand on what may pass, and stop behind the first event that a breakpoint is true of."""
        passing: list[AnyEvent] = []
        while door.waiting and self._may_pass(door):
            if door.wanted is None and not door.open:
                door.wanted, self._wanted = self._wanted, None
            door.hit = None
            event = door.waiting.popleft()
            passing.append(event)
            hit = self._check(door, event)
            door.passed(event)
            if hit is not None:
                self._stop(door, hit)
        door.hand_on(passing)
        if door.waiting or passing:
            door.wake()
            if self.is_paused():
                self._changed()

    def _check(self, door: Door, event: AnyEvent) -> Hit | None:
        if door.approved and isinstance(event, AttemptStarted):  # the breakpoints have seen it as a request
            door.approved = False
            return None
        return None if door.abandoned else self._watch.check(event)

    def _stop(self, door: Door, hit: Hit) -> None:
        self.hit = door.hit = hit
        door.wanted = None
        door.limit = -1
        door.shut = True
        self._changed()

"""`--break`: stops a run at its breakpoints, prints where it stands as JSON, and ends it or goes on."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import msgspec

from pipeline_runtime.cli.exits import INTERRUPTED, OK, TERMINATED
from pipeline_runtime.cli.printing import JsonPrinter, TextPrinter
from pipeline_runtime.cli.watching import Watch
from pipeline_runtime.debugging import Breakpoints, Gate, RunState

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from pipeline_runtime.cli.watching import Printer
    from pipeline_runtime.debugging import Hit
    from pipeline_runtime.events import AnyEvent, RunFinished

OnBreak: TypeAlias = Literal["end", "continue"]
ON_BREAK: tuple[OnBreak, ...] = ("end", "continue")


class Stoppable(Protocol):
    """A run, a tapped request, or a replay."""

    @property
    def gate(self) -> Gate | None:
        """What stops it."""
        ...

    @property
    def result(self) -> RunFinished | None:
        """The last event, once it has happened."""
        ...

    def batches(self) -> AsyncGenerator[list[AnyEvent], None]:
        """The events, in lists of what came together."""
        ...

    def history(self) -> Iterator[AnyEvent]:
        """All events so far, also those that wait at the gate; from any thread."""
        ...

    def cancel(self) -> None:
        """End it."""

    async def wait(self) -> RunFinished:
        """Wait for its end."""
        ...


def printers_for(*, as_json: bool, stops: Stops | None) -> list[Printer]:
    """What prints a run: with breakpoints no text, since standard output has their states."""
    if as_json:
        return [JsonPrinter()]
    return [TextPrinter()] if stops is None else []


async def follow(run: Stoppable, printers: Sequence[Printer], stops: Stops | None) -> int:
    """Print a run to its end, or to where it is stopped, and give the exit code."""
    watch = Watch(printers)
    return await watch.follow(run) if stops is None else await stops.follow(watch, run)


class Stops:
    """Attends runs behind gates: prints each stop, then does what was asked for."""

    def __init__(self, breakpoints: Breakpoints, on_break: OnBreak) -> None:
        self._breakpoints = breakpoints
        self._ends = on_break == "end"
        self._out = sys.stdout.buffer
        self._notes = sys.stderr
        self._count = 0

    @classmethod
    def of(cls, expressions: Sequence[str], on_break: OnBreak) -> Stops | None:
        """Stops at these expressions; `None` without any.

        Raises:
            ExpressionError: One cannot be read.
        """
        points = Breakpoints()
        for expression in expressions:
            points.add(expression)
        return cls(points, on_break) if expressions else None

    def make_gate(self) -> Gate:
        """The gate of a run."""
        return Gate(breakpoints=self._breakpoints)

    @property
    def has_ended(self) -> bool:
        """There was a stop that ends everything."""
        return self._ends and self._count > 0

    async def follow(self, watch: Watch, run: Stoppable) -> int:
        """Print the run to its end, or to its first stop, and give the exit code: 0 when a stop ended it."""
        async with self.attending(run):
            code = await watch.follow(run)
        self.say_if_never()
        return OK if self.has_ended and code not in {INTERRUPTED, TERMINATED} else code

    def say_if_never(self) -> None:
        """At the end, say so when nothing was stopped."""
        if not self._count:
            self._notes.write("no breakpoint was hit\n")

    @asynccontextmanager
    async def attending(self, run: Stoppable) -> AsyncGenerator[None, None]:
        """Attend a run for as long as the block lasts."""
        attending = asyncio.create_task(self._attend(run), name="stops")
        try:
            yield
        finally:
            attending.cancel()
            with suppress(asyncio.CancelledError):
                await attending

    async def _attend(self, run: Stoppable) -> None:
        gate = run.gate
        assert gate is not None
        moved = asyncio.Event()
        gate.listen(moved.set)
        while not self.has_ended:
            moved.clear()
            for hit in gate.stops():
                try:
                    await self._tell(run, hit, gate.waiting())
                except OSError:  # nobody reads our output: nobody would take the run on
                    run.cancel()
                    raise
                if self._ends:
                    run.cancel()
                    return
                gate.resume(hit.event.step)
            await moved.wait()

    async def _tell(self, run: Stoppable, hit: Hit, waiting: int) -> None:
        self._count += 1
        state = await asyncio.to_thread(_state_at, run, hit.event)
        self._out.write(msgspec.json.encode(_told(hit, state, waiting)) + b"\n")
        self._out.flush()


def _state_at(run: Stoppable, last: AnyEvent) -> RunState:
    """The state with this event; with everything so far for a request that has no number yet."""
    state = RunState()
    for event in run.history():
        if 0 <= last.seq < event.seq:
            break
        state.feed(event)
    return state


def _told(hit: Hit, state: RunState, waiting: int) -> dict[str, Any]:
    return {
        "kind": "stop",
        "breakpoint": hit.expression,
        "event": hit.event,
        "waiting": waiting,
        "state": state.as_json(),
    }

"""How a run stands in the debugger, in one line: stopped where, by what, with how much waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted, duration, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.debugging import Gate


class Stop(NamedTuple):
    """A run, or some of its steps, stopped at the gate."""

    steps: tuple[str, ...]
    """Those that are stopped."""
    partly: bool
    """Others go on."""
    mode: str
    waiting: int
    requests: tuple[str, ...]
    """The steps whose request is held back."""
    hit: tuple[int, str] | None
    """The breakpoint that stopped it, and its expression."""


class Standing(NamedTuple):
    """The word that says what is going on, and the rest of the line."""

    word: str
    text: str


def stop_of(gate: Gate | None, steps: Sequence[str]) -> Stop | None:
    """Whether the run is stopped; `steps` are those that have begun and are not over."""
    if gate is None or not gate.is_paused():
        return None
    stopped = tuple(step for step in steps if gate.is_paused(step))
    return Stop(
        steps=stopped,
        partly=len(stopped) < len(steps),
        mode=gate.mode,
        waiting=gate.waiting(),
        requests=tuple(request.step for request in gate.pending_requests()),
        hit=(gate.hit.number, gate.hit.expression) if gate.hit is not None else None,
    )


def stopped(stop: Stop, seq: int) -> Standing:
    """`PAUSED hold · at seq 118 · 214 events wait`; at a breakpoint, which one."""
    word = f"BREAK #{stop.hit[0]}" if stop.hit else "PAUSED"
    text = join(
        f"{stop.mode} · {sanitise_line(stop.hit[1])}" if stop.hit else stop.mode,
        f"only {sanitise_line(', '.join(stop.steps))}" if stop.partly else None,
        f"at seq {seq}" if seq >= 0 else "before the first event",
        f"{waits(stop.waiting)} (→ looks ahead)" if stop.waiting else waits(stop.waiting),
        *(f"the request of {sanitise_line(step)} is held back" for step in stop.requests),
    )
    return Standing(word, text)


def ahead(seq: int, distance: int, at: int, stop: Stop) -> Standing:
    """`AHEAD seq 130 · not yet handed on · 12 of 214 that wait · 1.2 s · buffer`."""
    how_far = f"{distance:,} of {stop.waiting:,} that wait"
    return Standing("AHEAD", join(f"seq {seq}", "not yet handed on", how_far, duration(at), stop.mode))


def scrubbed(seq: int, last: int, at: int, stop: Stop | None, *, over: bool) -> Standing:
    """`SCRUB seq 100 of 118 · 1.2 s · paused hold, 214 events wait`."""
    place = f"seq {seq} of {last}" if seq >= 0 else f"before the first of {counted(last + 1, 'event')}"
    if stop is not None:
        going = f"paused {stop.mode}, {waits(stop.waiting)}"
    else:
        going = "the run is over" if over else "the run goes on"
    return Standing("SCRUB", join(place, duration(at), going))


def waits(count: int) -> str:
    """`214 events wait`."""
    return f"{count:,} event waits" if count == 1 else f"{count:,} events wait"

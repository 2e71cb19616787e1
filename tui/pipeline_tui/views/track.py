"""A run by place: what was handed on, and behind it what waits at the gate, to look ahead."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from pipeline_tui.views.recording import Recording
from pipeline_tui.views.scrub import Moment, Scrub

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.timeline import Timeline

AT_ONCE = 4_000
"""Waiting events that are taken in before keys get their turn: about 30 ms."""


class Track:
    """Places of a recording, and on from its end. A place counts the events before it."""

    def __init__(self, mode: str, folder: Path | None = None) -> None:
        """Begin with nothing.

        Args:
            mode: Who answers, for the header.
            folder: Where what does not stay in memory goes.
        """
        self.past = Recording(folder)
        """What was handed on."""
        self._scrub = Scrub(self.past, Moment(mode))
        self._ahead: _Ahead | None = None

    def __len__(self) -> int:
        """How many events there are, those that wait among them."""
        return len(self.past) if self._ahead is None else max(len(self.past), self._ahead.end)

    @property
    def present(self) -> int:
        """The place behind all that was handed on."""
        return len(self.past)

    def extend(self, events: Sequence[AnyEvent]) -> None:
        """Take in what was handed on next."""
        self.past.extend(events)

    def close(self) -> None:
        """Give its files back."""
        self.past.close()
        self.forget_ahead()

    # --- what waits

    def look_ahead(self, gate: Gate) -> bool:
        """Take in what waits at the gate, or the next part of it; says whether that is all."""
        following, ahead = gate.next_seq, self._ahead
        if ahead is not None and not ahead.fits(self.past, following):
            self.forget_ahead()
            ahead = None
        if following is None:
            return True
        if ahead is None:
            present = len(self.past)
            ahead = self._ahead = _Ahead(present, self._scrub.moment(present).copied(), self.past.timeline)
        more = gate.ahead(ahead.last_seq)
        ahead.extend(more[:AT_ONCE])
        return len(more) <= AT_ONCE

    def forget_ahead(self) -> None:
        """Nothing waits any more, or something else."""
        if self._ahead is not None:
            self._ahead.recording.close()
        self._ahead = None

    @property
    def waiting(self) -> object | None:
        """Stands for what is looked at of what waits: another one whenever that is not what comes."""
        return self._ahead

    @property
    def timeline(self) -> Timeline:
        """Of all places."""
        if self._ahead is None:
            return self.past.timeline
        self._ahead.timeline.take_stops(self.past.timeline)
        return self._ahead.timeline

    # --- what is at a place

    def moment(self, place: int) -> Moment:
        """The run at a place; valid until the next call."""
        part, start = self._part(place)
        scrub = self._scrub if part is self.past or self._ahead is None else self._ahead.scrub
        return scrub.moment(place - start)

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """The events from one place to another."""
        if self._ahead is None or stop <= len(self.past):
            return self.past.read(start, stop)
        base = self._ahead.base
        before = self.past.read(start, base) if start < base else []
        return [*before, *self._ahead.recording.read(max(0, start - base), stop - base)]

    def at(self, place: int) -> int:
        """When the event before this place happened, in ns since the run began; 0 at the start."""
        part, start = self._part(place)
        return max(part.at(place - start), self.past.at(start))

    def seq(self, place: int) -> int:
        """The number of the event before this place; -1 at the start."""
        part, start = self._part(place)
        return part.seq(place - start)

    # --- where something is

    def behind_seq(self, seq: int) -> int:
        """The place behind the event with this number, or behind the last one before it."""
        if self._ahead is not None:
            place = self._ahead.recording.behind_seq(seq)
            if place and self._ahead.recording.seq(place) == seq:
                return self._ahead.base + place
        return self.past.behind_seq(seq)

    def at_time(self, at: int) -> int:
        """The place behind all that had happened by this time."""
        ahead = self._ahead
        if ahead is None or at < self.past.timeline.end:
            return self.past.at_time(at)
        return max(len(self.past), ahead.base + ahead.recording.at_time(at))

    def next_unit(self, place: int) -> int:
        """The place behind the frame that comes next."""
        part, start = self._part_behind(place)
        return start + part.next_unit(place - start)

    def unit_before(self, place: int) -> int:
        """The place before the frame that came last."""
        part, start = self._part(place)
        return start + part.unit_before(place - start)

    def next_text(self, place: int) -> int:
        """The place behind the next piece of text; when none comes, now, or the end."""
        part, start = self._part_behind(place)
        return start + part.next_text(place - start)

    def seconds_on(self, place: int, seconds: float) -> int:
        """The place so many seconds later, or earlier; at least one event away where there is one."""
        found = self.at_time(self.at(place) + round(seconds * 1e9))
        return max(found, place + 1) if seconds > 0 else min(found, place - 1)

    def _part(self, place: int) -> tuple[Recording, int]:
        """What has the event before this place, and the place at which that begins."""
        ahead = self._ahead
        return (self.past, 0) if ahead is None or place <= len(self.past) else (ahead.recording, ahead.base)

    def _part_behind(self, place: int) -> tuple[Recording, int]:
        """What has the event behind this place."""
        ahead = self._ahead
        return (self.past, 0) if ahead is None or place < len(self.past) else (ahead.recording, ahead.base)


class _Ahead:
    """What waited at the gate when one began to look; what passed since, in that order, is still there."""

    def __init__(self, base: int, start: Moment, past: Timeline) -> None:
        self.base = base
        self.recording = Recording()
        self.scrub = Scrub(self.recording, start)
        self.timeline = deepcopy(past)

    @property
    def end(self) -> int:
        """The place behind the last event."""
        return self.base + len(self.recording)

    def extend(self, events: Sequence[AnyEvent]) -> None:
        """Take in what waits behind it."""
        self.recording.extend(events)
        for event in events:
            self.timeline.add(event)

    @property
    def last_seq(self) -> int:
        """The number of the last event; -1: there is none."""
        return self.recording.seq(len(self.recording))

    def fits(self, past: Recording, following: int | None) -> bool:
        """Whether it says what was handed on since it was made, and what comes next (by `seq`)."""
        passed = len(past) - self.base
        if not 0 <= passed <= len(self.recording):
            return False
        if passed and past.seq(len(past)) != self.recording.seq(passed):
            return False
        if following is None or passed == len(self.recording):
            return following is not None and following > self.last_seq
        return following == self.recording.seq(passed + 1)

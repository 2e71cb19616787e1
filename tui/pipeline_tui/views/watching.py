"""What is looked for in a recording: the values of watches at any moment, and where breakpoints are true."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from pipeline_runtime.debugging import Watch
from pipeline_tui.views.timeline import STOP, STOP_AHEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline_runtime.debugging import Breakpoints, RunState
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.expression import Matcher
    from pipeline_tui.views.recording import Recording
    from pipeline_tui.views.timeline import Timeline
    from pipeline_tui.views.track import Track

AT_ONCE = 2_048
"""Events that are looked at before keys get a turn: about 4 ms."""


class Follower:
    """Looks at each event of a recording once, a stretch at a time."""

    def __init__(self) -> None:
        self._taken = 0

    def follow(self, recording: Recording | Track) -> bool:
        """Look at what came, or at the next part of it; says whether that is all."""
        if self._taken < len(recording):
            events = recording.read(self._taken, self._taken + AT_ONCE)
            self._look_at(events, recording)
            self._taken += len(events)
        return self._taken >= len(recording)

    def _look_at(self, events: Iterable[AnyEvent], recording: Recording | Track) -> None:
        raise NotImplementedError


class Watching(Follower):
    """Feeds watches, and gives their values."""

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts`: expressions and paths that were checked when they were entered."""
        super().__init__()
        self.texts = tuple(texts)
        self._watches = [Watch(text) for text in texts]

    def values(self, state: RunState) -> list[tuple[str, str]]:
        """Each watch and what it is in this state."""
        return [(watch.text, watch.value(state)) for watch in self._watches]

    def _look_at(
        self,
        events: Iterable[AnyEvent],
        recording: Recording | Track,  # noqa: ARG002 - no mark
    ) -> None:
        for event in events:
            for watch in self._watches:
                watch.feed(event)


class Stops(Follower):
    """Marks on the timeline where enabled breakpoints are true. Made anew when they change."""

    def __init__(self, points: Breakpoints) -> None:
        super().__init__()
        self.points = enabled(points)
        self._matchers = [point.expression.matcher() for point in points if point.enabled]
        self._uncounted = [not point.expression.counts for point in points if point.enabled]

    def ahead_of(self, track: Track) -> StopsAhead | None:
        """Goes on with what waits, once the past was looked at; those that count (`nth`) stay behind."""
        if self._taken < track.present:
            return None
        going_on = zip(self._matchers, self._uncounted, strict=True)
        return StopsAhead(track, [deepcopy(matcher) for matcher, uncounted in going_on if uncounted])

    def _look_at(self, events: Iterable[AnyEvent], recording: Recording | Track) -> None:
        _mark(self._matchers, events, recording.timeline, STOP)


class StopsAhead(Follower):
    """Marks where breakpoints will be true of what waits at the gate."""

    def __init__(self, track: Track, matchers: Sequence[Matcher]) -> None:
        """`matchers`: what has seen all of the past."""
        super().__init__()
        self.waiting = track.waiting
        self._taken = track.present
        self._matchers = matchers

    def _look_at(self, events: Iterable[AnyEvent], recording: Recording | Track) -> None:
        _mark(self._matchers, events, recording.timeline, STOP_AHEAD)


def _mark(matchers: Sequence[Matcher], events: Iterable[AnyEvent], timeline: Timeline, mark: int) -> None:
    for event in events:
        hits = [matcher.feed(event) for matcher in matchers]
        if any(hits):
            timeline.stop(event.at, mark)


def enabled(points: Breakpoints) -> tuple[int, ...]:
    """The numbers of those that are on."""
    return tuple(point.number for point in points if point.enabled)

"""What is looked for in a recording: the values of watches at any moment, and where breakpoints are true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.debugging import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline_runtime.debugging import Breakpoints, RunState
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.expression import Matcher
    from pipeline_tui.views.recording import Recording

AT_ONCE = 2_048
"""Events that are looked at before keys get a turn: about 4 ms."""


class Follower:
    """Looks at each event of a recording once, a stretch at a time."""

    def __init__(self) -> None:
        self._taken = 0

    def follow(self, recording: Recording) -> bool:
        """Look at what came, or at the next part of it; says whether that is all."""
        if self._taken < len(recording):
            events = recording.read(self._taken, self._taken + AT_ONCE)
            self._look_at(events, recording)
            self._taken += len(events)
        return self._taken >= len(recording)

    def _look_at(self, events: Iterable[AnyEvent], recording: Recording) -> None:
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

    def _look_at(self, events: Iterable[AnyEvent], recording: Recording) -> None:  # noqa: ARG002 - no mark
        for event in events:
            for watch in self._watches:
                watch.feed(event)


class Stops(Follower):
    """Marks on the timeline where enabled breakpoints are true. Made anew when they change."""

    def __init__(self, points: Breakpoints) -> None:
        super().__init__()
        self.points = enabled(points)
        self._matchers: list[Matcher] = [point.expression.matcher() for point in points if point.enabled]

    def _look_at(self, events: Iterable[AnyEvent], recording: Recording) -> None:
        for event in events:
            hits = [matcher.feed(event) for matcher in self._matchers]
            if any(hits):
                recording.timeline.stop(event.at)


def enabled(points: Breakpoints) -> tuple[int, ...]:
    """The numbers of those that are on."""
    return tuple(point.number for point in points if point.enabled)

"""Keeps a step's events in memory, within bounds."""

from __future__ import annotations

import inspect
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from pipeline_runtime.events import Delta
from pipeline_runtime.handlers.finding import find_object
from pipeline_runtime.handlers.kinds import DEFAULT_KINDS
from pipeline_runtime.handlers.options import OptionError, at_least, size_option
from pipeline_runtime.handlers.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from pipeline_runtime.events import AnyEvent

_encode = msgspec.json.Encoder().encode


class BufferStats(msgspec.Struct, frozen=True):
    """What went through a buffer. Sizes are those of the events' JSON, in bytes."""

    taken: int
    """All events that came."""
    kept: int
    dropped: int
    """Did not fit, or had to make room."""
    repeated: int
    """Left out by `deduplicate`."""
    handed_over: int
    bytes: int


class BufferHandler:
    """Keeps the events in memory, the newest or the first ones, and hands them over at the end.

    Args:
        max_events: How many it holds.
        max_bytes: How large they may be in all, as JSON, such as 10MB.
        when_full: `ring` drops the oldest for the newest; `stop` takes no more.
        deduplicate: Leave out what was taken before: an event that comes twice, text that a new attempt
            repeats. Equal words in different places are no duplicates.
        kinds: The kinds of events to keep; `delta` and `done` when not given.
        hand_over: A function, by its dotted path: it gets the list of events when the buffer is full, which
            then begins anew so that nothing is dropped, and the rest when the step is over. It may be async.
    """

    def __init__(
        self,
        *,
        max_events: int = 1000,
        max_bytes: int | str | None = None,
        when_full: Literal["ring", "stop"] = "ring",
        deduplicate: bool = False,
        kinds: Sequence[str] | None = None,
        hand_over: str | Callable[[list[AnyEvent]], Any] | None = None,
    ) -> None:
        at_least("max_events", max_events, 1)
        self._max_events = max_events
        self._max_bytes = None if max_bytes is None else size_option("max_bytes", max_bytes)
        self._ring = when_full == "ring"
        self._repeats = Repeats() if deduplicate else None
        self._wanted = frozenset(DEFAULT_KINDS if kinds is None else kinds)
        self._hand_over = _receiver(hand_over)
        self.kinds = self._wanted | ({"attempt_started"} if deduplicate else set())
        self._events: deque[tuple[AnyEvent, int]] = deque()
        self._bytes = self._taken = self._dropped = self._repeated = self._handed_over = 0

    def handle_event(self, event: AnyEvent) -> Awaitable[None] | None:
        """Keep it, if it is wanted and new."""
        fresh: AnyEvent | None = event
        if self._repeats is not None:
            fresh = self._repeats.take(event)
        if event.__struct_config__.tag not in self._wanted:
            return None
        self._taken += 1
        if fresh is None:
            self._repeated += 1
            return None
        size = len(_encode(fresh)) if self._max_bytes is not None else 0
        if self._hand_over is not None and self._events and not self._has_room(size):
            handed = self._give()
            self._keep(fresh, size)
            return handed
        self._keep(fresh, size)
        return None

    def close(self) -> Awaitable[None] | None:
        """Hand over what is left."""
        return self._give() if self._hand_over is not None and self._events else None

    @property
    def events(self) -> list[AnyEvent]:
        """What it holds, the oldest first."""
        return [event for event, _ in self._events]

    @property
    def text(self) -> str:
        """The text of the deltas that it holds."""
        return "".join(one.content for one in self.events if isinstance(one, Delta) and one.lane == "text")

    def of_kind(self, kind: str) -> list[AnyEvent]:
        """The events of a kind that it holds."""
        return [event for event in self.events if event.__struct_config__.tag == kind]

    def stats(self) -> BufferStats:
        """What has gone through it so far."""
        kept, size = len(self._events), self._bytes
        if self._max_bytes is None:
            size = sum(len(_encode(event)) for event, _ in self._events)
        return BufferStats(self._taken, kept, self._dropped, self._repeated, self._handed_over, size)

    def clear(self) -> None:
        """Forget the events; the stats go on."""
        self._events.clear()
        self._bytes = 0

    def __len__(self) -> int:
        """How many events it holds."""
        return len(self._events)

    def __iter__(self) -> Iterator[AnyEvent]:
        """The events, the oldest first."""
        return iter(self.events)

    def _has_room(self, size: int) -> bool:
        fits = self._max_bytes is None or self._bytes + size <= self._max_bytes
        return fits and len(self._events) < self._max_events

    def _keep(self, event: AnyEvent, size: int) -> None:
        while self._ring and self._events and not self._has_room(size):
            _, gone = self._events.popleft()
            self._bytes -= gone
            self._dropped += 1
        if self._has_room(size):
            self._events.append((event, size))
            self._bytes += size
        else:
            self._dropped += 1

    def _give(self) -> Awaitable[None] | None:
        assert self._hand_over is not None
        events = self.events
        self.clear()
        self._handed_over += len(events)
        result = self._hand_over(events)
        return result if inspect.isawaitable(result) else None


def _receiver(
    hand_over: str | Callable[[list[AnyEvent]], Any] | None,
) -> Callable[[list[AnyEvent]], Any] | None:
    found = find_object(hand_over, hand_over) if isinstance(hand_over, str) else hand_over
    if found is not None and not callable(found):
        raise OptionError("hand_over", f"`{hand_over}` is no function", cure="write package.module:function")
    return found

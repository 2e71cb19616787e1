"""Tells what of a step's events was handled before: after a retry, a restart, a resume, or a replay. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from pipeline_runtime.events import AttemptStarted, Delta

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent

Part: TypeAlias = tuple[str, int, int]
"""Lane, index and choice: what the deltas of one text have in common."""


class Repeats:
    """The memory of what was handled.

    An event that comes a second time (the same `seq` of the same run) is a repeat. So is text that a new
    attempt sends again: as far as it is, letter for letter, what an earlier attempt sent in the same place.
    Equal words in different places are no repeats.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str | None], int] = {}
        self._texts: dict[Part, str] = {}
        """What was handled before this attempt."""
        self._behind: dict[Part, int] = {}
        """How much of it this attempt has sent again."""
        self._fresh: dict[Part, list[str]] = {}
        self._attempt: int | None = None
        self.departed = False
        """The event that was taken last departs from what an earlier attempt sent: its text begins anew."""

    def take(self, event: AnyEvent) -> AnyEvent | None:
        """The event, or what of it is new; `None` when it was all handled before."""
        self.departed = False
        place = (event.run, event.step)
        if event.seq <= self._seen.get(place, -1):
            return None
        self._seen[place] = event.seq
        if isinstance(event, AttemptStarted):
            self._begin_attempt(event.attempt, resumed=event.why == "resume")
            return event
        if not isinstance(event, Delta):
            return event
        if event.attempt != self._attempt:  # no `attempt_started` came: whoever feeds us did not ask for it
            self._begin_attempt(event.attempt, resumed=False)
        return self._take_delta(event)

    def _begin_attempt(self, attempt: int | None, *, resumed: bool) -> None:
        if attempt == self._attempt:
            return
        self._attempt = attempt
        for part, pieces in self._fresh.items():
            self._texts[part] = self._texts.get(part, "") + "".join(pieces)
        self._fresh = {}
        self._behind = {part: len(text) for part, text in self._texts.items()} if resumed else {}

    def _take_delta(self, delta: Delta) -> Delta | None:
        part = (delta.lane, delta.index, delta.choice)
        earlier = self._texts.get(part)
        behind = self._behind.get(part, 0)
        if earlier is None or behind >= len(earlier):
            self._fresh.setdefault(part, []).append(delta.content)
            return delta
        known = earlier[behind : behind + len(delta.content)]
        if not delta.content.startswith(known):
            return self._depart(delta, part, earlier[:behind])
        self._behind[part] = behind + len(known)
        rest = delta.content[len(known) :]
        if not rest:
            return None
        self._fresh.setdefault(part, []).append(rest)
        return msgspec.structs.replace(delta, content=rest)

    def _depart(self, delta: Delta, part: Part, again: str) -> Delta:
        self.departed = True
        del self._texts[part]
        self._fresh[part] = [again, delta.content]
        return msgspec.structs.replace(delta, content=again + delta.content)

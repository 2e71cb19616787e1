"""A run log as it is played: marked as a replay, read ahead in a thread, and ended even where it was cut."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import RunStarted
from pipeline_runtime.replay.ledger import Ledger
from pipeline_runtime.runlog.holding import is_held
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent

AHEAD = 400
"""Events read at a time, about 2 ms of a thread: longer, and it would bend the times of what is played."""


class Recording:
    """A run log to be played."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            RunLogError: It cannot be read, is no run log, or was written by a newer version.
        """
        self.path = path
        self.header = RunLog(path).header
        self.note = ""
        """What `run_started` says of the replay."""

    def ledger(self) -> Ledger:
        """A new one, for this run."""
        return Ledger(self.header, str(self.path))

    def events(self) -> Iterator[AnyEvent]:
        """Every event, from any thread; a log that has no end is given one that says so."""
        log = RunLog(self.path)
        ledger = self.ledger()
        problem: str | None = None
        try:
            for event in log.events():
                if not ledger.begun and not isinstance(event, RunStarted):
                    yield self._marked(ledger)
                ledger.take(event)
                yield self._marked(ledger, event) if isinstance(event, RunStarted) else event
        except (RunLogError, OSError) as error:
            problem = f"it cannot be read on ({error})"
        if not ledger.begun:
            yield self._marked(ledger)
        if not ledger.finished:
            yield from ledger.cut(problem or self._why(log.torn))

    async def moments(self) -> AsyncGenerator[list[AnyEvent], None]:
        """The events, in lists of those that happened at one moment: of one socket read, for most."""
        events = self.events()
        waiting: deque[AnyEvent] = deque()
        reading = asyncio.ensure_future(asyncio.to_thread(_take, events))
        try:
            while read := await reading:
                reading = asyncio.ensure_future(asyncio.to_thread(_take, events))
                waiting.extend(read)
                while waiting[0].at != waiting[-1].at:
                    yield _take_moment(waiting)
            while waiting:
                yield _take_moment(waiting)
        finally:
            await asyncio.wait([reading])

    def _marked(self, ledger: Ledger, event: RunStarted | None = None) -> RunStarted:
        if event is None:
            event = ledger.opening()
            ledger.take(event)
        return msgspec.structs.replace(event, mode="replay", note=self.note)

    def _why(self, torn: str | None) -> str:
        if is_held(self.path):
            return "the run still goes on"
        return f"the run was killed, or its log was cut{f' ({torn})' if torn else ''}"


def _take(events: Iterator[AnyEvent]) -> list[AnyEvent]:
    return list(islice(events, AHEAD))


def _take_moment(waiting: deque[AnyEvent]) -> list[AnyEvent]:
    at = waiting[0].at
    taken: list[AnyEvent] = []
    while waiting and waiting[0].at == at:
        taken.append(waiting.popleft())
    return taken

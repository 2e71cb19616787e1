"""Looks through the events of a run: for a text, also where deltas cut it, or with an expression. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.events import Delta, Done, FrameReceived, RunStarted
from pipeline_runtime.expression.saying import says

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.expression import Expression

AROUND = 40
"""Characters shown before and after what was found."""


class Hit(msgspec.Struct, frozen=True):
    """One place in a run."""

    seq: int
    """The event at which it begins."""
    at: int
    step: str | None
    attempt: int | None
    where: str
    """The lane for a delta (`text`, `tool_input`), else the event's kind."""
    before: str
    match: str
    """What was found; for an expression, the beginning of what the event says."""
    after: str


class _Passage:
    """The text of one lane, with where each of its deltas begins."""

    def __init__(self, first: AnyEvent, where: str) -> None:
        self.first = first
        self.where = where
        self.parts: list[str] = []
        self.offsets: list[int] = []
        self.events: list[AnyEvent] = []
        self.size = 0

    def add(self, event: AnyEvent, text: str) -> None:
        self.parts.append(text)
        self.offsets.append(self.size)
        self.events.append(event)
        self.size += len(text)

    def hits(self, pattern: re.Pattern[str]) -> Iterator[Hit]:
        text = "".join(self.parts)
        for match in pattern.finditer(text):
            event = self.events[bisect_right(self.offsets, match.start()) - 1]
            yield _hit(event, self.where, text, match.start(), match.end())


def search_text(events: Iterable[AnyEvent], text: str) -> list[Hit]:
    """Where a text is in what was asked, answered, and told of a run; raw frames are not looked at.

    Args:
        events: All events of a run.
        text: Taken as it is: no character of it means anything else. Case counts only if it holds a capital.
    """
    pattern = re.compile(re.escape(text), 0 if text != text.lower() else re.IGNORECASE)
    hits: list[Hit] = []
    lanes: dict[tuple[str | None, int | None, str, int, int], _Passage] = {}
    for event in events:
        if isinstance(event, Delta):
            key = (event.step, event.attempt, event.lane, event.choice, event.index)
            passage = lanes.get(key)
            if passage is None:
                passage = lanes[key] = _Passage(event, event.lane)
            if event.content:
                passage.add(event, event.content)
        elif not isinstance(event, FrameReceived):
            told = _told(event)
            kind = _kind(event)
            hits += [_hit(event, kind, told, found.start(), found.end()) for found in pattern.finditer(told)]
    for passage in lanes.values():
        hits += passage.hits(pattern)
    return sorted(hits, key=lambda hit: hit.seq)


def search_expression(events: Iterable[AnyEvent], expression: Expression) -> Iterator[Hit]:
    """The events of a run of which an expression is true."""
    matcher = expression.matcher()
    for event in events:
        if matcher.feed(event):
            told = says(event)
            where = event.lane if isinstance(event, Delta) else _kind(event)
            yield _hit(event, where, told, 0, min(len(told), 2 * AROUND))


def _told(event: AnyEvent) -> str:
    """What an event says that the deltas have not said before."""
    if isinstance(event, RunStarted):
        inputs = "\n".join(f"{name}: {_plain(value)}" for name, value in event.inputs.items())
        return f"{says(event)}\n{inputs}"
    if isinstance(event, Done):
        response = event.response
        return "\n".join(filter(None, (response.model, response.id, response.request_id)))
    return says(event)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _kind(event: AnyEvent) -> str:
    return str(event.__struct_config__.tag)


def _hit(event: AnyEvent, where: str, text: str, start: int, end: int) -> Hit:
    return Hit(
        seq=event.seq,
        at=event.at,
        step=event.step,
        attempt=event.attempt,
        where=where,
        before=text[max(0, start - AROUND) : start],
        match=text[start:end],
        after=text[end : end + AROUND],
    )

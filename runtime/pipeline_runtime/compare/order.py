"""What happened in which order, without how it was cut: neighbouring deltas of one lane are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Fallback,
    Lint,
    ResponseOpened,
    Retry,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_runtime.events import AnyEvent


class Order:
    """Each step's happenings, in words: `delta text`, `delta tool_input get_weather`, `retry`, `done stop`.

    Frames and stalls are left out: they say when and in what form, not what.
    """

    def __init__(self) -> None:
        self._steps: dict[str, list[str]] = {}

    def feed(self, event: AnyEvent) -> None:
        """Take the run's next event."""
        word = _word(event)
        if word is None or event.step is None:
            return
        happened = self._steps.setdefault(event.step, [])
        if not (isinstance(event, Delta) and happened and happened[-1] == word):
            happened.append(word)

    def of(self, step: str) -> list[str]:
        """A step's happenings; none for a step that did nothing."""
        return self._steps.get(step, [])


def _word(event: AnyEvent) -> str | None:
    word = _WORDS.get(type(event))
    return word(event) if word is not None else None


def _delta(delta: Delta) -> str:
    tool = f" {delta.tool}" if delta.tool else ""
    return f"delta {delta.lane}{tool} {delta.choice}.{delta.index}"


_WORDS: Mapping[type, Callable[[Any], str]] = {
    Delta: _delta,
    AttemptStarted: lambda event: f"attempt {event.asked} {event.why}",
    ResponseOpened: lambda event: f"response {event.status}",
    Fallback: lambda _: "fallback",
    Retry: lambda _: "retry",
    Unknown: lambda event: f"unknown {event.type}",
    Lint: lambda event: f"lint {event.code}",
    Error: lambda event: f"error {event.type}",
    Done: lambda event: f"done {event.response.finish_reason}",
}

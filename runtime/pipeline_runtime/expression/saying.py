"""What an event says, as text to search: a frame's data, a delta's content, the words of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Fallback,
    FrameReceived,
    Lint,
    ResponseOpened,
    Retry,
    RunStarted,
    StepFinished,
    StepStarted,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_runtime.events import AnyEvent


def says(event: AnyEvent) -> str:
    """The text that words and patterns are looked for in; empty for an event that has none."""
    if isinstance(event, Delta):
        return event.content
    if isinstance(event, FrameReceived):
        return event.data if event.data is not None else event.comment or ""
    words = _WORDS.get(type(event))
    return "\n".join(word for word in words(event) if word) if words else ""


_WORDS: Mapping[type, Callable[..., tuple[str | None, ...]]] = {
    RunStarted: lambda event: (event.workflow, event.note),
    StepStarted: lambda event: (event.step, event.provider, event.model, event.prompt),
    AttemptStarted: lambda event: (event.request.method, event.request.url),
    ResponseOpened: lambda event: tuple(f"{name}: {value}" for name, value in event.headers),
    Lint: lambda event: (event.code, event.message, event.cure),
    Unknown: lambda event: (event.type, event.data),
    Fallback: lambda event: (event.reason, event.source, event.evidence),
    Retry: lambda event: (event.reason, event.evidence),
    Error: lambda event: (event.type, event.message, event.cure, event.request_id),
    Done: lambda event: (event.response.text, event.response.refusal, event.response.request_id),
    StepFinished: lambda event: (event.status, event.reason),
}

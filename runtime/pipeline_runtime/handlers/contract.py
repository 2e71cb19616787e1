"""What a handler is, and what it is told when it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from msgspec import Struct

from pipeline_runtime.events import Mode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pipeline_runtime.events import AnyEvent

HandleEvent: TypeAlias = "Callable[[AnyEvent], Awaitable[None] | None]"
HandlerLike: TypeAlias = "str | Callable[..., Any] | Handler"
"""What can be given as a handler: a name or dotted path, a function, a class, a factory, an object."""
Made: TypeAlias = Literal["function", "class", "factory", "object"]
"""What was given, and so how fresh it is: a class and a factory make a new handler, an object is there."""


class RunInfo(Struct, frozen=True):
    """Which run and step a handler is for: what `start` gets."""

    id: str
    workflow: str
    step: str
    mode: Mode
    log: str | None = None
    """The run log's file, if the run keeps one."""


@runtime_checkable
class Handler(Protocol):
    """What receives the events of a step, from `step_started` on.

    Only `handle_event` is needed. More that a handler may have:

    - `kinds`: the event kinds that it wants, or `"all"`; without it, it gets `delta` and `done`.
    - `start(run)`: called with a `RunInfo` before anything is sent.
    - `close()`: called when the step is over, however it ended, and all events are handled.

    All of them may be coroutine functions.
    """

    def handle_event(self, event: AnyEvent) -> Awaitable[None] | None:
        """Take one event; may be a coroutine function."""
        ...

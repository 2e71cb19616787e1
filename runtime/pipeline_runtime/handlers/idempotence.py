"""Makes any handler idempotent: what it has handled, it is never given again."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pipeline_runtime.events import AttemptStarted
from pipeline_runtime.handlers.loading import load_handler
from pipeline_runtime.handlers.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.handlers.contract import HandlerLike, RunInfo
    from pipeline_runtime.handlers.loading import LoadedHandler


class IdempotentHandler:
    """Stands before a handler and lets through what is new: made by `idempotent`."""

    def __init__(self, handler: LoadedHandler) -> None:
        self._handler = handler
        self._repeats = Repeats()
        self._reset: Callable[[], Awaitable[None] | None] | None = getattr(handler.target, "reset", None)
        self.kinds = frozenset(handler.kinds) | {"attempt_started"}

    def start(self, run: RunInfo) -> Awaitable[None] | None:
        """Let the handler begin."""
        return self._handler.start(run) if self._handler.start is not None else None

    def handle_event(self, event: AnyEvent) -> Awaitable[None] | None:
        """Hand on what is new of it."""
        fresh = self._repeats.take(event)
        if fresh is None or (
            isinstance(fresh, AttemptStarted) and "attempt_started" not in self._handler.kinds
        ):
            return None
        if self._repeats.departed and self._reset is not None:
            return self._begin_anew(self._reset, fresh)
        return self._handler.handle_event(fresh)

    def close(self) -> Awaitable[None] | None:
        """Let the handler end."""
        return self._handler.close() if self._handler.close is not None else None

    async def _begin_anew(self, reset: Callable[[], Awaitable[None] | None], event: AnyEvent) -> None:
        emptied = reset()
        if inspect.isawaitable(emptied):
            await emptied
        handled = self._handler.handle_event(event)
        if inspect.isawaitable(handled):
            await handled


def idempotent(handler: HandlerLike) -> Callable[..., IdempotentHandler]:
    """A factory that makes the handler so that it handles everything once.

    Retries, restarts, resumed streams and replays can bring an event twice, or send text again from its
    beginning: the handler gets the new part only. A restarted model may also say something else: then the
    handler's method `reset()`, if it has one, is called, and it gets the new text from its beginning.

    Args:
        handler: Whatever `load_handler` takes. Options go to it.
    """

    def make(**opts: Any) -> IdempotentHandler:
        return IdempotentHandler(load_handler(handler, opts))

    return make

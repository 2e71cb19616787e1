"""One coalescer for all live widgets: nothing of Textual runs per delta, at most 30 flushes run per second.

A widget that has something new marks itself; the gate calls its `flush` once a frame. The first mark after
a quiet time is flushed at once. While the terminal is behind (a slow ssh link), frames are skipped: writing
more would block the event loop on the driver's full queue.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from textual.app import App

FRAMES_PER_SECOND = 30.0
_BACKLOG_LIMIT = 2  # one frame is up to three writes


class Flushable(Protocol):
    """What can be marked: a widget that gathers news and draws it in `flush`."""

    def flush(self) -> None:
        """Draw what came since the last time."""


class FrameGate:
    """Calls `flush` of what was marked: at once after a quiet time, then `fps` times a second at most.

    `manual` stops the clock: only `run()` flushes. Tests use it to decide when a frame is drawn.
    """

    def __init__(self, fps: float = FRAMES_PER_SECOND, *, backlog: Callable[[], int] = lambda: 0) -> None:
        self.period = 1.0 / fps
        self.manual = False
        self.flushes = 0
        """How many frames were drawn."""
        self._backlog = backlog
        self._marked: dict[Flushable, None] = {}
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._context: Context | None = None

    def attach(self) -> None:
        """Remember the context variables of the caller: Textual needs its own in every callback."""
        self._context = copy_context()

    def mark(self, widget: Flushable) -> None:
        """Have `widget.flush()` called in the next frame."""
        self._marked[widget] = None
        if self._timer is None and not self.manual:
            self._arm()

    def forget(self, widget: Flushable) -> None:
        """Do not call a widget that is going away."""
        self._marked.pop(widget, None)

    def run(self) -> None:
        """Draw one frame now."""
        self._last = asyncio.get_running_loop().time()
        self.flushes += 1
        marked, self._marked = self._marked, {}
        for widget in marked:
            widget.flush()

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        when = max(self._last + self.period, loop.time())
        self._timer = loop.call_at(when, self._tick, context=self._context)

    def _tick(self) -> None:
        self._timer = None
        if self.manual or not self._marked:
            return
        if self._backlog() > _BACKLOG_LIMIT:
            self._last = asyncio.get_running_loop().time()
            self._arm()
            return
        self.run()


def terminal_backlog(app: App[object] | None) -> int:
    """How many writes wait for the terminal; 0 where the driver does not tell.

    The queue is private to Textual's drivers (8.2.8: `driver._writer_thread._queue`); nothing public
    tells its length.
    """
    thread = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return int(queue.qsize()) if queue is not None else 0


_gates: WeakKeyDictionary[App[object], FrameGate] = WeakKeyDictionary()


def gate_of(app: App[object]) -> FrameGate:
    """The one gate of `app`, made when first asked for; call it from within the app."""
    gate = _gates.get(app)
    if gate is None:
        reference = ref(app)  # a strong one in the closure would keep the app alive for ever
        gate = _gates[app] = FrameGate(backlog=lambda: terminal_backlog(reference()))
        gate.attach()
    return gate

"""One coalescer for all live widgets: nothing of Textual runs per delta, at most 30 flushes run per second.

A widget that has something new marks itself; the gate calls its `flush` once a frame. The first mark after
a quiet time is flushed at once. While the terminal is behind (a slow ssh link), frames are skipped: writing
more would block the event loop on the driver's full queue. Who takes events from a run waits for his `turn`:
between two frames they gather, and no task wakes up for each of them.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary, ref

from pipeline_tui.direct_paint import DirectPaint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextvars import Context

    from textual.app import App
    from textual.geometry import Region, Size
    from textual.widget import Widget

    from pipeline_tui.direct_paint import Rows

FRAMES_PER_SECOND = 30.0
_BACKLOG_LIMIT = 1  # a frame is one write


class Flushable(Protocol):
    """What can be marked: a widget that gathers news and draws it in `flush`."""

    def flush(self) -> None:
        """Draw what came since the last time."""


class Painter(Protocol):
    """What puts the rows of a frame on the screen."""

    def begin(self) -> None:
        """A frame begins."""

    def draw(self, widget: Widget, region: Region, rows: Rows | None = None) -> None:
        """Draw a region of a widget; `rows` gives what it looks like, else Textual's `render_lines` does."""

    def size_of(self, widget: Widget) -> Size:
        """The size of a widget; empty when it is not shown."""
        ...

    def end(self) -> None:
        """The frame is over."""


class FrameGate:
    """Calls `flush` of what was marked: at once after a quiet time, then `fps` times a second at most.

    `manual` stops the clock: only `run()` flushes. Tests use it to decide when a frame is drawn.
    """

    def __init__(
        self,
        fps: float = FRAMES_PER_SECOND,
        *,
        backlog: Callable[[], int] = lambda: 0,
        painter: Painter | None = None,
    ) -> None:
        self.period = 1.0 / fps
        self.manual = False
        self.flushes = 0
        """How many frames were drawn."""
        self.late = 0.0
        """How late the last frame was drawn, in seconds: a busy loop, or a terminal that takes no more."""
        self._painter = painter
        self._backlog = backlog
        self._marked: dict[Flushable, None] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._due = 0.0
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._ticking = False
        self._context: Context | None = None

    def attach(self) -> None:
        """Remember the context variables of the caller: Textual needs its own in every callback."""
        self._context = copy_context()

    def mark(self, widget: Flushable) -> None:
        """Have `widget.flush()` called in the next frame."""
        if not self._marked:
            self._due = self._next()
        self._marked[widget] = None
        if not self.manual:
            self._arm()

    def forget(self, widget: Flushable) -> None:
        """Do not call a widget that is going away."""
        self._marked.pop(widget, None)

    async def turn(self) -> None:
        """Wait until a frame is due, before its widgets are flushed; after a quiet time, one turn only."""
        loop = asyncio.get_running_loop()
        if self.manual or self._next() <= loop.time():
            await asyncio.sleep(0)
            return
        waiter = loop.create_future()
        self._waiting.append(waiter)
        self._arm()
        await waiter

    def draw(self, widget: Widget, region: Region, rows: Rows | None = None) -> None:
        """Draw a region of a widget, in the widget's own cells: with this frame, or as Textual does."""
        if self._painter is None:
            widget.refresh(region)
        else:
            self._painter.draw(widget, region, rows)

    def size_of(self, widget: Widget) -> Size:
        """The size of a widget, looked up fast while a frame is drawn; empty when it is not shown."""
        return widget.size if self._painter is None else self._painter.size_of(widget)

    def run(self) -> None:
        """Draw one frame now."""
        self._last = asyncio.get_running_loop().time()
        self.late = max(0.0, self._last - self._due) if self._marked and not self.manual else 0.0
        self.flushes += 1
        marked, self._marked = self._marked, {}
        self._flush(marked)

    def at_once(self, widget: Flushable) -> None:
        """Draw this widget out of turn: a key was pressed. Waits for a frame while the terminal is behind."""
        if self._backlog() > _BACKLOG_LIMIT:
            self.mark(widget)
            return
        self.forget(widget)
        self._flush((widget,))

    def _flush(self, widgets: Iterable[Flushable]) -> None:
        if self._painter is not None:
            self._painter.begin()
        for widget in widgets:
            widget.flush()
        if self._painter is not None:
            self._painter.end()

    def _next(self) -> float:
        """When the next frame may be drawn."""
        return max(self._last + self.period, asyncio.get_running_loop().time())

    def _arm(self) -> None:
        if self._timer is None and not self._ticking:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._next(), self._tick, context=self._context)

    def _tick(self) -> None:
        """A frame is due: those who wait take their turn, then it is drawn."""
        self._timer = None
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        if waiting:
            self._ticking = True
            asyncio.get_running_loop().call_soon(self._frame, context=self._context)
        else:
            self._frame()

    def _frame(self) -> None:
        self._ticking = False
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
        gate = _gates[app] = FrameGate(
            backlog=lambda: terminal_backlog(reference()), painter=DirectPaint(app)
        )
        gate.attach()
    return gate

"""The gate draws at once after a quiet time, then in frames, and not at all while the terminal is behind."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from queue import Queue
from types import SimpleNamespace

from textual.app import App

from pipeline_tui.frame_gate import FrameGate, gate_of, terminal_backlog

SEEN: ContextVar[str] = ContextVar("SEEN", default="lost")


class Drawn:
    """Something to draw: remembers how often it was, and in which context."""

    def __init__(self, wanted: int = 1) -> None:
        self.contexts: list[str] = []
        self.enough = asyncio.Event()
        self._wanted = wanted

    def flush(self) -> None:
        self.contexts.append(SEEN.get())
        if len(self.contexts) >= self._wanted:
            self.enough.set()


async def test_many_marks_are_one_flush() -> None:
    gate, drawn = FrameGate(), Drawn()
    gate.attach()
    for _ in range(1000):
        gate.mark(drawn)
    await drawn.enough.wait()
    assert (len(drawn.contexts), gate.flushes) == (1, 1)


async def test_the_first_mark_is_drawn_in_the_next_turn_of_the_loop() -> None:
    gate, drawn = FrameGate(fps=0.001), Drawn()
    gate.attach()
    loop = asyncio.get_running_loop()
    gate._last = loop.time() - 2000
    gate.mark(drawn)
    await drawn.enough.wait()
    gate.mark(drawn)
    assert gate._timer is not None
    assert gate._timer.when() - loop.time() > 900
    gate._timer.cancel()


async def test_context_variables_are_kept() -> None:
    gate, drawn = FrameGate(), Drawn()
    token = SEEN.set("kept")
    gate.attach()
    SEEN.reset(token)
    gate.mark(drawn)
    await drawn.enough.wait()
    assert drawn.contexts == ["kept"]


async def test_frames_are_skipped_while_the_terminal_is_behind() -> None:
    waiting = [5, 4, 3, 0]
    gate, drawn = FrameGate(fps=1000, backlog=lambda: waiting.pop(0)), Drawn()
    gate.attach()
    gate.mark(drawn)
    await drawn.enough.wait()
    assert waiting == []
    assert gate.flushes == 1
    assert gate.late > 0


async def test_a_turn_comes_at_once_after_a_quiet_time_and_then_before_the_next_frame() -> None:
    gate, drawn = FrameGate(fps=1000), Drawn()
    gate.attach()
    gate._last = asyncio.get_running_loop().time() - 1
    await gate.turn()
    assert gate._timer is None
    gate.run()
    order: list[str] = []
    done = asyncio.Event()
    drawn.flush = lambda: (order.append("drawn"), done.set())[0]  # type: ignore[method-assign]

    async def taker() -> None:
        await gate.turn()
        order.append("taken")
        gate.mark(drawn)

    gate._last = asyncio.get_running_loop().time()
    await asyncio.gather(taker(), taker())
    await done.wait()
    assert order == ["taken", "taken", "drawn"]
    assert gate.flushes == 2


async def test_a_key_is_answered_out_of_turn_unless_the_terminal_is_behind() -> None:
    backlog = [0, 5]
    gate, drawn = FrameGate(backlog=lambda: backlog.pop(0)), Drawn()
    gate.manual = True
    gate.mark(drawn)
    gate.at_once(drawn)
    assert len(drawn.contexts) == 1
    gate.run()
    assert len(drawn.contexts) == 1
    gate.at_once(drawn)
    assert len(drawn.contexts) == 1
    gate.run()
    assert len(drawn.contexts) == 2


async def test_manual_draws_by_hand_only() -> None:
    gate, drawn = FrameGate(), Drawn()
    gate.manual = True
    gate.mark(drawn)
    assert gate._timer is None
    gate.run()
    gate.run()
    assert len(drawn.contexts) == 1


async def test_a_forgotten_widget_is_not_drawn() -> None:
    gate, drawn = FrameGate(), Drawn()
    gate.manual = True
    gate.mark(drawn)
    gate.forget(drawn)
    gate.run()
    assert drawn.contexts == []


async def test_one_gate_an_app() -> None:
    one, other = App[None](), App[None]()
    assert gate_of(one) is gate_of(one)
    assert gate_of(one) is not gate_of(other)


def test_the_backlog_is_the_length_of_the_drivers_queue_or_nothing() -> None:
    app = App[None]()
    assert terminal_backlog(None) == terminal_backlog(app) == 0
    queue: Queue[str] = Queue()
    queue.put("a")
    app._driver = SimpleNamespace(_writer_thread=SimpleNamespace(_queue=queue))  # type: ignore[assignment]
    assert terminal_backlog(app) == 1

"""Work that must not grow, counted on the real path: these numbers are the same on every machine."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from textual.message_pump import MessagePump
from textual.widget import Widget

from bench.flow import flow_of, provider_of, step_of
from bench.server import Plan
from bench.wirebytes import LAST_WORD
from helpers_bench import RunApp, run_of, run_source
from helpers_tui import until
from pipeline_runtime import Delta, Done
from pipeline_tui.frame_gate import FRAMES_PER_SECOND, gate_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.lab import Lab
    from pipeline_runtime import AnyEvent

FEW, MANY = 10, 10_000
KEPT_PER_DELTA = 2.5
"""Blocks of memory that may stay for a delta while its step runs: its text in the answer, and its share of lists."""
TEXTUAL_CALLS = 20
"""Calls of Textual that may happen meanwhile, however much comes."""
WAYS = (
    (Widget, "refresh"),
    *((MessagePump, name) for name in ("post_message", "call_later", "call_next", "call_after_refresh")),
)
DIALECTS = ("openai", "anthropic", "ollama")


async def blocks_kept(lab: Lab, deltas: int, dialect: str) -> int:
    """How many blocks of memory there are at the last delta more than at the first one."""
    blocks: list[int] = []

    def handle_event(event: AnyEvent) -> None:
        if isinstance(event, Delta) and (not blocks or event.content == LAST_WORD):
            gc.collect()
            blocks.append(sys.getallocatedblocks())

    result = await run_of(lab, Plan(deltas), handle_event, dialect=dialect).wait()
    assert result.status == "ok"
    assert len(blocks) == 2
    return blocks[1] - blocks[0]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_hardly_anything_stays_of_a_delta(dialect, lab: Lab):
    await blocks_kept(lab, 100, dialect)  # caches and imports
    few, many = await blocks_kept(lab, 1_000, dialect), await blocks_kept(lab, 11_000, dialect)
    assert (many - few) / 10_000 < KEPT_PER_DELTA


async def textual_calls(lab: Lab, deltas: int) -> list[str]:
    """What is called of Textual while so many deltas come into a pane that stands, with no frame drawn."""
    settled = asyncio.Event()

    async def handle_event(event: AnyEvent) -> None:
        if event.step == "s001" and isinstance(event, Done):
            await settled.wait()

    providers = {
        "bench": provider_of(lab.url(Plan(FEW)), "openai"),
        "live": provider_of(lab.url(Plan(deltas)), "openai"),
    }
    steps = [step_of(1), step_of(2, needs=["s001"], provider="live")]
    source = run_source(lab, flow_of(providers, steps), handle_event)
    app = RunApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        gate_of(app).manual = True
        await until(pilot, lambda: app.watch.view.pane("s001").deltas == FEW)
        app.watch.ticker.pause()
        await pilot.pause()
        with counting() as calls:
            settled.set()
            await source.wait()
        await until(pilot, lambda: app.watch.view.finished is not None)
        assert app.watch.view.pane("s002").deltas == deltas
    return calls


@contextmanager
def counting() -> Iterator[list[str]]:
    """The names of the ways into Textual, each time one is taken."""
    calls: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for cls, name in WAYS:
            patch.setattr(cls, name, _counted(getattr(cls, name), name, calls))
        yield calls


def _counted(real: Callable[..., Any], name: str, calls: list[str]) -> Callable[..., Any]:
    def counted(*arguments: Any, **more: Any) -> Any:
        calls.append(name)
        return real(*arguments, **more)

    return counted


async def test_textual_is_not_called_for_a_delta(lab: Lab):
    few, many = await textual_calls(lab, FEW), await textual_calls(lab, MANY)
    assert len(few) <= TEXTUAL_CALLS, few
    assert len(many) <= TEXTUAL_CALLS, many


async def test_frames_are_bounded_by_the_time_and_not_by_the_deltas(lab: Lab):
    source = run_of(lab, Plan(MANY))
    app = RunApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        gate = gate_of(app)
        flushes, begin = gate.flushes, time.monotonic()
        await source.wait()
        await until(pilot, lambda: app.watch.view.finished is not None)
        assert gate.flushes - flushes <= (time.monotonic() - begin) * FRAMES_PER_SECOND + 2
        assert gate.flushes > flushes


async def test_the_log_is_written_in_blocks_and_not_by_the_delta(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    writes: list[int] = []
    write = os.write

    def counted(file: int, data: bytes) -> int:
        writes.append(len(data))
        return write(file, data)

    monkeypatch.setattr(os, "write", counted)
    begin = time.monotonic()
    run = run_of(lab, Plan(MANY))
    await run.wait()
    monkeypatch.undo()
    assert run.log_path is not None
    size = run.log_path.stat().st_size
    assert size > MANY * 300
    assert len(writes) <= size / (1 << 17) + (time.monotonic() - begin) / 0.05 + 5

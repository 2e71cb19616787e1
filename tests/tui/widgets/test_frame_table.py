"""The virtual list: a click selects, the wheel holds, and a filter on a large table takes several frames."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import TYPE_CHECKING

from textual.events import MouseScrollUp

from helpers_tui import Script, ScriptedRun, WatchApp, feed, until
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.views import frame_scan
from pipeline_tui.views.frame_filter import parse_filter
from pipeline_tui.views.frame_row import FrameRows
from pipeline_tui.widgets.frame_table import FrameTable

if TYPE_CHECKING:
    import pytest


async def test_a_click_selects_and_the_wheel_holds() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.words("word " * 60))
        table = app.watch.query_one(FrameTable)
        top = round(table.scroll_y)
        assert table.following
        await pilot.click(table, offset=(5, 3))
        await until(pilot, lambda: table.cursor == top + 2)
        assert not table.following
        assert "▸" in table.render_line(3).text[:2]
        await pilot.press("G")
        await until(pilot, lambda: table.following)
        await pilot._post_mouse_events([MouseScrollUp], table, button=0)
        await until(pilot, lambda: not table.following)
        held = table.scroll_y
        await feed(pilot, source, script.words("more and more"))
        assert table.scroll_y == held


async def test_a_large_table_is_filtered_in_slices_and_grows_meanwhile() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        table = app.watch.query_one(FrameTable)
        few = len(table)
        names = ("ping", "delta")
        events = [script.frame(event=names[n % 2]) for n in range(120_000)]
        table.extend(events)
        gate_of(app).run()
        assert len(table) == few + 120_000
        table.filter(parse_filter("type:ping"))
        assert len(table) > 0
        assert 0 < table.searched <= 1
        table.extend([script.frame(event="ping"), script.frame(event="delta")])
        gate_of(app).run()
        await until(pilot, lambda: table.searched == 1)
        gate_of(app).run()
        assert len(table) == 60_001
        assert table.cursor == 60_000
        assert len(table._strips) <= 400
        table.extend([script.frame(event="ping"), script.frame(event="delta")])
        gate_of(app).run()
        assert len(table) == 60_002
        table.filter(None)
        assert len(table) == few + 120_004


async def test_a_filter_may_change_while_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FrameTable, "_look", lambda _self, scan, _seconds: scan.step())
    monkeypatch.setattr(frame_scan, "BY_LOOKING", 50)
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        table = app.watch.query_one(FrameTable)
        table.extend([script.frame(data=f"number {n}") for n in range(5_000)])
        for typed in ("n", "nu", "num", "number 77", "mber 77", ""):
            table.filter(parse_filter(typed) if typed else None)
            await asyncio.sleep(0)
        assert len(table) == len(table.rows)
        await pilot.pause()
        table.filter(parse_filter('"number 77"'))
        assert table.searched < 1
        await until(pilot, lambda: len(table) >= 2)
        table.action_move(-1)
        held = table.selected
        assert held is not None
        await until(pilot, lambda: table.searched == 1)
        gate_of(app).run()
        assert len(table) == 11
        assert table.selected is not None
        assert table.selected.key == held.key
        assert not table.following


async def test_rows_that_come_below_a_table_that_holds_are_drawn() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        table = app.watch.query_one(FrameTable)
        await pilot.press("tab")
        table.action_first()
        await pilot.pause()
        for n in range(3):
            await feed(pilot, source, script.frame(data=f"one {n}"), script.frame(data=f"two {n}"))
            await pilot.pause()
        screen = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        for n in range(3):
            assert f"one {n}" in screen
            assert f"two {n}" in screen


async def test_only_rows_in_view_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    get = FrameRows.__getitem__
    monkeypatch.setattr(
        FrameRows, "__getitem__", lambda self, number: (made.append(number), get(self, number))[1]
    )
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        table = app.watch.query_one(FrameTable)
        table.extend([script.frame() for _ in range(20_000)])
        gate_of(app).run()
        await pilot.pause()
        made.clear()
        for _ in range(20):
            table.extend([script.frame() for _ in range(1_000)])
            gate_of(app).run()
            await pilot.pause()
        assert len(table) > 40_000
        assert len(made) <= 20 * (table.size.height + 2)
        assert min(made) > 20_000
        made.clear()
        table.action_first()
        await pilot.pause()
        assert 0 < len(set(made)) <= table.size.height
        assert max(made) < table.size.height
        table.action_page(1)
        await pilot.pause()
        assert max(made) <= 2 * table.size.height


async def test_the_table_holds_a_few_bytes_a_row() -> None:
    table = FrameTable()
    script = Script()
    script.attempt()
    data = '{"type":"content_block_delta","delta":{"type":"text_delta","text":"%d "}}'

    def grow(rows: int) -> None:
        for n in range(rows):
            table.extend([script.frame(data=data % n), script.delta(f"{n} ")])

    grow(10_000)
    table.filter(None)
    script.bodies.clear()
    script.bodies["draft", 1] = bytearray()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        grow(50_000)
        script.bodies["draft", 1] = bytearray()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(table.rows) == 60_000
    assert grown / 50_000 <= 100
    table.index.close()

"""The virtual list: a click selects, the wheel holds, and a filter on a large table takes several frames."""

from __future__ import annotations

from textual.events import MouseScrollUp

from helpers_tui import Script, ScriptedRun, WatchApp, feed, until
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.views.frame_filter import parse_filter
from pipeline_tui.views.frame_row import RowBuilder
from pipeline_tui.widgets.frame_table import FrameTable


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


async def test_a_large_table_is_filtered_over_several_frames() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        table = app.watch.query_one(FrameTable)
        few = len(table)
        names = ("ping", "delta")
        events = [script.frame(event=names[n % 2]) for n in range(120_000)]
        table.extend(RowBuilder().add(events))
        gate_of(app).run()
        assert len(table) == few + 120_000
        table.filter(parse_filter("type:ping"))
        assert 0 < len(table) < 60_000
        frames = 0
        while len(table) < 60_000:
            frames += 1
            assert frames < 5
            gate_of(app).run()
        assert table.cursor == 59_999
        assert len(table._strips) <= 400
        table.extend(RowBuilder().add([script.frame(event="ping"), script.frame(event="delta")]))
        gate_of(app).run()
        assert len(table) == 60_001
        table.filter(None)
        assert len(table) == few + 120_002

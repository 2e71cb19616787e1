"""What goes away may be asked for a picture once more, by a frame or by Textual: it must not end the program."""

from __future__ import annotations

from textual.geometry import Region

from helpers_tui import Script, ScriptedRun, WatchApp, feed, until

CROP = Region(0, 0, 12, 3)


async def test_a_panel_that_was_closed_paints_blanks_until_the_next_layout() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), *script.words("a b c"))
        panel = app.watch.panel
        assert panel is not None
        pane = app.watch.grid.panes["draft"]
        gone = [panel.table, pane.header, pane.live]
        assert any("time s" in strip.text for strip in panel.table.render_lines(panel.table.size.region))
        panel.remove()
        pane.remove()
        await until(pilot, lambda: not any(widget.is_running for widget in gone))
        for widget in gone:
            assert [strip.text for strip in widget.render_lines(CROP)] == [" " * CROP.width] * CROP.height


async def test_a_frame_while_the_screen_goes_away_draws_nothing() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(100, 30)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.delta("word"))
        header = app.watch.grid.panes["draft"].header
        await app.watch.remove_children()
        shown = header.text
        app.clock.value += 5_000_000_000
        app.watch.flush()
        assert header.text == shown


async def test_a_grid_that_is_gone_shows_no_focus() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(100, 30)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.delta("word"))
        grid = app.watch.grid
        pane = grid.panes["draft"]
        assert "▶" in pane.header.text
        await grid.remove()
        shown = pane.header.text
        grid.flush()
        assert pane.header.text == shown

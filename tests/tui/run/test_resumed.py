"""A stream that breaks off and is resumed, on the run screen."""

from __future__ import annotations

from helpers_tui import Script, ScriptedRun, WatchApp, feed, until


async def test_the_rest_stands_behind_what_had_come(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(100, 24)) as pilot:
        await feed(
            pilot, source, script.start(), script.step(), script.attempt(), script.delta("half an ans")
        )
        await feed(pilot, source, script.resume(7), script.attempt(why="resume"))
        pane = app.watch.grid.panes["draft"]
        assert pane.live.answer() == "half an ans"
        await feed(pilot, source, script.delta("wer"))
        assert pane.live.answer() == "half an answer"
        await until(pilot, lambda: pane.header.size.height == 3)
        assert "#1 stream · disconnected: resumed after sequence 7" in pane.header.render_line(0).text

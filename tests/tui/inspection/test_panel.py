"""The metrics panel on a scripted run: opened, live, at the end, and its pictures."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from helpers_debugger import begin, draw
from helpers_tui import Script, ScriptedRun, WatchApp, feed, until
from pipeline_runtime.events import Usage

PROSE = "Tea is older than most of the countries that drink it. The leaves are picked by hand and dried. "


async def streaming(pilot: Any, source: ScriptedRun, script: Script) -> None:
    await feed(pilot, source, begin(script), script.words(PROSE, every=3))
    await pilot.press("M")
    await until(pilot, lambda: pilot.app.watch.metrics.caught_up)
    await feed(pilot, source, script.wait(1500).stall("ended", 1500), script.words(PROSE, every=37))
    pilot.app.watch.flush()
    await draw(pilot)


async def over(pilot: Any, source: ScriptedRun, script: Script) -> None:
    await streaming(pilot, source, script)
    done, usage = script.done(PROSE * 2), Usage(output=40)
    timings = pilot.app.watch.metrics.steps["draft"].meter.timings(done.at, usage=usage)
    done = replace(done, response=replace(done.response, timings=timings, usage=usage))
    await feed(pilot, source, done, script.step_end(), script.end())
    await draw(pilot)


async def test_it_measures_what_came_before_it_was_opened_and_after() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(100, 36)) as pilot:
        await streaming(pilot, source, script)
        panel = app.watch.metrics
        assert panel is not None
        assert panel.steps["draft"].meter.deltas == app.watch.view.panes["draft"].deltas > 20
        assert "metrics · draft · M closes" in panel.lines.text
        assert "stalls   1 · longest 1.5 s" in panel.lines.text
        assert "< " in panel.lines.text
        await pilot.press("M")
        await draw(pilot)
        assert app.watch.metrics is None
        assert not app.watch.query("#metrics")


async def test_it_goes_along_into_the_past_and_back() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(100, 36)) as pilot:
        await feed(pilot, source, begin(script), script.words(PROSE, every=3))
        await pilot.press("M")
        await until(pilot, lambda: app.watch.metrics is not None and app.watch.metrics.caught_up)
        await draw(pilot)
        panel = app.watch.metrics
        assert panel is not None
        before, seq = panel.lines.text.splitlines()[1:], app.watch.view.seen
        await feed(pilot, source, script.wait(1500).stall("ended", 1500), script.words(PROSE, every=37))
        assert "stalls   1 · longest 1.5 s" in panel.lines.text
        app.watch.go_to_seq(seq)
        await until(pilot, lambda: app.watch.scrubbing)
        await draw(pilot)
        past = panel.lines.text.splitlines()
        assert past[0].startswith(" metrics · draft · at ")
        without_lag = [line for line in before if not line.startswith(" ours")]
        assert [line for line in past[1:] if line in without_lag] == without_lag
        await pilot.press("home")
        await draw(pilot)
        assert "nothing was sent yet" in panel.lines.text
        await pilot.press("escape")
        await draw(pilot)
        assert "stalls   1 · longest 1.5 s" in panel.lines.text
        assert "metrics · draft · M closes" in panel.lines.text


@pytest.mark.snapshot
@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
@pytest.mark.parametrize("scene", [streaming, over], ids=["streaming", "over"])
def test_screen(snap_compare: Any, scene: Any, size: tuple[int, int]) -> None:
    script = Script()
    source = ScriptedRun(script)

    async def play(pilot: Any) -> None:
        await pilot.pause()
        await scene(pilot, source, script)

    assert snap_compare(WatchApp(source), terminal_size=size, run_before=play)

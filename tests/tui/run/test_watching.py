"""What the screen does by itself while a run goes on: catch up, keep up, and tell once."""

from __future__ import annotations

from typing import Any

import pytest

from helpers_tui import MS, Script, ScriptedRun, WatchApp, feed, until
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.screens import run as run_screen
from pipeline_tui.widgets.run_lines import RunHeader


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []

    def notify(_self: object, message: str, **_more: object) -> None:
        told.append(message)

    monkeypatch.setattr("textual.app.App.notify", notify)
    return told


async def test_a_fallback_is_told_once_and_shown_before_the_first_character(
    source: ScriptedRun, script: Script, notes: list[str]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.opened(status=400))
        await feed(pilot, source, script.fallback("no \x1b[31mstreams"))
        header = app.watch.grid.panes["draft"].header
        assert " SYNC " in header.text
        assert "no ␛[31mstreams" in header.text
        await feed(pilot, source, script.attempt(asked="sync", why="fallback"), script.delta("all"))
        await feed(
            pilot,
            source,
            script.done(delivery="sync", fallback="no streams"),
            script.step_end(),
            script.end(),
        )
        assert notes == ["draft: fell back to sync: no ␛[31mstreams"]


async def test_a_refusal_that_is_remembered_is_told_once_as_what_it_is(
    source: ScriptedRun, script: Script, notes: list[str]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(100, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.recalled())
        header = app.watch.grid.panes["draft"].header
        expected = "SYNC: remembered 2026-11-20: the server refused to stream this request"
        assert " SYNC " in header.text
        assert expected in header.text
        await feed(pilot, source, script.attempt(asked="sync"), script.opened(), script.delta("all"))
        assert " SYNC " in header.text
        assert expected in header.text
        await feed(
            pilot, source, script.done(delivery="sync"), script.step_end(delivery="sync"), script.end()
        )
        assert app.watch.view.summary() == [
            "✔ draft · SYNC (remembered 2026-11-20: the server refused to stream this request) · TTFT 412 ms"
        ]
        assert notes == [
            "draft: asked without a stream: remembered 2026-11-20: the server refused to stream this request"
        ]


async def test_what_comes_to_a_hidden_pane_is_there_when_it_is_shown(source: ScriptedRun) -> None:
    script = source.script = Script("one", "two")
    app = WatchApp(source)
    async with app.run_test(size=(100, 30)) as pilot:
        await feed(pilot, source, script.start(), script.step("one"), script.attempt("one"))
        await feed(pilot, source, script.step("two"), script.attempt("two"))
        await pilot.press("z")
        two = app.watch.grid.panes["two"]
        await until(pilot, lambda: not two.display)
        await feed(pilot, source, script.delta("line\n" * 100 + "the end", step="two"))
        await pilot.press("2")
        await until(pilot, lambda: two.display and two.live.size.width == 100)
        lines = [strip.text.rstrip() for strip in two.live.render_lines(two.live.size.region)]
        assert lines[-1] == "the end"


async def test_a_run_that_is_over_before_it_is_watched_is_shown_whole(
    source: ScriptedRun, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_screen, "SLICE", 7)
    source.emit(
        script.start(),
        script.step(),
        script.attempt(),
        script.words("word " * 50),
        script.done(),
        script.step_end(),
    )
    source.emit(script.end())
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.watch.view.finished is not None)
        pane = app.watch.grid.panes["draft"]
        assert pane.live.answer().split() == ["word"] * 50
        panel = app.watch.panel
        assert panel is not None
        frames = [row for row in panel.table.rows if row.frame]
        assert len(frames) == 51
        assert all(len(row.events) == 1 for row in frames)


async def test_events_that_history_and_the_stream_both_bring_are_one_row(
    source: ScriptedRun, script: Script
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.words("a b c"))
        await pilot.press("d")
        await feed(pilot, source, script.words("d e"))
        panel = app.watch.panel
        assert panel is not None
        await until(pilot, lambda: len(panel.table.rows) == 8)
        numbers = [row.event.seq for row in panel.table.rows]
        assert numbers == sorted(set(numbers))


async def test_silence_is_counted_by_the_clock(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.words("a b c"))
        app.clock.value = 1000 * MS
        await feed(pilot, source, script.wait(1000).stall("began", 1000, after=3))
        header = app.watch.grid.panes["draft"].header
        assert "no event for 1.0 s" in header.text
        app.clock.value = 3200 * MS
        app.watch._tick()
        gate_of(app).run()
        assert "no event for 3.2 s" in header.text
        await feed(pilot, source, script.wait(2200).stall("ended", 3200, after=3), script.words("d"))
        assert "no event" not in header.text
        assert "stalled 3.2 s after delta 3" in header.text


async def test_a_click_on_a_pane_gives_it_the_keys(source: ScriptedRun) -> None:
    script = source.script = Script("one", "two")
    app = WatchApp(source)
    async with app.run_test(size=(100, 30)) as pilot:
        await feed(pilot, source, script.start())
        two = app.watch.grid.panes["two"]
        await pilot.click(two.header)
        await until(pilot, lambda: two.live.has_focus and app.watch.grid.current is two)


async def test_a_closed_panel_collects_nothing(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.words("a b"))
        panel = app.watch.panel
        assert panel is not None
        rows = len(panel.table.rows)
        await pilot.press("d")
        await until(pilot, lambda: not panel.is_attached)
        await feed(pilot, source, script.words("c d"))
        assert len(panel.table.rows) == rows
        gate_of(app).run()


async def test_the_header_says_by_how_much_the_screen_is_behind_until_it_is_not(
    source: ScriptedRun, script: Script
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(100, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        header = app.watch.query_one(RunHeader)
        told: list[str] = []
        take = app.watch._take

        def taking(batch: Any) -> None:
            take(batch)
            app.watch.flush()
            told.append(header.text)

        app.watch._take = taking  # type: ignore[method-assign]
        source.emit([event for _ in range(4_500) for event in (script.frame(), script.delta("x"))])
        await until(pilot, lambda: app.watch.view.panes["draft"].deltas == 4_500)
        assert "UI behind by 7,000 events" in told[0]
        assert "UI behind" not in told[-1]
        app.watch._behind.late(0.3)
        app.watch.flush()
        assert "UI behind by 0.3 s" in header.text
        app.watch._behind.late(0.3)
        await feed(pilot, source, script.step_end(), script.end())
        assert "UI behind" not in header.text

"""Rows written past the compositor: the terminal shows the same as if Textual had painted all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual._compositor import Compositor

from helpers_painting import on_terminal
from helpers_panes import Terminal, TerminalDriver, painted_by_textual, written_by
from helpers_tui import Script, ScriptedRun, feed, until
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.screens.confirm import QuitScreen
from pipeline_tui.widgets.live_pane import LivePane

if TYPE_CHECKING:
    from textual.pilot import Pilot

STEPS = ("one", "two", "three")


@pytest.fixture
def source() -> ScriptedRun:
    return ScriptedRun(Script(*STEPS))


async def stream(pilot: Pilot[None], source: ScriptedRun, rounds: int = 12) -> None:
    script = source.script
    for n in range(rounds):
        for step in STEPS:
            source.emit(script.delta(f"word {n} of 漢字 and\nmore ", step=step))
        await feed(pilot, source, script.wait(40).frame("one"))


async def test_the_terminal_shows_what_textual_would_paint(source: ScriptedRun) -> None:
    async with on_terminal(source, (100, 30)) as (pilot, app):
        await stream(pilot, source)
        assert written_by(app) == painted_by_textual(app)
        assert any("word 11" in row for row in written_by(app))
        await pilot.press("k", "k")
        await stream(pilot, source, 3)
        assert any("new line" in row for row in written_by(app))
        assert written_by(app) == painted_by_textual(app)


async def test_a_frame_of_many_panes_is_one_write_and_no_work_of_the_compositor(
    source: ScriptedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_terminal(source, (100, 30)) as (pilot, app):
        await stream(pilot, source, 2)
        await pilot.pause()
        painted: list[str] = []
        monkeypatch.setattr(Compositor, "_render_chops", lambda *_: painted.append("chops"))
        writes: list[str] = []
        monkeypatch.setattr(Terminal, "write", lambda _, data: writes.append(data))
        app.watch._take([source.script.delta("again\n" * 9, step=step) for step in STEPS])
        gate_of(app).run()
        assert painted == []
        (frame,) = [data for data in writes if "again" in data]
        assert frame.count("again") >= len(STEPS)
        monkeypatch.undo()


async def test_under_a_dialog_textual_paints(source: ScriptedRun) -> None:
    async with on_terminal(source, (100, 30)) as (pilot, app):
        app.push_screen(QuitScreen(["one run"]))
        await until(pilot, lambda: isinstance(app.screen, QuitScreen) and app.screen.query("*"))
        await stream(pilot, source)
        await until(pilot, lambda: written_by(app) == painted_by_textual(app))
        app.pop_screen()
        await until(pilot, lambda: app.screen is app.watch)
        await stream(pilot, source, 2)
        await until(pilot, lambda: written_by(app) == painted_by_textual(app))


async def test_a_toast_is_not_painted_over(source: ScriptedRun) -> None:
    async with on_terminal(source, (100, 30), notifications=True) as (pilot, app):
        app.notify("look here")
        await until(pilot, lambda: any("look here" in row for row in written_by(app)))
        await stream(pilot, source)
        await until(pilot, lambda: written_by(app) == painted_by_textual(app))
        assert any("look here" in row for row in written_by(app))


async def test_after_a_resize_rows_go_to_their_new_places(source: ScriptedRun) -> None:
    async with on_terminal(source, (100, 30)) as (pilot, app):
        await stream(pilot, source, 4)
        await pilot.resize_terminal(90, 24)
        await until(pilot, lambda: app.watch.grid.size.width == 90)
        await stream(pilot, source, 4)
        await until(pilot, lambda: written_by(app)[:24] == painted_by_textual(app))


async def test_nothing_is_written_while_paints_are_held_back(source: ScriptedRun) -> None:
    async with on_terminal(source, (100, 30)) as (pilot, app):
        driver = app._driver
        assert isinstance(driver, TerminalDriver)
        assert driver.terminal is not None
        with app.batch_update():
            before = driver.terminal.written
            app.watch._take([source.script.delta("held back", step="one")])
            gate_of(app).run()
            assert driver.terminal.written == before
        await until(pilot, lambda: any("held back" in row for row in written_by(app)))


async def test_panes_on_another_page_cost_nothing_and_are_whole_when_they_are_shown(
    source: ScriptedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_terminal(source, (100, 30)) as (pilot, app):
        await stream(pilot, source, 2)
        await pilot.press("z")
        await until(pilot, lambda: not app.watch.grid.panes["three"].display)
        refreshed: list[object] = []
        refresh = LivePane.refresh
        monkeypatch.setattr(
            LivePane, "refresh", lambda self, *regions, **more: refreshed.append(self) or refresh(self)
        )
        await stream(pilot, source, 5)
        assert refreshed == []
        monkeypatch.undo()
        await pilot.press("z")
        await until(pilot, lambda: any("word 4" in row for row in written_by(app)[20:]))
        assert written_by(app) == painted_by_textual(app)


async def test_the_panes_of_the_past_are_shown_before_they_are_laid_out(source: ScriptedRun) -> None:
    async with on_terminal(source, (100, 30)) as (pilot, app):
        await stream(pilot, source)
        await pilot.press("comma", "home")
        await until(pilot, lambda: app.watch.scrubbing)
        await pilot.pause()
        gate_of(app).run()
        assert written_by(app) == painted_by_textual(app)
        assert not any("word" in row for row in written_by(app))
        await pilot.press("escape")
        await until(pilot, lambda: not app.watch.scrubbing)
        await until(pilot, lambda: written_by(app) == painted_by_textual(app))
        assert any("word 11" in row for row in written_by(app))

"""Breakpoints and watches outlive the session: of each workflow, told of, and forgotten in the dialog."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING

import pytest

from helpers_debugger import field_of
from helpers_shell import QUICK, Shell, read, until
from pipeline_runtime.debugging import DebuggingBook, Kept, KeptBreakpoint
from pipeline_runtime.paths import state_dir
from pipeline_tui.app import PipelineApp
from pipeline_tui.debugging import Debugging, debugging_of, keep
from pipeline_tui.screens.breakpoints import BreakpointsScreen
from pipeline_tui.screens.list_dialog import ChangedList
from pipeline_tui.screens.replay import ReplayScreen
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

SIZE = (100, 30)
DONE = KeptBreakpoint("type:done")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Two workflows that are over at once."""
    return Shell(tmp_path / "flows").write({"one.yaml": QUICK, "two.yaml": QUICK})


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What toasts say."""
    told: list[str] = []
    monkeypatch.setattr(PipelineApp, "notify", lambda _self, message, **_: told.append(message))
    return told


def kept(shell: Shell, name: str) -> Kept:
    return DebuggingBook().read(str(shell.folder / name))


async def start(pilot: Pilot[int], place: int) -> RunScreen:
    """Run the workflow at this place of the list."""
    await read(pilot)
    await pilot.press("g", *["j"] * place, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
    assert isinstance(pilot.app.screen, RunScreen)
    return pilot.app.screen


async def test_what_is_set_stops_the_next_session_and_its_own_workflow_alone(
    shell: Shell, told: list[str]
) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await start(pilot, 0)
        await until(pilot, lambda: screen.view.finished is not None)
        await pilot.press("b", *"type:done", "enter", *"/never/", "enter", "shift+tab", "space", "escape")
        await pilot.press("w", *"steps.one.text", "enter", "escape")
        wanted = Kept((DONE, KeptBreakpoint("/never/", enabled=False)), ("steps.one.text",))
        await until(pilot, lambda: kept(shell, "one.yaml") == wanted)
    assert told == []

    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await start(pilot, 0)
        await until(pilot, lambda: screen.stop is not None)
        assert told == ["1 breakpoint kept from before: one.yaml may stop (b shows where)"]
        assert screen.debugging.watches == ["steps.one.text"]
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BreakpointsScreen))
        assert app.screen.query_one(".dialog").border_title == "Breakpoints of one.yaml"
        assert app.screen.query_one(ChangedList).option_count == 2
        await pilot.press("shift+tab", "x", "x", "escape")
        await until(pilot, lambda: kept(shell, "one.yaml") == Kept((), ("steps.one.text",)))
        await pilot.press("space")
        await until(pilot, lambda: screen.view.finished is not None)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        other = await start(pilot, 1)
        assert list(other.debugging.breakpoints) == []
        assert other.debugging.watches == []


async def test_a_breakpoint_is_set_before_the_first_run(shell: Shell, told: list[str]) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, BreakpointsScreen))
        await pilot.press(*"type:attempt_started", "enter", "escape")
        await until(pilot, lambda: app.screen is app.workflows)
        screen = await start(pilot, 0)
        await until(pilot, lambda: screen.stop is not None and screen.stop.requests == ("one",))
        assert told == [], "it was set in this session"
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BreakpointsScreen))
        await pilot.press("shift+tab", "x", "escape", "space")
        await until(pilot, lambda: screen.view.finished is not None)


async def test_a_dialog_that_is_closed_before_it_was_read_stays_closed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    may, settle = Event(), DebuggingBook.settle

    def late(book: DebuggingBook, workflow: str, base: Kept, mine: Kept) -> Kept:
        assert may.wait(20)
        return settle(book, workflow, base, mine)

    monkeypatch.setattr(DebuggingBook, "settle", late)
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, BreakpointsScreen))
        dialog = app.screen
        assert isinstance(dialog, BreakpointsScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not dialog.is_running)
        may.set()
        await until(pilot, lambda: dialog.debugging.settled)
        await until(pilot, lambda: all(one.group != "debugging" for one in app.workers))
        assert app.screen is app.workflows


async def test_one_that_stops_once_is_kept_as_it_turned_itself_off(shell: Shell) -> None:
    workflow = str(shell.folder / "one.yaml")
    DebuggingBook().settle(workflow, Kept(), Kept((KeptBreakpoint("type:done step:one", once=True),)))
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await start(pilot, 0)
        await until(pilot, lambda: screen.stop is not None)
        off = Kept((KeptBreakpoint("type:done step:one", enabled=False, once=True),))
        await until(pilot, lambda: DebuggingBook().read(workflow) == off)
        await pilot.press("space")
        await until(pilot, lambda: screen.view.finished is not None)


async def test_what_another_process_sets_is_seen_and_not_lost(shell: Shell) -> None:
    workflow = str(shell.folder / "one.yaml")
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await start(pilot, 0)
        await until(pilot, lambda: screen.view.finished is not None)
        DebuggingBook().settle(workflow, Kept(), Kept((DONE,)))
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BreakpointsScreen))
        await until(pilot, lambda: app.screen.query_one(ChangedList).option_count == 1)
        assert field_of(app).has_focus
        DebuggingBook().settle(workflow, Kept((DONE,)), Kept((KeptBreakpoint("type:error"),)))
        await pilot.press(*"/tea/", "enter")
        both = Kept((KeptBreakpoint("type:error"), KeptBreakpoint("/tea/")))
        await until(pilot, lambda: DebuggingBook().read(workflow) == both)
        await until(pilot, lambda: app.screen.query_one(ChangedList).option_count == 2)


async def test_a_replay_stops_where_its_workflow_does(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await start(pilot, 0)
        await until(pilot, lambda: screen.view.finished is not None)
        await pilot.press("b", *"type:done", "enter", "escape", "escape")
        await until(pilot, lambda: app.screen is app.workflows)
        log = screen.source.log_path
        assert log is not None
        app.replays.show(log, "one", play=True)
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        replay = app.screen
        assert isinstance(replay, ReplayScreen)
        await until(pilot, lambda: replay.stop is not None)
        assert [point.hits for point in replay.debugging.breakpoints] == [1]


async def test_that_they_cannot_be_kept_is_told_and_they_work(shell: Shell, told: list[str]) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await start(pilot, 0)
        await until(pilot, lambda: screen.view.finished is not None)
        (state_dir() / "debugging.lock").mkdir()
        await pilot.press("b", *"type:done", "enter")
        await until(pilot, lambda: told != [])
        assert told[0].startswith("Breakpoints and watches cannot be kept: ")
        assert [point.expression.text for point in screen.debugging.breakpoints] == ["type:done"]
        (state_dir() / "debugging.lock").rmdir()
        keep(app, screen.debugging)
        await until(pilot, lambda: kept(shell, "one.yaml") == Kept((DONE,)))


async def test_what_this_version_cannot_read_stays_in_the_file() -> None:
    newer = Kept((KeptBreakpoint("colour:red"), DONE), ("colour:blue",))
    DebuggingBook().settle("w", Kept(), newer)
    debugging = Debugging("w")
    await debugging.settle()
    assert [point.expression.text for point in debugging.breakpoints] == ["type:done"]
    assert debugging.watches == []
    debugging.breakpoints.clear()
    assert debugging.unkept
    await debugging.settle()
    assert DebuggingBook().read("w") == Kept((KeptBreakpoint("colour:red"),), ("colour:blue",))


async def test_what_changes_while_it_is_kept_is_not_lost() -> None:
    debugging = Debugging("w")
    debugging.breakpoints.add("type:done")
    settling = asyncio.create_task(debugging.settle())
    await asyncio.sleep(0)  # it has looked, and a thread writes
    debugging.breakpoints.add("type:error")
    await settling
    assert [point.expression.text for point in debugging.breakpoints] == ["type:done", "type:error"]
    assert debugging.unkept
    await debugging.settle()
    assert DebuggingBook().read("w") == Kept((DONE, KeptBreakpoint("type:error")))


def test_a_workflow_has_one_and_what_has_no_file_is_not_kept(tmp_path: Path) -> None:
    app = Shell(tmp_path).app()
    one = debugging_of(app, tmp_path / "one.yaml")
    assert debugging_of(app, tmp_path / "one.yaml") is one
    assert debugging_of(app, tmp_path / "two.yaml") is not one
    assert debugging_of(app, tmp_path / "two.yaml").typed is one.typed
    nameless = debugging_of(app)
    nameless.breakpoints.add("type:done")
    assert not nameless.unkept


async def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    app = Shell(tmp_path).app()
    debugging = debugging_of(app, tmp_path / "caf\udce9.yaml")
    debugging.breakpoints.add("type:done")
    await debugging.settle()
    assert debugging.name == "caf\\udce9.yaml"
    assert DebuggingBook().read(debugging.workflow) == Kept((DONE,))

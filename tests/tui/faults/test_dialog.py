"""Faults chosen in the UI: typed, completed, refused at the column, taken out, and run with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpers_panes import painted_by_textual
from helpers_shell import Shell, read, shown, until
from pipeline_tui.fault_list import FaultList
from pipeline_tui.screens.faults import FaultsScreen
from pipeline_tui.screens.replay import ReplayScreen
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.typed import TYPED_KEPT
from pipeline_tui.widgets.fault_input import FaultInput
from pipeline_tui.widgets.run_lines import RunHeader

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.widgets import Input

SIZE = (100, 30)


def text_of(app: Any) -> str:
    return "\n".join(painted_by_textual(app))


def field(app: Any) -> Input:
    found: Input = app.screen.query_one(FaultInput).input
    return found


async def choose(pilot: Pilot[Any], *faults: str) -> None:
    """Open the dialog and add faults."""
    await pilot.press("F")
    await until(pilot, lambda: isinstance(pilot.app.screen, FaultsScreen) and field(pilot.app).has_focus)
    for fault in faults:
        await pilot.press(*fault, "enter")
        await until(pilot, lambda: not field(pilot.app).value)


async def select(pilot: Pilot[Any], name: str) -> None:
    rows = await read(pilot)
    while rows.selected is None or rows.selected.name != name:
        await pilot.press("j")


async def ended(pilot: Pilot[Any]) -> RunScreen:
    """The run on the screen, at its end."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view.finished is not None)
    assert isinstance(app.screen, RunScreen)
    return app.screen


def head_of(screen: RunScreen) -> str:
    return screen.query_one(RunHeader).text


async def test_a_workflow_of_the_list_is_run_with_faults_and_the_run_shows_them(shell: Shell) -> None:
    app = shell.app(mode="mock")
    async with app.run_test(size=SIZE) as pilot:
        await select(pilot, "words")
        await choose(pilot, "drop@1", "disconnect@3")
        assert "○ drop@1 " in text_of(app)
        assert "the connection is closed, at delta 3" in text_of(app)
        await pilot.press("ctrl+r")
        run = await ended(pilot)
        assert run.view.faults == ("drop@1", "disconnect@3")
        assert run.view.panes["say"].failure is not None
        await until(pilot, lambda: " FAULTS drop@1, disconnect@3 " in head_of(run))
        assert " FAULTS " in text_of(app).splitlines()[1]
        await pilot.press("r")
        await until(pilot, lambda: app.screen is not run and isinstance(app.screen, RunScreen))
        again = await ended(pilot)
        assert again.view.faults == run.view.faults
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        await pilot.press("enter")
        assert (await ended(pilot)).view.faults == ()  # they are for the run that was asked for, not for all


async def test_the_next_run_has_what_was_changed_and_this_one_goes_on_as_it_is(shell: Shell) -> None:
    app = shell.app(mode="mock")
    async with app.run_test(size=SIZE) as pilot:
        await select(pilot, "words")
        await pilot.press("enter")
        run = await ended(pilot)
        assert " FAULTS " not in text_of(app)
        await choose(pilot, "drop@0")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is run)
        assert run.view.faults == ()
        await choose(pilot, "drop@2")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen is not run and isinstance(app.screen, RunScreen))
        again = await ended(pilot)
        assert again.view.faults == ("drop@0", "drop@2")
        await choose(pilot)
        assert "● drop@0 " in text_of(app)
        await pilot.press("shift+tab")
        await until(pilot, lambda: not field(app).has_focus)
        await pilot.press("x")
        await until(pilot, lambda: "● drop@0" not in text_of(app))
        assert "● drop@2" in text_of(app)
        await pilot.press("x")
        await until(pilot, lambda: "None yet" in text_of(app))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen is not again and isinstance(app.screen, RunScreen))
        assert (await ended(pilot)).view.faults == ()


async def test_what_is_typed_is_told_completed_called_back_and_refused_at_its_column(shell: Shell) -> None:
    app = shell.app(mode="mock")
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await choose(pilot)
        await pilot.press(*"stall@4")
        await until(pilot, lambda: "silence for 3 s, at delta 4" in text_of(app))
        await pilot.press("tab")
        assert field(app).value == "stall@4:3s"
        await until(pilot, lambda: "✓ silence for 3 s, at delta 4" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "○ stall@4:3s" in text_of(app))
        await pilot.press(*"stall@4:3")
        await pilot.press("enter")
        await until(pilot, lambda: "✗" in text_of(app))
        assert "'stall@4:3' is not a fault: column 9" in text_of(app)
        assert "write e.g. 3s, 0.5s or 250ms" in text_of(app)
        assert field(app).cursor_position == 8
        field(app).value = ""
        await pilot.press("up")
        assert field(app).value == "stall@4:3s"
        field(app).value = "keepalive:1s"
        await pilot.press("enter")
        await until(pilot, lambda: "is not a fault: column 1" in text_of(app))


async def test_a_run_in_the_background_says_that_it_has_faults(shell: Shell) -> None:
    app = shell.app(mode="mock")
    async with app.run_test(size=SIZE) as pilot:
        await select(pilot, "slow")
        await choose(pilot, "stall@0:1s")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view.faults)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        await until(pilot, lambda: "FAULTS" in shown(app, "#runs-bar"))
        (entry,) = app.desk.book
        entry.run.cancel()
        await until(pilot, lambda: not entry.going)


async def test_a_replay_is_played_again_with_faults_and_keeps_those_that_were_recorded(shell: Shell) -> None:
    app = shell.app(mode="mock")
    async with app.run_test(size=SIZE) as pilot:
        await select(pilot, "words")
        await choose(pilot, "drop@0")
        await pilot.press("ctrl+r")
        run = await ended(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        assert run.source.log_path is not None
        app.replays.show(run.source.log_path, "words", play=True)
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        replay = await ended(pilot)
        assert replay.view.faults == ("drop@0",)
        await until(pilot, lambda: " FAULTS drop@0 " in head_of(replay))
        await choose(pilot, "drop@1")
        assert "drop@0 " not in text_of(app).split("Faults of the next run")[1].split("x deletes")[0]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen is not replay and isinstance(app.screen, ReplayScreen))
        broken = await ended(pilot)
        assert broken.view.mode == "replay"
        assert broken.view.faults == ("drop@0", "drop@1")
        await pilot.press("r")
        await until(pilot, lambda: app.screen is not broken and isinstance(app.screen, ReplayScreen))
        assert (await ended(pilot)).view.faults == ("drop@0", "drop@1")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)


def test_a_list_has_no_doubles_and_what_was_typed_is_not_kept_for_ever() -> None:
    typed: list[str] = []
    faults = FaultList(["drop@1", "drop@1"], typed=typed)
    faults.add("drop@1")
    assert list(faults) == ["drop@1"]
    for n in range(TYPED_KEPT + 5):
        faults.add(f"drop@{n}")
    assert len(typed) == TYPED_KEPT
    faults.add("drop@30")
    assert typed[-1] == "drop@30"
    assert typed.count("drop@30") == 1

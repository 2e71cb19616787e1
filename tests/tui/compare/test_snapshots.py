"""Pictures of the Compare screen: one above the other, and side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Select, Static

from helpers_compare import LONG, OTHER, CompareApp, GrowingLog, compared
from helpers_history import record
from helpers_shell import Shell, read, until
from pipeline_tui.screens.compare_with import CompareWithScreen, Rival
from pipeline_tui.screens.versus import VersusScreen
from pipeline_tui.themes import LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

pytestmark = pytest.mark.snapshot
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


@pytest.fixture
def app() -> CompareApp:
    """Two runs that differ in three places, the second one slower."""
    return CompareApp(
        record("draft", 9, steps={"draft": LONG}, tool='{"city": "Oslo"}'),
        record("draft", 3, steps={"draft": OTHER}, first=900, pause=(9, 2_500)),
    )


@pytest.fixture
def picture(snap_compare: Callable[..., bool], size: tuple[int, int], app: CompareApp) -> Callable[..., bool]:
    """The screen after its keys, compared with its stored picture."""

    def compare(*keys: str, of: CompareApp = app) -> bool:
        async def act(pilot: Pilot[Any]) -> None:
            screen = await compared(pilot)
            await pilot.press(*keys)
            if "2" in keys:
                await until(pilot, lambda: any(row.a and row.a.text == "done stop" for row in screen.rows))
            await pilot.pause()

        return snap_compare(of, terminal_size=size, run_before=act)

    return compare


@SIZES
def test_the_first_difference(picture: Callable[..., bool]) -> None:
    assert picture()


@SIZES
def test_light_theme(picture: Callable[..., bool], app: CompareApp) -> None:
    app.theme = LIGHT
    assert picture("n")


@SIZES
def test_no_color(picture: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    log = record("draft", 9, steps={"draft": LONG})
    other = record("draft", 3, steps={"draft": OTHER})
    assert picture(of=CompareApp(log, other))


@SIZES
def test_order(picture: Callable[..., bool]) -> None:
    assert picture("2")


@SIZES
def test_metrics(picture: Callable[..., bool]) -> None:
    assert picture("3")


@SIZES
def test_a_step_that_only_one_has(picture: Callable[..., bool]) -> None:
    a = record("one", 9, steps={"read": "It is about tea, and about trains that are late."})
    b = record("two", 3, steps={"judge": "Too long by half."})
    assert picture(of=CompareApp(a, b))


@SIZES
def test_while_both_go_on(
    snap_compare: Callable[..., bool], size: tuple[int, int], growing: GrowingLog
) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        growing.write(230)
        screen = app.compare
        await until(pilot, lambda: any(row.a and "fifteen" in row.a.text for row in screen.rows))
        await until(pilot, lambda: "text parts" in str(screen.query_one("#compare-status", Static).content))
        await pilot.pause()

    app = CompareApp(growing.path, record("draft", 3, steps={"draft": OTHER}))
    assert snap_compare(app, terminal_size=size, run_before=act)


@SIZES
def test_with_what(snap_compare: Callable[..., bool], size: tuple[int, int], shell: Shell) -> None:
    rivals = [
        Rival("another model  the same prompts, asked once more"),
        Rival("step  read against judge", step="judge"),
        Rival("run   ▶ a run with a long name  running · draft · STREAM · 12.4 s", run="r"),
    ]

    async def act(pilot: Pilot[Any]) -> None:
        await read(pilot)
        await pilot.app.push_screen(CompareWithScreen("review", rivals))
        await pilot.press("j")
        await pilot.pause()

    assert snap_compare(shell.app(), terminal_size=size, run_before=act)


@SIZES
def test_which_model(snap_compare: Callable[..., bool], size: tuple[int, int], shell: Shell) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await read(pilot)
        app: Any = pilot.app
        app.workflows.select(shell.folder / "quick.yaml")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, VersusScreen))
        app.screen.query_one(Select).focus()
        app.screen.query_one(Input).value = ""
        await pilot.press("ctrl+j")
        await pilot.pause()

    assert snap_compare(shell.app(), terminal_size=size, run_before=act)

"""Pictures of the History screen, small and wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from helpers_history import record
from helpers_shell import Shell, until
from pipeline_runtime.paths import state_dir
from pipeline_tui.screens import history as history_module
from pipeline_tui.screens.export_menu import ExportScreen
from pipeline_tui.screens.history import HistoryScreen
from pipeline_tui.screens.prune import PruneScreen
from pipeline_tui.widgets.expression_input import ExpressionInput
from pipeline_tui.widgets.search_bar import SearchBar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot

pytestmark = pytest.mark.snapshot
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
Act = "Callable[[Pilot[Any], HistoryScreen], Awaitable[None]]"


@pytest.fixture
def picture(
    snap_compare: Callable[..., bool], size: tuple[int, int], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., bool]:
    """The screen after its keys, compared with its stored picture. The folder has a name that never changes."""
    monkeypatch.setattr(history_module, "runs_dir", lambda: "~/.local/state/pipeline-tui/runs")

    def compare(*keys: str, then: Act | None = None, **options: Any) -> bool:
        async def act(pilot: Pilot[Any]) -> None:
            await until(pilot, lambda: pilot.app.workflows.has_read)
            await pilot.press("h")
            await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
            screen = pilot.app.screen
            await until(pilot, lambda: screen.has_read)
            await pilot.press(*keys)
            if then is not None:
                await then(pilot, screen)
            await pilot.pause()

        return snap_compare(shell.app(**options), terminal_size=size, run_before=act)

    return compare


@pytest.fixture
def many(logs: dict[str, Path]) -> None:
    """More runs, of every kind."""
    del logs
    for number in range(30):
        record(f"nightly-{number % 4}", 60 * 24 * (2 + number), first=200 + 37 * number, every=10 + number)


@SIZES
@pytest.mark.usefixtures("many")
def test_runs_with_marks(picture: Callable[..., bool]) -> None:
    assert picture("space", "j", "space", "k")


@SIZES
@pytest.mark.usefixtures("many")
def test_light_theme(picture: Callable[..., bool]) -> None:
    assert picture("G", theme="light")


@SIZES
@pytest.mark.usefixtures("logs")
def test_no_color(picture: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture("j", "j")


@SIZES
@pytest.mark.usefixtures("many")
def test_sorted_by_size_and_filtered(picture: Callable[..., bool], size: tuple[int, int]) -> None:
    async def sort(pilot: Pilot[Any], screen: HistoryScreen) -> None:
        while screen.order.column != "took":
            await pilot.press("s")

    assert size
    assert picture("slash", *"nightly", "enter", then=sort)


@SIZES
@pytest.mark.usefixtures("logs")
def test_found_by_what_was_said(picture: Callable[..., bool]) -> None:
    async def search(pilot: Pilot[Any], screen: HistoryScreen) -> None:
        screen.query_one(SearchBar).value = "late than"
        await pilot.press("enter")
        await until(pilot, lambda: screen.search is not None and not screen.search.going)

    assert picture("f", then=search)


@SIZES
def test_no_runs_yet(picture: Callable[..., bool]) -> None:
    assert not state_dir().joinpath("runs").exists()
    assert picture()


@SIZES
@pytest.mark.usefixtures("logs")
def test_export_menu(picture: Callable[..., bool]) -> None:
    async def menu(pilot: Pilot[Any], _screen: HistoryScreen) -> None:
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))

    assert picture("j", "x", then=menu)


@SIZES
def test_a_wrong_expression(picture: Callable[..., bool], logs: dict[str, Path]) -> None:
    async def act(pilot: Pilot[Any], screen: HistoryScreen) -> None:
        screen.query_one(ExpressionInput).input.value = "type:stal and lane:text"
        await pilot.press("enter")

    assert picture("e", then=act)


@SIZES
def test_events_that_were_found(picture: Callable[..., bool], logs: dict[str, Path]) -> None:
    async def act(pilot: Pilot[Any], screen: HistoryScreen) -> None:
        screen.query_one(ExpressionInput).input.value = "type:done and step:draft"
        await pilot.press("enter")
        await until(pilot, lambda: screen.search is not None and not screen.search.going)

    assert picture("e", then=act)


@SIZES
def test_what_a_rule_would_remove(picture: Callable[..., bool], many: None) -> None:
    async def act(pilot: Pilot[Any], screen: HistoryScreen) -> None:
        await until(pilot, lambda: isinstance(pilot.app.screen, PruneScreen))
        dialog = pilot.app.screen
        dialog.query_one("#prune-keep", Input).value = "8"
        await until(pilot, lambda: "26 of 34" in str(dialog.query_one("#prune-says", Static).content))

    assert picture("space", "j", "space", "space", "P", then=act)

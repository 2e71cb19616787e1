"""Pictures of the Compare screen: one above the other, and side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers_compare import LONG, OTHER, CompareApp, compared
from helpers_history import record
from helpers_shell import until
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

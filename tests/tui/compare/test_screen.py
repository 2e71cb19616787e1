"""The Compare screen by its keys, on real logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from helpers_compare import LONG, OTHER, CompareApp, compared
from helpers_history import record
from helpers_shell import until

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_tui.screens.compare import CompareScreen


def text(screen: CompareScreen, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


def pane_text(screen: CompareScreen, side: int) -> str:
    pane = screen.panes[side]
    return "\n".join(pane.render_line(y).text.rstrip() for y in range(pane.size.height))


@pytest.fixture
def logs() -> tuple[Path, Path]:
    return record("draft", 9, steps={"draft": LONG}), record("draft", 3, steps={"draft": OTHER}, first=900)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_it_opens_at_the_first_difference_and_both_sides_scroll_together(logs: Any, size: Any) -> None:
    app = CompareApp(*logs)
    async with app.run_test(size=size) as pilot:
        screen = await compared(pilot)
        assert screen.at == 0
        assert text(screen, "#compare-status").startswith("place 1 of 3 · ")
        first, second = screen.panes
        assert first.scroll_y == second.scroll_y > 0
        assert "▶" in pane_text(screen, 0)
        assert "fifteen" in pane_text(screen, 0)
        assert "twenty" in pane_text(screen, 1)
        await pilot.press("g")
        assert first.scroll_y == second.scroll_y == 0
        await pilot.press("tab", "G")
        assert first.scroll_y == second.scroll_y > 0
        stacked = second.region.y > first.region.y
        assert stacked == (size[0] < 100)


async def test_jumps_go_from_place_to_place_and_around(logs: Any) -> None:
    app = CompareApp(*logs)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)
        await pilot.press("n")
        assert screen.at == 1
        await pilot.press("n", "n")
        assert screen.at == 0
        await pilot.press("N")
        assert screen.at == 2
        await pilot.press("g", "n")
        assert screen.at == 0, "from where it was scrolled to"


async def test_order_and_metrics_have_their_views(logs: Any) -> None:
    app = CompareApp(*logs)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)
        await pilot.press("2")
        await until(pilot, lambda: "done stop" in pane_text(screen, 1))
        assert screen.at is None
        await pilot.press("3")
        await until(pilot, lambda: screen.query_one("#metrics").display)
        assert "TTFT" in text(screen, "#metrics-table")
        assert "+125%" in text(screen, "#metrics-table")
        await pilot.press("1")
        await until(pilot, lambda: screen.at == 0)
        assert "▶" in pane_text(screen, 0)


async def test_another_width_keeps_the_place(logs: Any) -> None:
    app = CompareApp(*logs)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)
        await pilot.press("n")
        rows = screen.rows
        await pilot.resize_terminal(140, 30)
        await until(pilot, lambda: screen.rows is not rows)
        await pilot.pause()
        assert screen.at == 1
        assert max(len(row.a.text.rstrip()) for row in screen.rows if row.a) <= 70


async def test_steps_are_gone_through_and_the_first_that_differs_is_shown() -> None:
    a = record("two", 9, steps={"read": "the same", "judge": "good enough"})
    b = record("two", 3, steps={"read": "the same", "judge": "far too long"})
    app = CompareApp(a, b)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)
        assert "judge (2/2)" in text(screen, "#compare-head")
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "the same" in pane_text(screen, 0))
        assert "read (1/2)" in text(screen, "#compare-head")
        assert "no difference in text" in text(screen, "#compare-status")
        await pilot.press("n")
        assert screen.at is None
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "good enough" in pane_text(screen, 0))


async def test_two_equal_runs_say_so(logs: Any) -> None:
    app = CompareApp(logs[0], logs[0])
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await compared(pilot)
        assert text(screen, "#compare-head").count("=") == 3
        assert pane_text(screen, 0) == pane_text(screen, 1)


async def test_a_log_that_cannot_be_read_is_told_and_the_screen_closes(logs: Any) -> None:
    logs[1].write_text("no log\n")
    app = CompareApp(*logs)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen is not app.compare)
        (told,) = app._notifications
        assert "not a run log" in told.message

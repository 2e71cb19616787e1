"""The dialogs of breakpoints and watches: added by typing, completed, refused at the column, turned, deleted."""

from __future__ import annotations

from helpers_debugger import GatedRun, begin, draw, field_of, opened, shown, text_of
from helpers_tui import Script, WatchApp
from pipeline_tui.debugging import Debugging, debugging_of
from pipeline_tui.screens.breakpoints import BreakpointsScreen
from pipeline_tui.typed import TYPED_KEPT


def states(app: WatchApp) -> list[tuple[str, bool, bool]]:
    return [(point.expression.text, point.enabled, point.once) for point in debugging_of(app).breakpoints]


async def test_b_adds_a_breakpoint_that_is_completed_and_stops_the_run(
    source: GatedRun, script: Script
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(100, 30)) as pilot:
        source.gate = debugging_of(app).gate()
        app.watch.follow_gate()
        source.emit(begin(script))
        await shown(pilot, source)
        await pilot.press("b")
        await draw(pilot)
        assert isinstance(app.screen, BreakpointsScreen)
        assert field_of(app).has_focus
        await pilot.press(*"lane:to")
        await draw(pilot)
        assert "tool_input" in text_of(app)
        await pilot.press("tab")
        assert field_of(app).value == "lane:tool_input"
        await pilot.press("enter")
        await draw(pilot)
        assert "● #1 lane:tool_input" in text_of(app)
        await pilot.press(*"step:dr", "tab", "escape")
        await draw(pilot)
        source.emit(script.words("Tea"), script.words("{", lane="tool_input"))
        await shown(pilot, source)
        assert " BREAK #1  hold · lane:tool_input" in text_of(app)
        await pilot.press("b")
        await draw(pilot)
        assert "always · 1 hit" in text_of(app)


async def test_an_error_points_at_its_column(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), size=(100, 30)) as (app, pilot):
        await pilot.press("b", *"type:delta lnae:text", "enter")
        await draw(pilot)
        lines = [line.strip("│ ") if "✗" in line else line for line in text_of(app).splitlines()]
        at = next(n for n, line in enumerate(lines) if line.strip(" │") == "^")
        assert lines[at - 1].index("lnae") == lines[at].index("^")
        assert lines[at + 1].startswith("✗ column 12")
        assert "did you mean lane?" in text_of(app)
        assert field_of(app).cursor_position == 11
        assert states(app) == []


async def test_breakpoints_are_turned_made_once_and_deleted(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), size=(100, 30)) as (app, pilot):
        await pilot.press("b", *"type:stall", "enter", *"/tea/", "enter", "shift+tab", "up", "space")
        assert states(app) == [("type:stall", False, False), ("/tea/", True, False)]
        await draw(pilot)
        assert "○ #1 type:stall" in text_of(app)
        await pilot.press("j", "o")
        assert states(app) == [("type:stall", False, False), ("/tea/", True, True)]
        await pilot.press("k", "x")
        assert states(app) == [("/tea/", True, True)]
        await pilot.press("x")
        assert states(app) == []
        assert field_of(app).has_focus
        await pilot.press("up")
        assert field_of(app).value == "/tea/"
        await pilot.press("up", "up")
        assert field_of(app).value == "type:stall"
        await pilot.press("down", "down")
        assert field_of(app).value == ""


async def test_w_adds_watches_and_refuses_what_is_none(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words("Tea"), size=(100, 30)) as (app, pilot):
        await pilot.press("w", *"steps.draft.text", "enter", *"nope:x", "enter")
        await draw(pilot)
        assert "✗ column 1" in text_of(app)
        await pilot.press("escape")
        await shown(pilot, source)
        assert " steps.draft.text = Tea" in text_of(app)
        await pilot.press("w", "shift+tab", "x", "escape")
        await shown(pilot, source)
        assert not app.watch.bar.display
        assert debugging_of(app).watches == []


def test_what_was_typed_is_kept_once_and_not_for_ever() -> None:
    debugging = Debugging()
    for n in range(TYPED_KEPT + 10):
        debugging.remember(f"n:{n}")
    debugging.remember("n:30")
    assert len(debugging.typed) == TYPED_KEPT
    assert debugging.typed[-1] == "n:30"
    assert debugging.typed.count("n:30") == 1

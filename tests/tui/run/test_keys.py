"""Every key of the run screen, pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.events import MouseScrollUp
from textual.widgets import Input, Markdown

from helpers_tui import Script, ScriptedRun, WatchApp, feed, until
from pipeline_runtime.events import Choice
from pipeline_runtime.paths import state_dir
from pipeline_tui.clipboard import CopyResult
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.screens import run_actions
from pipeline_tui.widgets.key_bar import KeyBar
from pipeline_tui.widgets.step_pane import MARKDOWN_LINES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent, Status
    from pipeline_tui.widgets.step_pane import StepPane

LINES = "\n".join(f"line {n}" for n in range(60)) + "\n"


def begin(script: Script, *steps: str) -> list[AnyEvent]:
    events: list[AnyEvent] = [script.start()]
    for step in steps or ("draft",):
        events += [script.step(step), script.attempt(step), script.opened(step), script.frame(step)]
    return events


def pane(app: WatchApp) -> StepPane:
    current = app.watch.grid.current
    assert current is not None
    return current


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user is told."""
    told: list[str] = []

    def notify(_self: object, message: str, **_more: object) -> None:
        told.append(message)

    monkeypatch.setattr("textual.app.App.notify", notify)
    return told


async def test_the_first_pane_has_the_keys(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script))
        await until(pilot, lambda: app.watch.focused is pane(app).live)


async def test_scrolling_up_holds_and_counts_what_is_new_until_g_follows(
    source: ScriptedRun, script: Script
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta(LINES))
        live = pane(app).live
        assert live.follow
        assert live.scroll_y == live.max_scroll_y > 0
        await pilot.press("k", "up")
        held = live.scroll_y
        assert held == live.max_scroll_y - 2
        await feed(pilot, source, script.delta("more\nand more\n"))
        assert live.scroll_y == held
        assert live.new_rows == 2
        assert "2 new lines" in _screen_text(app)
        await pilot.press("G")
        assert live.follow
        assert live.new_rows == 0
        assert live.scroll_y == live.max_scroll_y
        await feed(pilot, source, script.delta("x\ny\nz\n"))
        assert live.scroll_y == live.max_scroll_y


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("g",), lambda top, _page: 0),
        (("home",), lambda top, _page: 0),
        (("g", "j"), lambda top, _page: 1),
        (("g", "down", "down"), lambda top, _page: 2),
        (("g", "ctrl+d"), lambda top, page: page // 2),
        (("ctrl+u",), lambda top, page: top - page // 2),
        (("pageup",), lambda top, page: top - 2 * (page // 2)),
        (("g", "pagedown"), lambda top, page: 2 * (page // 2)),
        (("g", "end"), lambda top, _page: top),
    ],
)
async def test_scroll_keys(
    source: ScriptedRun, script: Script, keys: tuple[str, ...], expected: Callable[[int, int], int]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta(LINES))
        live = pane(app).live
        top = round(live.scroll_y)
        await pilot.press(*keys)
        assert live.scroll_y == expected(top, live.size.height)
        assert live.follow is (live.scroll_y == live.max_scroll_y)


async def test_the_wheel_scrolls(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta(LINES))
        live = pane(app).live
        await pilot._post_mouse_events([MouseScrollUp], live, button=0)
        await until(pilot, lambda: not live.follow)
        assert live.scroll_y < live.max_scroll_y


async def test_t_folds_the_thinking(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(
            pilot,
            source,
            begin(script),
            script.delta("deep thought", "thinking"),
            script.delta("Answer", index=1),
        )
        assert "deep thought" in _screen_text(app)
        await pilot.press("t")
        await pilot.pause()
        assert "deep thought" not in _screen_text(app)
        assert "thinking · 1 line" in _screen_text(app)
        assert "Answer" in _screen_text(app)
        await pilot.press("t")
        await pilot.pause()
        assert "deep thought" in _screen_text(app)


async def test_m_switches_to_markdown_and_back(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta("# Title\n\nSome *text*\x1b[31m"))
        await pilot.press("m")
        await until(pilot, lambda: pane(app).markdown_on and app.watch.query(Markdown))
        await until(pilot, lambda: "␛" in app.watch.query_one(Markdown).source)
        assert not pane(app).live.display
        await feed(pilot, source, script.delta(" and more"), script.done(), script.step_end(), script.end())
        await until(pilot, lambda: "and more" in app.watch.query_one(Markdown).source)
        await pilot.press("m")
        await until(pilot, lambda: pane(app).live.display)
        assert app.watch.focused is pane(app).live


async def test_of_a_long_answer_the_end_is_rendered(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        long = "".join(f"line {n}\n" for n in range(5_000))
        await feed(pilot, source, begin(script), script.delta(long), script.done(), script.step_end())
        await pilot.press("m")
        await until(pilot, lambda: pane(app).markdown_on and app.watch.query(Markdown))
        shown = app.watch.query_one(Markdown)
        await until(pilot, lambda: shown.source.endswith("line 4999\n"))
        assert shown.source.startswith("*… the beginning is left out")
        assert shown.source.count("\nline ") == MARKDOWN_LINES


async def test_tab_and_digits_move_between_panes(source: ScriptedRun) -> None:
    script = source.script = Script("one", "two", "three")
    app = WatchApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, begin(script, "one", "two", "three"))
        for key, step in (
            ("tab", "two"),
            ("tab", "three"),
            ("tab", "one"),
            ("shift+tab", "three"),
            ("2", "two"),
        ):
            await pilot.press(key)
            await until(pilot, lambda step=step: pane(app).view.step == step and pane(app).live.has_focus)
        await pilot.press("9")
        assert pane(app).view.step == "two"


async def test_z_shows_one_pane_and_esc_shows_all_again(source: ScriptedRun) -> None:
    script = source.script = Script("one", "two")
    app = WatchApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, begin(script, "one", "two"))
        await pilot.press("2", "z")
        shown = lambda: [name for name, each in app.watch.grid.panes.items() if each.display]  # noqa: E731
        await until(pilot, lambda: shown() == ["two"])
        await pilot.press("tab")
        await until(pilot, lambda: shown() == ["one"])
        await pilot.press("escape")
        await until(pilot, lambda: shown() == ["one", "two"])
        assert app.posted == []


async def test_c_cancels_the_step_and_capital_c_the_run(
    source: ScriptedRun, script: Script, notes: list[str]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script))
        await pilot.press("c", "C", "ctrl+c")
        assert source.cancelled == ["draft", None, None]
        await feed(pilot, source, script.step_end("cancelled"), script.end("cancelled"))
        await pilot.press("c", "C", "ctrl+c")
        assert source.cancelled == ["draft", None, None]
        assert notes == ["The run is over: nothing to cancel"]


def offered(app: WatchApp) -> str:
    return app.watch.query_one(KeyBar).text


@pytest.mark.parametrize("status", ["ok", "failed", "cancelled"])
async def test_cancel_is_offered_while_the_run_can_be_cancelled(
    source: ScriptedRun, script: Script, status: Status
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script))
        assert "c Cancel" in offered(app)
        await feed(pilot, source, script.step_end(status))
        assert "Cancel" not in offered(app)
        await feed(pilot, source, script.end(status))
        assert "Cancel" not in offered(app)


async def test_keys_are_offered_for_the_pane_that_they_act_on(source: ScriptedRun) -> None:
    script = source.script = Script("one", "two")
    app = WatchApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, begin(script, "one", "two"))
        assert "z Zoom" in offered(app)
        await feed(pilot, source, script.delta("Tea", step="two"), script.done(step="one"))
        await feed(pilot, source, script.step_end(step="one"))
        assert "Cancel" not in offered(app)
        assert not app.watch.active_bindings["y"].enabled
        await pilot.press("2")
        await until(pilot, lambda: "c Cancel" in offered(app))
        assert app.watch.active_bindings["y"].enabled


async def test_what_does_nothing_is_not_offered(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta("", "tool_input", tool="get_weather"))
        assert "Zoom" not in offered(app), "there is one pane"
        assert not app.watch.active_bindings["y"].enabled, "there is no text"
        await feed(pilot, source, script.delta("Tea"))
        assert app.watch.active_bindings["y"].enabled
        await pilot.press("comma")
        await until(pilot, lambda: app.watch.scrubbing)
        assert app.watch.active_bindings["comma"].enabled
        await pilot.press("home")
        await until(pilot, lambda: app.watch.place == 0)
        app.watch.flush()
        await pilot.pause()
        assert not app.watch.active_bindings["comma"].enabled, "there is nothing before the first event"


async def test_r_and_esc_tell_the_shell(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script))
        await pilot.press("r", "escape")
        await until(pilot, lambda: app.posted == ["rerun", "closed"])
        assert source.cancelled == []


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to the clipboard."""
    texts: list[str] = []

    def copy(_app: object, text: str) -> CopyResult:
        texts.append(text)
        return CopyResult(ok=True, how="tool", detail="Copied")

    monkeypatch.setattr(run_actions, "copy_text", copy)
    return texts


async def test_y_copies_the_whole_answer_without_escapes(
    source: ScriptedRun, script: Script, notes: list[str], copied: list[str]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script))
        await pilot.press("y", "s")
        assert notes == ["This pane has no text yet"], "of s: y is not offered yet"
        await feed(
            pilot,
            source,
            script.delta("why", "thinking"),
            script.delta("a\tb\x1b[31m\n", index=1),
            script.delta("c", index=1),
        )
        await pilot.press("y")
        assert copied == ["a\tb␛[31m\nc"]
        assert notes[-1] == "Copied"


async def test_y_copies_the_failure_where_there_is_no_answer(
    source: ScriptedRun, script: Script, copied: list[str]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        error = script.failure(type="api_error", message="no \x1b[2Jroom", cure="Ask again", status=500)
        await feed(pilot, source, begin(script), error, script.step_end("failed"))
        await pilot.press("y")
        assert copied == ["api_error · HTTP 500\nno ␛[2Jroom\nAsk again"]


async def test_brackets_turn_the_choices_and_keys_act_on_the_one_that_is_shown(
    source: ScriptedRun, script: Script, copied: list[str]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script))
        await feed(pilot, source, [script.delta(f"answer {n}", choice=n) for n in range(3)])
        shown = pane(app)
        assert "choice 1/3" in shown.header.text
        await pilot.press("]")
        await until(pilot, lambda: "choice 2/3" in shown.header.text)
        await pilot.press("y", "s")
        assert copied == ["answer 1"]
        saved = state_dir() / "saved"
        assert (saved / "run-1-draft-1-choice-1.md").read_text() == "answer 1"
        await pilot.press("[", "[")
        await until(pilot, lambda: "choice 3/3" in shown.header.text)
        await feed(pilot, source, script.delta(" goes on", choice=2), script.delta(" unseen", choice=0))
        assert [strip.text.rstrip() for strip in shown.live.render_lines(shown.live.size.region)][:2] == [
            "answer 2 goes on",
            "",
        ]
        choices = tuple(
            Choice(n, finish_reason_raw=reason) for n, reason in enumerate(("stop", "length", "x"))
        )
        await feed(pilot, source, script.done("answer 0", choices=choices), script.step_end(), script.end())
        await pilot.press("m")
        await until(
            pilot, lambda: any(each.source == "answer 2 goes on" for each in app.screen.query(Markdown))
        )
        await pilot.press("[")
        await until(pilot, lambda: any(each.source == "answer 1" for each in app.screen.query(Markdown)))
        assert "choice 2/3 · finish length" in shown.header.text


async def test_brackets_say_when_there_is_nothing_to_turn(
    source: ScriptedRun, script: Script, notes: list[str]
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta("one"))
        await pilot.press("]")
        await until(pilot, lambda: notes == ["This answer has no other choice"])


async def test_e_opens_the_editor(
    source: ScriptedRun, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str | Path, str]] = []
    monkeypatch.setattr(
        run_actions, "open_in_editor", lambda _app, text, suffix: opened.append((text, suffix))
    )
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta("answer"))
        await pilot.press("e")
        assert opened == [("answer", ".md")]


async def test_s_saves_and_says_where(source: ScriptedRun, script: Script, notes: list[str]) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta("answer \x1b[0m\r\n"))
        await pilot.press("s")
        path = state_dir() / "saved" / "run-1-draft-1.md"
        assert path.read_bytes() == b"answer \x1b[0m\r\n"
        assert path.stat().st_mode & 0o077 == 0
        assert notes == [f"Saved as {path}"]


async def test_d_opens_the_panel_with_all_that_happened_and_closes_it(
    source: ScriptedRun, script: Script
) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.words("one two three"))
        assert app.watch.panel is None
        await pilot.press("d")
        await until(pilot, lambda: app.watch.panel is not None and len(app.watch.panel.table) == 8)
        await feed(pilot, source, script.words("four five"))
        panel = app.watch.panel
        assert panel is not None
        assert len(panel.table) == 10
        assert [row.frame.n for row in panel.table.rows if row.frame] == list(range(6))
        await pilot.press("d")
        await until(pilot, lambda: app.watch.panel is None and not app.watch.query("#debug"))


async def test_tab_goes_into_the_panel_and_its_keys_select_and_follow(
    source: ScriptedRun, script: Script
) -> None:
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, begin(script), script.words("one two three four five"))
        panel = app.watch.panel
        assert panel is not None
        table = panel.table
        await pilot.press("tab")
        await until(pilot, lambda: table.has_focus)
        assert table.following
        await pilot.press("k", "up")
        assert not table.following
        assert table.cursor == len(table) - 3
        selected = table.selected
        assert selected is not None
        await until(pilot, lambda: '"three ' in panel.detail.raw.answer())
        assert '"content": "three "' in panel.detail.events.answer()
        await feed(pilot, source, script.words("six"))
        assert table.selected is not None
        assert table.selected.key == selected.key
        await pilot.press("g")
        assert table.cursor == 0
        await pilot.press("j", "pagedown", "pageup", "ctrl+d", "ctrl+u", "home")
        assert table.cursor == 0
        await pilot.press("G")
        assert table.following
        assert table.cursor == len(table) - 1


async def test_slash_filters_and_esc_clears(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, begin(script), script.words("one two three two"))
        panel = app.watch.panel
        assert panel is not None
        every = len(panel.table)
        await pilot.press("slash", *"two")
        await until(pilot, lambda: len(panel.table) == 2)
        await feed(pilot, source, script.words("two four"))
        assert len(panel.table) == 3
        await pilot.press("enter")
        assert panel.table.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: len(panel.table) == every + 2)
        assert not app.watch.query_one(Input).display
        assert app.posted == []


async def test_a_filter_stays_when_the_panel_is_closed_and_opened(
    source: ScriptedRun, script: Script
) -> None:
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, begin(script), script.words("one two three two"))
        await pilot.press("slash", *"two", "enter", "d")
        await until(pilot, lambda: app.watch.panel is None)
        await feed(pilot, source, script.words("two four"))
        await pilot.press("d")
        panel = app.watch.panel
        assert panel is not None
        await until(pilot, lambda: len(panel.table.rows) > 6)
        gate_of(app).run()
        assert len(panel.table) == 3
        assert panel.filter_input.display
        await pilot.press("escape")
        assert len(panel.table) == len(panel.table.rows)
        await pilot.press("d", "d")
        assert app.watch.panel is not None
        assert not app.watch.panel.filter_input.display


async def test_the_key_behind_slash_goes_into_the_filter(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await feed(pilot, source, begin(script), script.words("one two"))
        app.watch.action_filter()
        assert app.watch.panel is not None
        assert app.focused is app.watch.panel.filter_input


async def test_slash_and_space_do_nothing_without_the_panel(source: ScriptedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta(LINES))
        before = _screen_text(app)
        await pilot.press("slash", "space")
        await pilot.pause()
        assert _screen_text(app) == before


async def test_a_drag_selects_and_ctrl_c_copies_it(
    source: ScriptedRun, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    def copy(_app: object, text: str) -> CopyResult:
        copied.append(text)
        return CopyResult(ok=True, how="tool", detail="Copied")

    monkeypatch.setattr(run_actions, "copy_text", copy)
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, begin(script), script.delta("first line\nsecond line\nthird\n"))
        live = pane(app).live
        await pilot.mouse_down(live, offset=(6, 0))
        await pilot.hover(live, offset=(5, 1))
        await pilot.mouse_up(live, offset=(5, 1))
        await until(pilot, lambda: live.text_selection is not None)
        await pilot.press("ctrl+c")
        assert copied == ["line\nsecond"]
        assert source.cancelled == []


def _screen_text(app: WatchApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)

"""What a pane draws: the text as it is, at any size, under any theme, and never an escape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from rich.console import Console

from helpers_tui import Script, ScriptedRun, WatchApp, feed, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from pipeline_tui.widgets.live_pane import LivePane


async def begin(pilot: Pilot[None], source: ScriptedRun) -> LivePane:
    script = source.script
    await feed(pilot, source, script.start(), script.step(), script.attempt(), script.frame())
    app = pilot.app
    assert isinstance(app, WatchApp)
    return app.watch.grid.panes["draft"].live


def drawn(live: LivePane) -> list[str]:
    return [strip.text.rstrip() for strip in live.render_lines(live.size.region)]


@pytest.fixture
def source() -> ScriptedRun:
    return ScriptedRun(Script())


async def test_escapes_in_the_output_are_shown_and_never_sent(source: ScriptedRun) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        await feed(pilot, source, source.script.delta("\x1b]52;c;aGk=\x07 \x9b2J \x1b[31mred\r\n\u202eabc"))
        assert drawn(live)[:2] == ["␛]52;c;aGk=␇ ⟨U+009B⟩2J ␛[31mred␍", "⟨RLO⟩abc"]
        console = Console(color_system="truecolor", force_terminal=True)
        sent = "".join(strip.render(console) for strip in app.screen._compositor.render_strips())
        assert "]52" in sent
        assert "\x1b]" not in sent
        assert "\x07" not in sent
        assert "\x9b" not in sent


async def test_a_resize_wraps_anew_and_keeps_following(source: ScriptedRun) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        live = await begin(pilot, source)
        text = " ".join(f"word{n}" for n in range(400))
        await feed(pilot, source, source.script.delta(text))
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: live.size.width == 60)
        assert " ".join(" ".join(live.transcript.sections[0].buffer.lines).split()) == text
        assert drawn(live)[-1].endswith("word399")
        assert live.scroll_y == live.max_scroll_y > 0
        await feed(pilot, source, source.script.delta(" and on"))
        assert drawn(live)[-1].endswith("and on")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: live.size.width == 120)
        assert drawn(live)[-1].endswith("and on") or live.scroll_y == 0


async def test_no_color_leaves_greys_and_the_marks(
    source: ScriptedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        script = source.script
        await feed(pilot, source, script.delta("hm", "thinking"), script.delta("# T\ntext", index=1))
        await feed(
            pilot, source, script.delta("", "tool_input", 2, tool="f"), script.delta("no", "refusal", 3)
        )
        for strip in live.render_lines(live.size.region):
            for segment in strip:
                assert segment.style is not None
                for colour in (segment.style.color, segment.style.bgcolor):
                    red, green, blue = colour.get_truecolor()
                    assert red == green == blue
        assert drawn(live)[:7] == ["▾ thinking", "┊ hm", "# T", "text", "⚒ f", "│", "⊘ the model refused"]


async def test_a_theme_change_repaints_cached_rows(source: ScriptedRun) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        await feed(pilot, source, source.script.delta("one\ntwo\nthree"))
        before = [segment.style for segment in live.render_lines(live.size.region)[0]]
        app.theme = "textual-light"
        await pilot.pause()
        await until(pilot, lambda: [s.style for s in live.render_lines(live.size.region)[0]] != before)


async def test_what_comes_before_the_pane_is_shown_is_not_lost(source: ScriptedRun) -> None:
    script = source.script
    source.emit(
        script.start(), script.step(), script.attempt(), script.words("all of this came first"), script.done()
    )
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.step_end(), script.end())
        live = app.watch.grid.panes["draft"].live
        await until(pilot, lambda: drawn(live)[0] == "all of this came first")


async def test_a_retry_clears_the_pane_and_leaves_a_line(source: ScriptedRun) -> None:
    script = source.script
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        await feed(pilot, source, script.delta("half an ans"), script.retry(), script.attempt(why="retry"))
        assert drawn(live)[0] == ""
        await feed(pilot, source, script.delta("the answer"))
        assert drawn(live)[0] == "the answer"
        header = app.watch.grid.panes["draft"].header
        await until(pilot, lambda: header.size.height == 3)
        assert "#1 stream · HTTP 529: overloaded_error" in header.render_line(0).text


async def test_an_error_stands_below_the_partial_answer_with_its_cure(source: ScriptedRun) -> None:
    script = source.script
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        await feed(
            pilot, source, script.delta("half an ans"), script.error("half an ans"), script.step_end("failed")
        )
        assert drawn(live)[:4] == [
            "half an ans",
            "✖ disconnected",
            "✖ The server closed the stream",
            "✖ → Run it again",
        ]
        assert live.answer() == "half an ans"


async def test_a_cancelled_answer_is_kept_as_it_is(source: ScriptedRun) -> None:
    script = source.script
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        delta = script.delta("half")
        error = replace(script.error("half", message="cancelled after 1 delta"), type="cancelled")
        await feed(pilot, source, delta, error, script.step_end("cancelled"))
        assert drawn(live)[:2] == ["half", ""]
        assert "■ cancelled after 1 delta" in app.watch.grid.panes["draft"].header.text

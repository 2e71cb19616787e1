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


async def test_a_failure_stands_in_the_head_above_the_partial_answer(source: ScriptedRun) -> None:
    script = source.script
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        await feed(
            pilot, source, script.delta("half an ans"), script.error("half an ans"), script.step_end("failed")
        )
        header = app.watch.grid.panes["draft"].header
        await until(pilot, lambda: header.size.height == 5)
        assert header.text.splitlines()[2:] == [
            "  ✖ disconnected · request req_1",
            "    The server closed the stream",
            "  → Run it again",
        ]
        assert drawn(live)[:2] == ["half an ans", ""]
        assert live.answer() == "half an ans"


async def test_a_failure_is_seen_in_the_smallest_pane_and_wrapped_anew_in_a_large_one() -> None:
    script = Script(*(f"step-{n}" for n in range(3)))
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(40, 20)) as pilot:
        await feed(pilot, source, script.start(), script.step("step-0"), script.attempt("step-0"))
        for _ in range(2):
            await feed(pilot, source, script.retry("step-0"), script.attempt("step-0", why="retry"))
        await feed(pilot, source, script.delta("half an answer", step="step-0"))
        message = "All models of this family are busy with somebody else's requests. " * 3
        error = script.failure(type="overloaded_error", message=message, cure="Run it again", status=529)
        await feed(pilot, source, replace(error, step="step-0"), script.step_end("failed", "step-0"))
        pane = app.watch.grid.panes["step-0"]
        await until(pilot, lambda: pane.size.height == 6 and pane.header.size.height == 5)
        shown = [pane.header.render_line(y).text.rstrip() for y in range(5)]
        assert shown[0].startswith("  ↳ (+1 before) #2 stream · HTTP 529")
        assert shown[1].startswith("▶✖ step-0 ")
        assert shown[2:] == [
            "  ✖ overloaded_error · HTTP 529",
            "    All models of this fam … d shows all",
            "  → Run it again",
        ]
        await pilot.press("z")
        await until(pilot, lambda: "d shows all" not in pane.header.text)
        assert " ".join(pane.header.text.split()).count("somebody else's requests.") == 3


async def test_an_error_that_is_not_fatal_stands_where_it_happened_in_every_choice(
    source: ScriptedRun,
) -> None:
    script = source.script
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        live = await begin(pilot, source)
        error = replace(script.error(message="Handler.handle_event raised"), fatal=False, response=None)
        await feed(pilot, source, script.delta("one"), script.delta("two", choice=1), error)
        expected = ["✖ disconnected", "✖ Handler.handle_event raised", "✖ → Run it again"]
        assert drawn(live)[:4] == ["one", *expected]
        live.show_choice(1)
        assert drawn(live)[:4] == ["two", *expected]


@pytest.mark.parametrize("step", ["draft", "a-step-with-a-name-that-is-longer-than-any-pane-is-wide"])
async def test_the_badge_is_never_cut(step: str) -> None:
    script = Script(step)
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(38, 12)) as pilot:
        await feed(pilot, source, script.start(), script.step(step), script.attempt(step), script.frame(step))
        title = app.watch.grid.panes[step].header.render_line(0).text
        assert len(title) == 38
        assert " STREAM " in title


async def test_provider_model_and_protocol_stand_in_the_head(source: ScriptedRun) -> None:
    script = source.script
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step("draft", "acme", "big-1", "openai-responses"))
        await feed(pilot, source, script.attempt(), script.frame())
        header = app.watch.grid.panes["draft"].header
        assert header.text.splitlines()[0].endswith("streaming · acme/big-1 · openai-responses")
        await pilot.resize_terminal(46, 24)
        await until(pilot, lambda: "streaming" not in header.text)
        assert header.text.splitlines()[0].endswith(" STREAM  acme/big-1 · openai-responses")


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

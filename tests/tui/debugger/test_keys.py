"""The debugger's keys, pressed: at the gate, in the past, on the timeline."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual.widgets._toast import Toast

from helpers_debugger import GatedRun, begin, draw, opened, shown, text_of
from helpers_tui import Script, ScriptedRun, WatchApp, feed, until
from pipeline_runtime.protocols.base import HttpRequest
from pipeline_tui.clipboard import CopyResult
from pipeline_tui.debugging import debugging_of
from pipeline_tui.screens import run_gate, run_scrub
from pipeline_tui.widgets.key_bar import KeyBar
from pipeline_tui.widgets.run_lines import RunSummary
from pipeline_tui.widgets.timeline import TimelineView

if TYPE_CHECKING:
    from textual.widget import Widget

    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.widgets.step_pane import StepPane

WORDS = "Tea is older than most of the countries that drink it"


def pane(app: WatchApp) -> StepPane:
    current = app.watch.grid.current
    assert current is not None
    return current


def keys_of(app: WatchApp) -> str:
    return app.watch.query_one(KeyBar).text


async def test_space_stops_the_run_and_lets_it_go_on(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words("Tea is")) as (app, pilot):
        assert not app.watch.bar.display
        assert "space Pause" in keys_of(app)
        await pilot.press("space")
        source.emit(script.words("older than"))
        await shown(pilot, source)
        assert " PAUSED  hold · at seq 8 · 4 events wait" in text_of(app)
        assert pane(app).live.answer() == "Tea is "
        assert "space Continue . Event > Frame f Text , Back b Breaks w Watch h Buffer" in keys_of(app)
        await pilot.press("space")
        await shown(pilot, source)
        assert pane(app).live.answer() == "Tea is older than "
        assert not app.watch.bar.display
        assert "space Pause" in keys_of(app)


async def test_event_frame_and_text_step_the_gate(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script)) as (app, pilot):
        await pilot.press("space")
        source.emit(
            script.words("one two three"), script.words("deep", lane="thinking"), script.words("four")
        )
        await shown(pilot, source)
        for keys, seq, text in (
            (("full_stop",), 5, ""),
            (("full_stop",), 6, "one "),
            (("greater_than_sign",), 8, "one two "),
            (("f",), 10, "one two three "),
            (("f",), 14, "one two three four "),
        ):
            await pilot.press(*keys)
            await shown(pilot, source)
            assert app.watch.view.seen == seq
            assert pane(app).live.transcript.answer() == text
            assert f"at seq {seq} " in text_of(app)
        assert "0 events wait" in text_of(app)


async def test_h_turns_between_hold_and_buffer(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script)) as (app, pilot):
        await pilot.press("space", "h")
        await shown(pilot, source)
        assert source.gate is not None
        assert source.gate.mode == "buffer"
        assert " PAUSED  buffer · at seq 4" in text_of(app)
        assert "h Hold" in keys_of(app)
        await pilot.press("h")
        await shown(pilot, source)
        assert source.gate.mode == "hold"


async def test_p_stops_one_step_and_steps_go_to_it_alone() -> None:
    script = Script("one", "two")
    source = GatedRun(script)
    async with opened(source, begin(script, "one", "two"), size=(120, 30)) as (app, pilot):
        await pilot.press("2", "p")
        source.emit(script.words("a b", step="two"), script.words("c", step="one"))
        await shown(pilot, source)
        assert "only two" in text_of(app)
        assert app.watch.present.panes["one"].live.answer() == "c "
        await pilot.press("1", "f")
        await shown(pilot, source)
        assert app.watch.present.panes["two"].live.answer() == "a "
        assert source.gate is not None
        assert not source.gate.is_paused("one")
        await pilot.press("2", "p")
        await shown(pilot, source)
        assert app.watch.present.panes["two"].live.answer() == "a b "


async def test_a_breakpoint_stops_the_run_and_says_which(source: GatedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(100, 24)) as pilot:
        assert source.gate is not None
        source.gate.breakpoints.add("type:delta lane:tool_input")
        source.emit(begin(script), script.words("Tea is"), script.words("{} {}", lane="tool_input"))
        await shown(pilot, source)
        assert " BREAK #1  hold · type:delta lane:tool_input · at seq 10 · 2 events wait" in text_of(app)
        await pilot.press("full_stop")
        await shown(pilot, source)
        assert " PAUSED  hold · at seq 11 · 1 event waits" in text_of(app)


async def test_a_stopped_run_changes_nothing_by_itself(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words("Tea")) as (app, pilot):
        await pilot.press("space")
        await shown(pilot, source)
        before = text_of(app)
        app.clock.value = 10**12
        marked: list[object] = []
        app.watch.renew = lambda: marked.append(1)  # type: ignore[method-assign]
        app.watch._tick()
        assert marked == []
        app.watch.flush()
        assert text_of(app) == before


async def test_comma_and_arrows_go_back_and_the_panes_show_what_was(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words(WORDS), script.words("{}", lane="tool_input")) as (
        app,
        pilot,
    ):
        await pilot.press("left")
        assert not app.watch.scrubbing, "arrows are the pane's until one is in the past"
        await pilot.press("comma", "comma")
        await shown(pilot, source)
        assert " SCRUB  seq 26 of 28" in text_of(app)
        assert "⚒" not in text_of(app)
        assert pane(app).live.answer() == f"{WORDS} "
        for keys, answer in (
            (("left",), WORDS.removesuffix(" it") + " "),
            (("shift+left", "shift+left"), "Tea is older than most of the countries that "),
            (("home",), ""),
            (("f", "f"), "Tea is "),
            (("greater_than_sign",), "Tea is older "),
            (("right", "right"), "Tea is older than "),
            (("less_than_sign",), "Tea is older "),
        ):
            await pilot.press(*keys)
            await draw(pilot)
            assert pane(app).live.answer() == answer, keys
            words = answer.split()
            assert pane(app).view.deltas == len(words)
            assert all(word in text_of(app) for word in words)
        await pilot.press("end")
        await draw(pilot)
        assert not app.watch.scrubbing
        assert "⚒" in text_of(app)


async def test_the_run_goes_on_unseen_while_the_past_is_shown(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words("Tea is")) as (app, pilot):
        await pilot.press("comma")
        await shown(pilot, source)
        assert pane(app).live.answer() == "Tea "
        source.emit(script.words("older than"))
        await shown(pilot, source)
        assert pane(app).live.answer() == "Tea "
        assert " SCRUB  seq 7 of 12 · 140 ms · the run goes on" in text_of(app)
        await pilot.press("escape")
        await draw(pilot)
        assert pane(app).live.answer() == "Tea is older than "
        assert app.watch.grid is app.watch.present
        assert app.posted == []


async def test_the_past_of_a_step_that_is_stopped_ends_where_it_was_stopped() -> None:
    script = Script("one", "two")
    source = GatedRun(script)
    async with opened(source, begin(script, "one", "two"), size=(120, 30)) as (app, pilot):
        await pilot.press("p")
        source.emit(script.words("held back", step="one"), script.words("a b", step="two"))
        await shown(pilot, source)
        recording = app.watch.recorded
        assert recording is not None
        assert [event.seq for event in recording.past.read(0, 99)] == [e.seq for e in source.handed_on]
        await pilot.press("space")
        source.emit(script.words("c", step="two"))
        await pilot.press("space")
        await shown(pilot, source)
        assert [event.seq for event in recording.past.read(0, 99)] == [e.seq for e in source.handed_on]
        await pilot.press("comma", "end")
        await draw(pilot)
        assert app.watch.present.panes["one"].live.answer() == "held back "


async def test_a_run_that_is_over_can_be_gone_back_in(
    source: GatedRun, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    def copy(_app: object, text: str) -> CopyResult:
        copied.append(text)
        return CopyResult(ok=True, how="tool", detail="Copied")

    monkeypatch.setattr(run_scrub, "copy_text", copy)
    app = WatchApp(source)
    async with app.run_test(size=(100, 24)) as pilot:
        source.emit(begin(script), script.words("Tea is"), script.done("Tea is"), script.step_end())
        source.emit(script.end())
        await shown(pilot, source)
        assert "in 12 out 60" in text_of(app)
        assert "Pause" not in keys_of(app)
        assert "r Rerun" in keys_of(app)
        await pilot.press("Y", "comma", "comma", "comma", "comma")
        await shown(pilot, source)
        assert " SCRUB  seq 7 of 11 · 140 ms · the run is over" in text_of(app)
        assert "in 12 out 60" not in text_of(app)
        await pilot.press("Y")
        assert copied == ["run-1#11", "run-1#7"]


async def test_dragging_on_the_timeline_goes_there(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words(WORDS, every=100)) as (app, pilot):
        await pilot.press("space")
        await shown(pilot, source)
        timeline: Widget = app.watch.query_one(TimelineView)
        await pilot.mouse_down(timeline, offset=(50, 0))
        await draw(pilot)
        assert app.watch.scrubbing
        middle = pane(app).view.deltas
        assert 3 <= middle <= 7
        await pilot.hover(timeline, offset=(20, 1))
        await draw(pilot)
        assert pane(app).view.deltas < middle
        await pilot.mouse_up(timeline, offset=(20, 1))
        await pilot.hover(timeline, offset=(80, 1))
        await draw(pilot)
        assert pane(app).view.deltas < middle
        await pilot.click(timeline, offset=(99, 0))
        await draw(pilot)
        assert not app.watch.scrubbing


async def test_watches_show_values_now_and_then(source: GatedRun, script: Script) -> None:
    app = WatchApp(source)
    async with app.run_test(size=(100, 24)) as pilot:
        debugging_of(app).watches += ["type:delta", "steps.draft.text"]
        source.emit(begin(script), script.words("Tea is"))
        await shown(pilot, source)
        await until(pilot, lambda: app.watch.recorded is not None)
        await draw(pilot)
        assert " type:delta = 2 times, last at seq 8" in text_of(app)
        assert " steps.draft.text = Tea is" in text_of(app)
        source.emit(script.words("older"))
        await shown(pilot, source)
        assert " type:delta = 3 times, last at seq 10" in text_of(app)
        await pilot.press("comma", "comma")
        await draw(pilot)
        assert " type:delta = 2 times, last at seq 8" in text_of(app)


async def test_a_run_without_a_gate_cannot_be_stopped_but_gone_back_in(script: Script) -> None:
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(100, 24)) as pilot:
        await feed(pilot, source, begin(script), script.words("Tea is"))
        assert "Pause" not in keys_of(app)
        await pilot.press("space", "h", "p")
        await pilot.press("comma")
        await until(pilot, lambda: app.watch.scrubbing)
        await draw(pilot)
        assert pane(app).live.answer() == "Tea "
        await pilot.press("space")
        await draw(pilot)
        assert not app.watch.scrubbing


async def test_deltas_cost_no_call_of_textual_while_the_past_is_shown(
    source: GatedRun, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(source, begin(script), script.words("Tea is")) as (app, pilot):
        await pilot.press("comma")
        await shown(pilot, source)
        calls: list[str] = []
        events = [event for _ in range(2_000) for event in (script.frame(), script.delta("word "))]
        with monkeypatch.context() as patch:
            patch.setattr("textual.widget.Widget.refresh", lambda *_, **__: calls.append("refresh"))
            patch.setattr(
                "textual.message_pump.MessagePump.post_message", lambda *_: calls.append("post") or True
            )
            app.watch._take(events)
        assert calls == []
        assert app.watch.recorded is not None
        assert len(app.watch.recorded) == 4_009


async def test_a_request_that_is_held_back_is_edited_before_it_is_sent(
    source: GatedRun, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = iter(["{not JSON", '{"model": "other"}'])
    shown_in_editor: list[str] = []

    async def edit_text(_app: object, text: str, _suffix: str) -> str:
        shown_in_editor.append(text)
        return next(edited)

    monkeypatch.setattr(run_gate, "edit_text", edit_text)
    told: list[str] = []
    monkeypatch.setattr("textual.app.App.notify", lambda _self, message, **_: told.append(message))
    app = WatchApp(source)
    async with app.run_test(size=(120, 24)) as pilot:
        gate = source.gate
        assert gate is not None
        gate.breakpoints.add("type:attempt_started")
        source.emit(script.start(), script.step())
        await shown(pilot, source)
        attempt = script.attempt()
        request = HttpRequest("POST", "http://127.0.0.1/v1/messages", (), b'{"stream": true}')
        sending = asyncio.create_task(gate.approve(source.door("draft"), attempt, request))
        await until(pilot, lambda: gate.pending_requests() != [])
        await draw(pilot)
        assert " BREAK #1  hold · type:attempt_started · at seq 1 · 0 events wait" in text_of(app)
        assert "the request of draft is held back" in text_of(app)
        assert "E Edit" in keys_of(app)
        await pilot.press("E")
        await until(pilot, lambda: len(told) == 1)
        assert told[0].startswith("the body is not JSON")
        await pilot.press("E")
        await until(pilot, lambda: len(told) == 2)
        assert shown_in_editor == ['{\n  "stream": true\n}'] * 2
        assert not sending.done()
        await pilot.press("space")
        assert (await sending).body == b'{"model": "other"}'
        await draw(pilot)
        assert "E Edit" not in keys_of(app)


async def test_the_debug_panel_goes_along_and_enter_goes_to_its_row(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words(WORDS), size=(120, 36), debug=True) as (app, pilot):
        panel = app.watch.panel
        assert panel is not None
        table = panel.table
        await pilot.press("comma", "shift+left", "shift+left")
        await shown(pilot, source)
        assert app.watch.place is not None
        assert app.watch.recording is not None
        assert table.selected is not None
        assert table.selected.last_seq == app.watch.recording.seq(app.watch.place)
        await pilot.press("tab", "k", "k", "enter")
        await shown(pilot, source)
        row = table.selected
        assert app.watch.recording.seq(app.watch.place) == row.last_seq
        assert pane(app).live.answer().split()[-1] == "the"
        await pilot.press("escape")
        await shown(pilot, source)
        assert table.following
        assert not app.watch.scrubbing


async def test_the_debug_panel_has_what_a_step_was_held_with() -> None:
    script = Script("one", "two")
    source = GatedRun(script)
    async with opened(source, begin(script, "one", "two"), size=(120, 36), debug=True) as (app, pilot):
        await pilot.press("1", "p")
        source.emit(script.words("held back", step="one"), script.words("a b c", step="two"))
        await shown(pilot, source)
        await pilot.press("1", "p")
        source.emit(script.words("d", step="two"))
        await shown(pilot, source)
        panel = app.watch.panel
        assert panel is not None
        index = panel.table.index
        held = [event for row in index.rows(0, len(index)) for event in (row.event, *row.made)]
        assert [event.seq for event in held] == [event.seq for event in source.handed_on]
        await pilot.press("comma")
        await shown(pilot, source)
        for _ in range(12):
            assert app.watch.place is not None
            assert app.watch.recording is not None
            assert panel.table.selected is not None
            assert panel.table.selected.last_seq >= app.watch.recording.seq(app.watch.place)
            assert panel.table.selected.event.seq <= app.watch.recording.seq(app.watch.place)
            await pilot.press("left")
            await draw(pilot)


async def test_a_past_that_cannot_be_read_is_told(
    source: GatedRun, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("textual.app.App.notify", lambda _self, message, **_: told.append(message))

    def broken() -> list[AnyEvent]:
        raise OSError("the disk is gone")

    source.history = broken  # type: ignore[method-assign]
    async with opened(source, begin(script), script.words("Tea is")) as (app, pilot):
        await pilot.press("space")
        await draw(pilot)
        await until(pilot, lambda: told != [])
        source.emit(script.words("older"))
        await pilot.press("f")
        await shown(pilot, source)
        assert told == ["The run's past cannot be read: the disk is gone"]
        assert " PAUSED  hold · at seq 10" in text_of(app)
        assert app.watch.recorded is not None
        assert len(app.watch.recorded) == 2


async def test_toasts_cover_no_line_at_the_bottom(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), size=(80, 24), notifications=True) as (app, pilot):
        debugging_of(app).watches.append("n")
        await pilot.press("space")
        source.emit(script.words("Tea is"), script.fallback())
        await shown(pilot, source)
        app.watch.tell("It lies over the text " * 9)
        app.watch.action_save()
        await until(pilot, lambda: len(app.watch.query(Toast)) == 2)
        await draw(pilot)
        await until(pilot, lambda: all(toast.region for toast in app.watch.query(Toast)))
        tops = {type(one): one.region.y for one in (app.watch.bar, app.watch.query_one(KeyBar))}
        assert all(toast.region.bottom <= min(tops.values()) for toast in app.watch.query(Toast))
        assert tops[KeyBar] == 23
        await pilot.press("space")
        await shown(pilot, source)
        source.emit(script.done(), script.step_end(), script.end())
        await shown(pilot, source)
        summary = app.watch.query_one(RunSummary)
        await until(pilot, lambda: summary.display and summary.region)
        assert all(toast.region.bottom <= summary.region.y for toast in app.watch.query(Toast))


async def test_a_narrower_screen_offers_fewer_keys(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), size=(120, 30)) as (app, pilot):
        await pilot.press("space")
        await shown(pilot, source)
        assert "w Watch" in keys_of(app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "w Watch" not in keys_of(app))
        assert "b Breaks" in keys_of(app)

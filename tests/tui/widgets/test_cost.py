"""Nothing of Textual runs per delta or per frame on the wire; closed, the debug panel costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message_pump import MessagePump
from textual.widget import Widget

from helpers_tui import Script, ScriptedRun, WatchApp, feed, until
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.slices import slices_of
from pipeline_tui.text.wrap import WrapBuffer

if TYPE_CHECKING:
    import pytest

DELTAS = 10_000


async def test_ten_thousand_deltas_make_no_call_of_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(
            pilot, source, script.start(), script.step(), script.attempt(), script.frame(), script.delta("x")
        )
        pane = app.watch.grid.panes["draft"]
        calls: list[str] = []
        refresh, post = Widget.refresh, MessagePump.post_message

        def counted_refresh(self: Widget, *regions: object, **more: object) -> Widget:
            calls.append("refresh")
            return refresh(self, *regions, **more)  # type: ignore[arg-type]

        def counted_post(self: MessagePump, message: object) -> bool:
            calls.append("post")
            return post(self, message)  # type: ignore[arg-type]

        events = [event for _ in range(DELTAS) for event in (script.frame(), script.delta("word "))]
        monkeypatch.setattr(Widget, "refresh", counted_refresh)
        monkeypatch.setattr(MessagePump, "post_message", counted_post)
        app.watch._take(events)
        assert calls == []
        gate = gate_of(app)
        before = gate.flushes
        gate.run()
        flushes = gate.flushes - before
        assert flushes == 1
        assert calls.count("refresh") <= 3 * flushes
        monkeypatch.undo()
        assert pane.view.deltas == DELTAS + 1
        assert len(pane.live.answer()) == DELTAS * 5 + 1


async def test_deltas_through_the_source_are_drawn_in_frames() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        flushed: list[int] = []
        live = app.watch.grid.panes["draft"].live
        flush = live.flush
        live.flush = lambda: (flushed.append(1), flush())[1]  # type: ignore[method-assign]
        for _ in range(100):
            source.emit([script.delta("word ") for _ in range(100)])
            await pilot.pause()
        await until(pilot, lambda: app.watch.grid.panes["draft"].view.deltas == DELTAS)
        assert flushed == []
        gate_of(app).run()
        assert flushed == [1]
        assert len(live.transcript.answer()) == DELTAS * 5


async def test_strips_of_rows_far_away_are_dropped() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt())
        live = app.watch.grid.panes["draft"].live
        for _ in range(60):
            await feed(pilot, source, script.delta("line\n" * 20))
        assert len(live.transcript) == 1201
        assert len(live._strips._strips) <= 512
        assert not any(row < 600 for row in live._strips._strips)


async def test_a_megabyte_costs_each_delta_what_the_first_ones_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    wrapped: list[int] = []
    wrap = WrapBuffer._wrap

    def counting(self: WrapBuffer, line: str) -> None:
        wrapped.append(len(line))
        wrap(self, line)

    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.frame())
        live = app.watch.grid.panes["draft"].live
        monkeypatch.setattr(WrapBuffer, "_wrap", counting)
        costs: list[int] = []
        for _ in range(50):
            wrapped.clear()
            for _ in range(20):
                app.watch._take([script.delta("some words of one line " * 44) for _ in range(1)])
                gate_of(app).run()
            costs.append(sum(wrapped))
        assert live.transcript.sections[0].size > 1_000_000
        assert costs[-1] <= 1.05 * costs[0]
        assert len(live._strips._strips) <= 512
        monkeypatch.undo()
        lines = live.transcript.sections[0].buffer.lines
        slices = slices_of(app)
        slices._armed = True  # held back until what is in view was looked at
        await pilot.resize_terminal(61, 24)
        await until(pilot, lambda: live.size.width == 61 and live.transcript.width == 61)
        assert live.transcript.unsettled
        assert live.scroll_y == len(live.transcript) - live.size.height
        shown = " ".join(strip.text for strip in live.render_lines(live.size.region)).split()
        assert shown == "".join(lines).split()[-len(shown) :]
        slices._armed = False
        slices._arm()
        await until(pilot, lambda: not live.transcript.unsettled)
        assert len(slices) == 0
        fresh = WrapBuffer(61)
        fresh.append("".join(lines))
        assert live.transcript.sections[0].buffer.lines == fresh.lines
        assert live.scroll_y == len(fresh) - live.size.height


async def test_deltas_that_nobody_sees_are_gathered_as_text() -> None:
    script = Script()
    source = ScriptedRun(script)
    app = WatchApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed(pilot, source, script.start(), script.step(), script.attempt(), script.frame())
        live = app.watch.grid.panes["draft"].live
        app.watch._take([script.delta("x\n") for _ in range(5_500)])
        assert len(live._pending) < 1_000
        gate_of(app).run()
        assert live._pending == []
        assert len(live.transcript) == 5_501
        assert live.render_lines(live.size.region)[0].text.strip() == "x"

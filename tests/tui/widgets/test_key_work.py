"""What a key and a frame cost, counted: writes to the terminal, heads that are drawn, messages, paints."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from textual._compositor import Compositor
from textual.message_pump import MessagePump
from textual.widget import Widget

from helpers_debugger import GatedRun
from helpers_painting import app_on, on_terminal
from helpers_panes import Terminal, painted_by_textual, written_by
from helpers_tui import Script, ScriptedRun, feed, until
from pipeline_tui.frame_gate import gate_of
from pipeline_tui.views.run_layout import lay_out
from pipeline_tui.widgets.key_bar import KeyBar
from pipeline_tui.widgets.pane_grid import HEADS_AT_ONCE, MOUNTED_AT_ONCE, PaneGrid
from pipeline_tui.widgets.pane_header import PaneHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.geometry import Region

STEPS = tuple(f"s{n:03}" for n in range(1, 17))
MESSAGES_A_KEY = {
    "Blur to LivePane",
    "Focus to LivePane",
    "InvokeLater to RunScreen",
    "Prompt to RunScreen",
    "Prompt to KeyBar",
}
OF_THE_PILOT = {"Key", "Callback"}
"""Messages that are there whatever a key does: the key on its way, and the test's own wait for all widgets."""


@dataclass
class Work:
    """What was done."""

    writes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    paints: int = 0
    heads: list[str] = field(default_factory=list)
    key_bars: int = 0

    @property
    def frames(self) -> list[str]:
        """The writes that show something."""
        return [data for data in self.writes if "s0" in data]


@contextmanager
def counted() -> Iterator[Work]:
    """Count, on the way that the product takes."""
    work = Work()
    post, chops, head = MessagePump.post_message, Compositor._render_chops, PaneHeader.update_at
    bar = KeyBar.flush

    def posted(pump: MessagePump, message: object) -> bool:
        work.messages.append(f"{type(message).__name__} to {type(pump).__name__}")
        return post(pump, message)  # type: ignore[arg-type]

    def painted(*arguments: object) -> object:
        work.paints += 1
        return chops(*arguments)  # type: ignore[arg-type]

    def updated(header: PaneHeader, *arguments: object, **more: object) -> None:
        work.heads.append(header.view.step)
        head(header, *arguments, **more)  # type: ignore[arg-type]

    def worked_out(key_bar: KeyBar) -> None:
        work.key_bars += 1
        bar(key_bar)

    with pytest.MonkeyPatch.context() as patch:
        for cls in (MessagePump, Widget):
            patch.setattr(cls, "post_message", posted)
        patch.setattr(Compositor, "_render_chops", painted)
        patch.setattr(PaneHeader, "update_at", updated)
        patch.setattr(KeyBar, "flush", worked_out)
        patch.setattr(Terminal, "write", lambda _, data: work.writes.append(data))
        yield work


@pytest.fixture
def source() -> ScriptedRun:
    return ScriptedRun(Script(*STEPS))


async def test_a_key_that_moves_the_focus_is_one_write_of_two_heads(source: ScriptedRun) -> None:
    async with on_terminal(source, (120, 40)) as (pilot, app):
        with counted() as work:
            await pilot.press("tab")
            await until(pilot, lambda: app.watch.grid.panes["s002"].live.has_focus)
        assert work.heads == ["s001", "s002"]
        assert work.paints == 0
        (frame,) = work.frames
        assert "▶● s002" in frame
        assert " ● s001" in frame
        told = [message for message in work.messages if message.split()[0] not in OF_THE_PILOT]
        assert set(told) <= MESSAGES_A_KEY, told
        assert len(told) <= 2 * len(MESSAGES_A_KEY), told


@pytest.mark.parametrize("key", ["tab", "5", "d", "space", "z"])
async def test_a_key_has_its_keys_worked_out_once_at_most(key: str) -> None:
    source = GatedRun(Script(*STEPS))
    async with on_terminal(source, (120, 40)) as (pilot, app):
        with counted() as work:
            await pilot.press(key)
            await pilot.pause()
            gate_of(app).run()
            await pilot.pause()
        assert work.key_bars <= 1
        shown = app.watch.query_one(KeyBar)
        before = shown.text
        shown.flush()
        assert shown.text == before, "it is up to date"


async def test_heads_look_as_textual_would_paint_them_wherever_the_keys_go(source: ScriptedRun) -> None:
    async with on_terminal(source, (120, 40)) as (pilot, app):
        for keys, holder in (("tab", "s002"), ("shift+tab", "s001"), ("5", "s005")):
            await pilot.press(keys)
            await until(pilot, lambda holder=holder: app.watch.grid.panes[holder].live.has_focus)
            assert written_by(app) == painted_by_textual(app)
            assert [row for row in written_by(app) if f"▶● {holder}" in row]
            assert app.watch.grid.current is app.watch.grid.panes[holder]
        await pilot.click(app.watch.grid.panes["s011"].live)
        await until(pilot, lambda: app.watch.grid.current is app.watch.grid.panes["s011"])
        assert written_by(app) == painted_by_textual(app)


async def test_a_frame_of_all_panes_is_one_write(source: ScriptedRun) -> None:
    async with on_terminal(source, (120, 40)) as (_, app):
        app._sync_available = True
        with counted() as work:
            app.watch._take([source.script.delta(f" of {step}", step=step) for step in STEPS])
            gate_of(app).run()
            assert len(work.writes) == 1
            (frame,) = work.frames
            assert frame.startswith("\x1b[?2026h")
            assert frame.endswith("\x1b[?2026l")
            assert all(f"of {step}" in frame for step in STEPS)
            assert work.heads == []
            assert work.messages == []
            gate_of(app).run()
            assert len(work.writes) == 1


async def test_time_goes_on_in_a_few_heads_with_each_frame(source: ScriptedRun) -> None:
    async with on_terminal(source, (120, 40)) as (_, app):
        app.clock.value += 5_000_000_000
        with counted() as work:
            app.watch._tick()
            gate_of(app).run()
            assert work.heads == list(STEPS[:HEADS_AT_ONCE])
            gate_of(app).run()
            assert work.heads == list(STEPS)
            gate_of(app).run()
            assert work.heads == list(STEPS)
        with counted() as work:
            app.watch._tick()
            app.watch.renew()
            gate_of(app).run()
            assert work.heads == list(STEPS)


async def test_panes_come_in_one_mount_in_their_grid_and_their_heads_ask_for_no_layout(
    source: ScriptedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted: list[int] = []
    laid_out: list[str] = []
    mount, refresh = PaneGrid.mount, Widget.refresh

    def counted_mount(grid: PaneGrid, *panes: Widget) -> object:
        mounted.append(len(panes))
        assert grid.styles.grid_size_columns == lay_out(len(STEPS), *grid.size, 0).columns
        return mount(grid, *panes)

    def counted_refresh(widget: Widget, *regions: Region, **more: bool) -> Widget:
        if more.get("layout"):
            laid_out.append(type(widget).__name__)
        return refresh(widget, *regions, **more)

    app = app_on(source)
    async with app.run_test(size=(120, 40), headless=False) as pilot:
        await until(pilot, lambda: app.watch.grid.size)
        monkeypatch.setattr(PaneGrid, "mount", counted_mount)
        source.emit(source.script.start())
        await until(pilot, lambda: len(app.watch.grid.panes) == len(STEPS))
        await until(pilot, lambda: all(pane.live.size for pane in app.watch.grid.panes.values()))
        assert mounted == [len(STEPS)]
        monkeypatch.setattr(Widget, "refresh", counted_refresh)
        app.watch.flush()
        assert "s016" in app.watch.grid.panes["s016"].header.text
        assert "PaneHeader" not in laid_out


MANY = tuple(f"s{n:03}" for n in range(1, 41))


async def test_many_panes_come_a_few_with_each_layout_where_they_will_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = ScriptedRun(Script(*MANY))
    mounted: list[int] = []
    laid_out: list[bool] = []
    columns: set[int] = set()
    mount = PaneGrid.mount

    def counted_mount(grid: PaneGrid, *panes: Widget) -> object:
        there = list(grid.panes.values())[: sum(mounted)]
        laid_out.append(all(pane.size for pane in there))
        mounted.append(len(panes))
        columns.add(grid.styles.grid_size_columns)
        return mount(grid, *panes)

    monkeypatch.setattr(PaneGrid, "mount", counted_mount)
    app = app_on(source)
    async with app.run_test(size=(200, 56), headless=False) as pilot:
        await until(pilot, lambda: app.watch.grid.size)
        await feed(pilot, source, source.script.start())
        grid = app.watch.grid
        await until(pilot, lambda: grid.is_whole and all(pane.live.size for pane in grid.panes.values()))
        assert mounted == [MOUNTED_AT_ONCE, MOUNTED_AT_ONCE, 8]
        assert laid_out == [True] * 3
        assert columns == {lay_out(len(MANY), *grid.size, 0).columns}
        await pilot.pause()
        assert written_by(app) == painted_by_textual(app)
        assert [row for row in written_by(app) if "s040" in row], "its head is told"


async def test_a_pane_that_is_not_there_yet_takes_the_keys_and_its_events() -> None:
    source = ScriptedRun(script := Script(*MANY))
    last = MANY[-1]
    app = app_on(source)
    async with app.run_test(size=(200, 56), headless=False) as pilot:
        grid = app.watch.grid
        await until(pilot, lambda: grid.size)
        before = [script.start(), script.step(last), script.attempt(last), script.frame(last)]
        app.watch._take([*before, script.delta("a", step=last), script.error(step=last, message="broken")])
        again = [script.attempt(last, why="retry"), script.frame(last), script.delta("b", step=last)]
        app.watch._take(again)
        assert not grid.is_whole
        app.watch.flush()
        assert grid.focus_pane(len(MANY) - 1)
        assert grid.is_whole
        await until(pilot, lambda: grid.panes[last].live.has_focus and grid.panes[last].live.size)
        await pilot.pause()
        gate_of(app).run()
        assert grid.panes[last].live.answer() == "b"
        assert [row for row in written_by(app) if f"▶● {last}" in row]
        assert list(grid.children) == list(grid.panes.values())


async def test_the_past_of_many_panes_comes_in_portions_too() -> None:
    source = GatedRun(Script(*MANY))
    async with on_terminal(source, (200, 56)) as (pilot, app):
        await pilot.press("comma")
        await until(pilot, lambda: app.watch.scrubbing)
        await until(pilot, lambda: app.watch.grid.is_whole and app.watch.grid is not app.watch.present)
        app.watch.flush()
        await pilot.pause()
        assert all(pane.size for pane in app.watch.grid.panes.values())
        assert app.watch.grid.panes["s002"].live.answer() == "x"

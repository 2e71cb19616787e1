"""The debugger on real runs: the engine, the simulator over loopback, the run log, a replay of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

from helpers_debugger import draw, text_of
from helpers_tui import until
from pipeline_runtime import Delta, bundled_workflows_dir, load_workflow, run
from pipeline_runtime.replay import INSTANT, ReplayRun
from pipeline_tui.app import Options, PipelineApp
from pipeline_tui.debugging import debugging_of
from pipeline_tui.listing.places import bundled_place
from pipeline_tui.screens.open_position import OpenPositionScreen
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    import pytest

    from pipeline_runtime import Run
    from pipeline_tui.views.source import RunSource


class RealApp(App[None]):
    """The run screen alone, on a real run with a gate."""

    watch: RunScreen

    def __init__(self) -> None:
        super().__init__()
        self.gate = debugging_of(self).gate()

    def show(self, source: RunSource) -> None:
        self.watch = RunScreen(source, title="real", debug=False)
        self.push_screen(self.watch)


def start(name: str, app: RealApp) -> Run:
    return run(load_workflow(bundled_workflows_dir() / f"{name}.yaml"), mode="mock", gate=app.gate)


async def test_break_on_the_first_tool_input_step_scrub_and_go_on() -> None:
    app = RealApp()
    async with app.run_test(size=(120, 36)) as pilot:
        app.gate.breakpoints.add("nth(1, lane:tool_input)")
        source = start("tools", app)
        app.show(source)
        await until(pilot, lambda: app.gate.hit is not None)
        watch = app.watch
        await until(pilot, lambda: watch.recorded is not None)
        await draw(pilot)
        assert " BREAK #1  hold · nth(1, lane:tool_input)" in text_of(app)  # type: ignore[arg-type]
        stopped_at = watch.view.seen
        for _ in range(5):
            before = watch.view.seen
            await pilot.press("full_stop")
            await until(pilot, lambda before=before: watch.view.seen > before)
        assert watch.view.seen == stopped_at + 5
        await pilot.press("comma", "home")
        await until(pilot, lambda: watch.place == 0)
        await pilot.press("escape", "space")
        await source.wait()
        await until(pilot, lambda: watch.view.finished is not None)
        assert watch.view.finished is not None
        assert watch.view.finished.status == "ok"
        assert watch.recorded is not None
        recorded = watch.recorded.read(0, len(watch.recorded))
        assert [event.seq for event in recorded] == [event.seq for event in source.history()]


async def test_a_position_is_opened_from_the_command_line_and_from_the_palette(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = run(load_workflow(bundled_workflows_dir() / "draft.yaml"), mode="mock", console=None)
    events = [event async for event in source]
    deltas = [event for event in events if isinstance(event, Delta) and event.content]
    at = deltas[len(deltas) // 2]
    text = "".join(delta.content for delta in deltas if delta.seq <= at.seq and delta.lane == "text")
    app = PipelineApp(bundled_place(), Options(mode="mock", position=f"{source.id}#{at.seq}"))
    told: list[str] = []
    monkeypatch.setattr(PipelineApp, "notify", lambda _self, message, **_: told.append(message))

    def shown() -> bool:
        screen = app.screen
        return isinstance(screen, RunScreen) and screen.scrubbing

    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, shown)
        assert isinstance(app.screen, RunScreen)
        recording = app.screen.recorded
        assert recording is not None
        assert app.screen.place is not None
        assert recording.seq(app.screen.place) == at.seq
        await until(pilot, lambda: answer(app) == text)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.workflows)
        app.positions.ask()
        await until(pilot, lambda: isinstance(app.screen, OpenPositionScreen))
        await pilot.press(*"none#3", "enter")
        await pilot.pause()
        assert isinstance(app.screen, OpenPositionScreen)
        assert "no recorded run" in str(app.screen.query_one("#problem").render())
        await pilot.press("ctrl+u", *f"{source.id}#2", "enter")
        await until(pilot, shown)
        assert told == []


def answer(app: PipelineApp) -> str:
    assert isinstance(app.screen, RunScreen)
    current = app.screen.grid.current
    return current.live.answer() if current is not None else ""


async def test_a_replay_is_stopped_stepped_and_gone_back_in() -> None:
    first = run(load_workflow(bundled_workflows_dir() / "draft.yaml"), mode="mock", console=None)
    await first.wait()
    assert first.log_path is not None
    app = RealApp()
    async with app.run_test(size=(100, 30)) as pilot:
        app.gate.breakpoints.add("nth(3, type:delta)", once=True)
        source = ReplayRun(first.log_path, speed=INSTANT, gate=app.gate)
        app.show(source)
        watch = app.watch
        await until(pilot, lambda: app.gate.hit is not None)
        await until(pilot, lambda: watch.recorded is not None)
        (pane,) = watch.present.panes.values()
        assert pane.view.deltas == 3
        await pilot.press("f", "comma", "comma", "comma")
        await until(pilot, lambda: watch.scrubbing)
        await draw(pilot)
        past: Any = watch.grid.current
        assert past.view.deltas < 4
        await pilot.press("space")
        await source.wait()
        await until(pilot, lambda: watch.view.finished is not None)
        assert pane.view.deltas > 20

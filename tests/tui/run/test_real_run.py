"""The screen on a real run: the engine, the simulator over loopback HTTP, and the run log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from textual.app import App

from helpers_tui import until
from pipeline_runtime import Fallback, bundled_workflows_dir, load_workflow, run
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime import Run
    from pipeline_tui.widgets.debug_panel import DebugPanel


class RealApp(App[None]):
    """The run screen alone, on a real run."""

    def __init__(self, source: Run, *, debug: bool) -> None:
        super().__init__()
        self.watch = RunScreen(source, title="real", debug=debug)

    def on_mount(self) -> None:
        self.push_screen(self.watch)


def start(name: str) -> Run:
    return run(load_workflow(bundled_workflows_dir() / f"{name}.yaml"), mode="mock")


async def finished(pilot: Any, app: RealApp, source: Run) -> None:
    await source.wait()
    await until(pilot, lambda: app.watch.view.finished is not None)
    await pilot.pause()
    app.watch.flush()


async def test_a_refused_stream_is_sync_with_its_reason() -> None:
    source = start("fallback")
    app = RealApp(source, debug=False)
    async with app.run_test(size=(100, 30)) as pilot:
        async for batch in source.batches():
            if any(isinstance(event, Fallback) for event in batch):
                break
        (pane,) = app.watch.grid.panes.values()
        await until(pilot, lambda: pane.view.badge == "SYNC")
        assert pane.view.deltas == 0
        await finished(pilot, app, source)
        assert " SYNC " in pane.header.text
        assert pane.view.earlier
        result = source.result
        assert result is not None
        assert result.status == "ok"
        assert pane.live.answer() == pane.view.response.text  # type: ignore[union-attr]


async def test_every_frame_is_a_row_and_its_bytes_are_those_of_the_log() -> None:
    source = start("tools")
    app = RealApp(source, debug=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await finished(pilot, app, source)
        live = _frames(app.watch.panel)
        assert len(live) > 10
        for frame in live:
            raw = source.raw_bytes(frame.step, frame.attempt, frame.offset, frame.size)
            assert len(raw) == frame.size
            if frame.data:
                assert frame.data.splitlines()[0].encode() in raw
        await pilot.press("d")
        await until(pilot, lambda: app.watch.panel is None)
        await pilot.press("d")
        await until(pilot, lambda: app.watch.panel is not None and len(_frames(app.watch.panel)) == len(live))
        assert _frames(app.watch.panel) == live


def _frames(panel: DebugPanel | None) -> list[Any]:
    assert panel is not None
    return [row.frame for row in panel.table.rows if row.frame is not None]


async def test_tools_look_the_same_in_every_protocol(tmp_path: Path) -> None:
    providers = {
        "claude": "anthropic",
        "openai": "openai-chat",
        "openai-responses": "openai-responses",
        "gemini": "gemini",
        "ollama": "ollama",
    }
    steps = "".join(
        f"  - {{id: {name}, needs: [], provider: {name}, model: m, prompt: hi, scenario: tool-call}}\n"
        for name in providers
    )
    file = tmp_path / "five.yaml"
    file.write_text(f"name: Five\ndefaults: {{stream: true, max_tokens: 512}}\nsteps:\n{steps}")
    source = run(load_workflow(file), mode="mock")
    app = RealApp(source, debug=False)
    async with app.run_test(size=(160, 50)) as pilot:
        await finished(pilot, app, source)
        for name, protocol in providers.items():
            pane = app.watch.grid.panes[name]
            assert f" STREAM  done · {name}/m · {protocol}" in pane.header.text
            pane.live.answer()  # takes in what was not drawn yet
            text, tool = pane.live.transcript.sections
            assert text.role == "text"
            assert tool.head == "⚒ get_weather"
            assert json.loads("".join(tool.raw)) == {"city": "Lisbon", "unit": "celsius"}

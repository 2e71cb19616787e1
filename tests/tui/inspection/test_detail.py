"""The detail on a real run: its keys, and the borders of reads."""

from __future__ import annotations

from textual.app import App

from helpers_core import mocked
from helpers_tui import until
from pipeline_runtime import Run
from pipeline_runtime.simulator import Simulator
from pipeline_tui.screens.run import RunScreen


class RealApp(App[None]):
    """The run screen alone, on a real run."""

    def __init__(self, source: Run) -> None:
        super().__init__()
        self.watch = RunScreen(source, title="real", debug=True)

    def on_mount(self) -> None:
        self.push_screen(self.watch)


async def test_text_hex_json_and_the_borders_of_reads() -> None:
    scenario = "{reply: 'one é é é two', faults: ['split@1:4'], timing: {first_token: 0.1, rate: 50}}"
    simulator = Simulator(time_scale=2).start()
    source = mocked(f"steps: [{{id: s, prompt: hi, scenario: {scenario}}}]", simulator)
    app = RealApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await source.wait()
        await until(pilot, lambda: app.watch.view.finished is not None)
        panel = app.watch.panel
        assert panel is not None
        table, raw, made = panel.table, panel.detail.raw, panel.detail.events
        split = next(
            n for n, row in enumerate(table.rows) if row.frame and row.frame.chunks[0] < row.frame.chunks[1]
        )
        table.focus()
        await pilot.press("home", *["down"] * split)
        await until(pilot, lambda: "╌╌ next read" in raw.answer())
        assert "content_block_delta␊" in raw.answer()
        assert "after the frame before" in made.answer()
        await pilot.press("x")
        await until(pilot, lambda: "65 76 65 6e" in raw.answer())
        assert "╌╌ next read" in raw.answer()
        await pilot.press("x")
        await until(pilot, lambda: '"delta": {' in raw.answer())
        await pilot.press("u", "x")
        await until(pilot, lambda: "╌╌ next read" in raw.answer())
        await pilot.press("home", "down", "down")
        await until(pilot, lambda: "as curl:" in raw.answer())
        assert "ANTHROPIC_API_KEY" in raw.answer()
        await pilot.press("down")
        await until(pilot, lambda: "HTTP/1.1 200" in raw.answer())
        assert "the id to quote to the provider" in raw.answer()
        await pilot.press("end")
        await until(pilot, lambda: "runtime's own" in raw.answer())
        assert list(app.watch.view.panes) == ["s"]

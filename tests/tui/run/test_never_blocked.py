"""The event loop is the UI's pulse: nothing that the run screen does may wait for a disk or another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockBuster
from textual.app import App

from helpers_tui import until
from pipeline_runtime import bundled_workflows_dir, load_workflow, run
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime import Run


class RealApp(App[None]):
    """The run screen alone, on a real run."""

    def __init__(self, source: Run) -> None:
        super().__init__()
        self.watch = RunScreen(source, title="real", debug=False)

    def on_mount(self) -> None:
        self.push_screen(self.watch)


@pytest.fixture
def guard() -> Iterator[BlockBuster]:
    """Off until it is activated: then a blocking call that the UI makes in the event loop fails."""
    guard = BlockBuster("pipeline_tui")
    yield guard
    guard.deactivate()


async def test_a_run_is_watched_saved_and_left_without_a_blocking_call(guard: BlockBuster) -> None:
    source = run(load_workflow(bundled_workflows_dir() / "draft.yaml"), mode="mock")
    app = RealApp(source)
    told: list[str] = []
    app.notify = lambda message, **_: told.append(message)  # type: ignore[method-assign]
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.watch.view.panes)
        guard.activate()
        await source.wait()
        await until(pilot, lambda: app.watch.view.finished is not None)
        await pilot.press("s")
        await until(pilot, lambda: told)
        assert "Saved as" in told[0]
        await pilot.resize_terminal(60, 20)
        await pilot.press("z", "k", "G")
        await pilot.pause()
        guard.deactivate()

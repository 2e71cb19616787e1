"""The panel of a long run that is over: its index is kept when it is closed, and shown when it is opened again."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from textual.app import App

from helpers_tui import until
from pipeline_runtime import Run, bundled_workflows_dir, load_workflow, run
from pipeline_runtime.runlog.index import LogIndex, index_path, kept
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.widgets import debug_panel
from pipeline_tui.widgets.debug_panel import PanelTitle

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from pipeline_runtime.events import AnyEvent


class RealApp(App[None]):
    """The run screen alone, on a real run."""

    def __init__(self, source: Run) -> None:
        super().__init__()
        self.watch = RunScreen(source, title="real", debug=True)

    def on_mount(self) -> None:
        self.push_screen(self.watch)


async def test_the_index_of_a_long_run_is_kept_and_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEEP_FROM", 0)
    source = run(load_workflow(bundled_workflows_dir() / "tools.yaml"), mode="mock")
    app = RealApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await source.wait()
        await until(pilot, lambda: app.watch.view.finished is not None)
        panel, log = app.watch.panel, source.log_path
        assert panel is not None
        assert log is not None
        shown = [(row.event, row.events, row.gap) for row in panel.table.rows]
        read = LogIndex(log)
        read.finish()
        assert [(event, list(made), gap) for event, made, gap in read.rows(0, len(read))] == shown
        read.close()
        await pilot.press("d")
        await until(pilot, lambda: index_path(log).exists())
        monkeypatch.setattr(source, "history", None)
        await pilot.press("d")
        again = app.watch.panel
        assert again is not None
        await until(pilot, lambda: len(again.table.rows) == len(shown))
        assert again.table.index.kept
        assert [(row.event, row.events, row.gap) for row in again.table.rows] == shown
        await pilot.press("d")
        log.write_bytes(b"hello\n")
        monkeypatch.undo()
        await pilot.press("d")
        none = app.watch.panel
        assert none is not None
        await until(pilot, lambda: none._early is None)
        assert len(none.table.rows) == 0


async def test_how_much_of_the_past_is_read_is_told_and_its_end_is_there_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(debug_panel, "_SLICE", 40)
    source = run(load_workflow(bundled_workflows_dir() / "tools.yaml"), mode="mock")
    app = RealApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await source.wait()
        await until(pilot, lambda: app.watch.view.finished is not None)
        await pilot.press("d")
        everything, go_on = list(source.history()), Event()

        def slow() -> Iterator[AnyEvent]:
            yield from everything[:40]
            go_on.wait()
            yield from everything[40:]

        monkeypatch.setattr(source, "history", slow)
        await pilot.press("d")
        panel = app.watch.panel
        assert panel is not None
        share = f"{40 / len(everything):.0%} read"
        try:
            await until(pilot, lambda: share in panel.query_one(PanelTitle).text)
            await pilot.press("G")
            assert panel.table.following
            assert panel.table.rows[-1].last_seq == everything[39].seq
        finally:
            go_on.set()
        await until(pilot, lambda: panel._early is None)
        assert " read" not in panel.query_one(PanelTitle).text
        assert panel.table.rows[-1].last_seq == everything[-1].seq

"""What the keys of the History screen do to runs: compare, export, delete, bring back."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from pipeline_runtime import RunLog
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.library import Library
from pipeline_runtime.library.exporting import export_run
from pipeline_runtime.paths import state_dir
from pipeline_tui.screens.export_menu import ExportScreen
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.history_table import HistoryTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pipeline_tui.screens.export_menu import Export
    from pipeline_tui.views.history_row import HistoryRow

Done = TypeVar("Done")
_NO_NAME = re.compile(r"[^\w.-]+")


class HistoryActions(Screen[None]):
    """Keys that act on the selected run, or on the marked ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c", "compare", "Compare", tooltip="Compare the two marked runs, or the marked and the selected"
        ),
        Binding(
            "x",
            "export",
            "Export",
            show=False,
            tooltip="Write the selected run to a file: report, HAR, curl, bytes",
        ),
        Binding(
            "delete,D", "delete", "Delete", key_display="D", tooltip="Move the selected run to the trash"
        ),
        Binding("u", "undo", "Undo", show=False, tooltip="Bring back the run that was deleted last"),
    ]

    class CompareAsked(Message):
        """These two logs shall be compared."""

        def __init__(self, a: HistoryRow, b: HistoryRow) -> None:
            super().__init__()
            self.a = a
            self.b = b

    def __init__(self) -> None:
        super().__init__()
        self.library = Library()
        self.busy = asyncio.Lock()
        """Who uses the library: it is for one thread at a time."""
        self._deleted: list[str] = []

    @property
    def table(self) -> HistoryTable:
        """The runs."""
        return self.query_one(HistoryTable)

    @property
    def all_rows(self) -> Sequence[HistoryRow]:
        """Every run, also those that are not shown."""
        raise NotImplementedError

    async def read_again(self) -> None:
        """Read the runs again."""
        raise NotImplementedError

    # --- comparing ----------------------------------------------------------------------------------------

    def pair(self) -> tuple[HistoryRow, HistoryRow] | None:
        """The two runs that `c` compares: both marked ones, or the marked one and the selected one."""
        chosen = [row for run in self.table.marked for row in self.all_rows if row.run.run == run]
        selected = self.table.selected
        if len(chosen) == 1 and selected is not None and selected.run.run != chosen[0].run.run:
            chosen.append(selected)
        return (chosen[0], chosen[1]) if len(chosen) > 1 else None

    def action_compare(self) -> None:
        """Ask for the comparison."""
        pair = self.pair()
        if pair is None:
            self.app.notify("Mark two runs with space, then c compares them", markup=False)
            return
        self.post_message(self.CompareAsked(*pair))

    # --- exporting ----------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask in which form, then write."""
        row = self.table.selected
        if row is None:
            return
        finished = row.run.finished
        steps = [step.step for step in finished.steps if step.delivery] if finished is not None else []

        def write(export: Export | None) -> None:
            if export is not None:
                self._export(row, export)

        self.app.push_screen(ExportScreen(row.run.run, steps), write)

    @work(group="export")
    async def _export(self, row: HistoryRow, export: Export) -> None:
        path = await self._tried(lambda: write_export(row.log, export))
        if path is not None:
            self.app.notify(f"Written to {sanitise_line(str(path))}", markup=False)

    # --- deleting -----------------------------------------------------------------------------------------

    @work(group="delete")
    async def action_delete(self) -> None:
        """Move the selected run to the trash."""
        row = self.table.selected
        if row is None:
            return
        async with self.busy:
            gone = await self._tried(lambda: self.library.delete([row.log]))
        if gone is None:
            return
        self._deleted += gone
        self.table.unmark(gone)
        self.app.notify(f"{sanitise_line(row.run.run)} is in the trash; u brings it back", markup=False)
        await self.read_again()

    @work(group="delete")
    async def action_undo(self) -> None:
        """Bring back the run that was deleted last; after a new start, too."""
        async with self.busy:
            log = await self._tried(
                lambda: self.library.restore(self._deleted[-1] if self._deleted else "last")
            )
        if log is None:
            return
        self._deleted = [run for run in self._deleted if run != log.stem]
        self.app.notify(f"{sanitise_line(log.stem)} is back", markup=False)
        await self.read_again()
        rows = self.table.rows
        self.table.cursor = next((at for at, row in enumerate(rows) if row.log == log), self.table.cursor)

    async def _tried(self, act: Callable[[], Done]) -> Done | None:
        """Do it in a thread; when it cannot be done, say why."""
        try:
            return await asyncio.to_thread(act)
        except PipelineError as error:
            cure = f" ({error.cure})" if error.cure and error.cure not in str(error) else ""
            self.app.notify(sanitise_line(f"{error}{cure}"), severity="warning", markup=False)
        except OSError as error:
            self.app.notify(
                sanitise_line(f"{error.filename}: {error.strerror}"), severity="error", markup=False
            )
        return None


def write_export(log: Path, export: Export) -> Path:
    """Write a file that only the user can read; gives its place. Blocks.

    Raises:
        PipelineError: The run does not have what shall be written.
        OSError: The file cannot be written.
    """
    folder = state_dir() / "saved"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / _NO_NAME.sub("_", f"{log.stem}.{export.ending}")
    path.touch(mode=0o600)
    try:
        with path.open("wb") as file:
            file.writelines(export_run(RunLog(log), export.form, step=export.step))
    except (PipelineError, OSError):
        path.unlink()
        raise
    return path

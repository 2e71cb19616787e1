"""What the keys of the History screen do to runs: compare, export, delete, bring back."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from pipeline_runtime.library import Library
from pipeline_runtime.library.quantities import show_size
from pipeline_tui.exports import tried, write_export
from pipeline_tui.screens.export_menu import ExportScreen, exports_for, exports_for_many
from pipeline_tui.screens.prune import PruneScreen
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted
from pipeline_tui.widgets.history_table import HistoryTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_tui.screens.export_menu import Export
    from pipeline_tui.views.history_row import HistoryRow

Done = TypeVar("Done")


class HistoryActions(Screen[None]):
    """Keys that act on the selected run, or on the marked ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c", "compare", "Compare", tooltip="Compare the two marked runs, or the marked and the selected"
        ),
        Binding(
            "x", "export", "Export", show=False,
            tooltip="Write the marked runs, or the selected one, to files: report, HAR, curl, bytes",
        ),
        Binding(
            "delete,D", "delete", "Delete", key_display="D",
            tooltip="Move the marked runs, or the selected one, to the trash",
        ),
        Binding("u", "undo", "Undo", show=False, tooltip="Bring back what was deleted last"),
        Binding(
            "P", "prune", "Prune", show=False, tooltip="Remove runs by age, size and number: says which"
        ),
    ]  # fmt: skip

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
        self._deleted: list[list[str]] = []
        """What went to the trash together, the last at the end."""

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

    def targets(self) -> list[HistoryRow]:
        """The runs that are meant: the marked ones, or else the selected one."""
        marked = set(self.table.marked)
        if marked:
            return [row for row in self.all_rows if row.run.run in marked]
        return [self.table.selected] if self.table.selected is not None else []

    # --- comparing ----------------------------------------------------------------------------------------

    def pair(self) -> tuple[HistoryRow, HistoryRow] | None:
        """The two runs that `c` compares: both marked ones, or the marked one and the selected one."""
        marked = self.table.marked
        if len(marked) > 2:  # noqa: PLR2004 - so many are compared
            return None
        chosen = [row for run in marked for row in self.all_rows if row.run.run == run]
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
        rows = self.targets()
        if not rows:
            return

        def write(export: Export | None) -> None:
            if export is not None:
                self._export(rows, export)

        first = rows[0].run
        if len(rows) == 1:
            steps = [step.step for step in first.finished.steps if step.delivery] if first.finished else []
            self.app.push_screen(ExportScreen(first.run, exports_for(steps)), write)
        else:
            self.app.push_screen(ExportScreen(counted(len(rows), "run"), exports_for_many()), write)

    @work(group="export")
    async def _export(self, rows: Sequence[HistoryRow], export: Export) -> None:
        written = [
            path for row in rows if (path := await self._tried(partial(write_export, row.log, export)))
        ]  # fmt: skip
        if len(written) == 1:
            self.app.notify(f"Written to {sanitise_line(str(written[0]))}", markup=False)
        elif written:
            folder = sanitise_line(str(written[0].parent))
            self.app.notify(f"{counted(len(written), 'file')} written to {folder}", markup=False)

    # --- deleting -----------------------------------------------------------------------------------------

    def action_delete(self) -> None:
        """Move the marked runs, or the selected one, to the trash."""
        self._delete([row.log for row in self.targets()])

    @work(group="delete")
    async def _delete(self, logs: Sequence[Path]) -> None:
        async with self.busy:
            gone = await self._tried(lambda: self.library.delete(logs))
        if not gone:
            return
        self._deleted.append(gone)
        self.table.unmark(gone)
        told = f"{gone[0]} is" if len(gone) == 1 else f"{counted(len(gone), 'run')} are"
        back = "it" if len(gone) == 1 else "them"
        self.app.notify(f"{sanitise_line(told)} in the trash; u brings {back} back", markup=False)
        await self.read_again()

    @work(group="delete")
    async def action_undo(self) -> None:
        """Bring back what was deleted last; after a new start, too."""
        words = self._deleted.pop() if self._deleted else ["last"]
        async with self.busy:
            found = [await self._tried(partial(self.library.restore, word)) for word in words]
        logs = [log for log in found if log is not None]
        if not logs:
            return
        told = f"{logs[0].stem} is" if len(logs) == 1 else f"{counted(len(logs), 'run')} are"
        self.app.notify(f"{sanitise_line(told)} back", markup=False)
        await self.read_again()
        rows = self.table.rows
        self.table.cursor = next((at for at, row in enumerate(rows) if row.log in logs), self.table.cursor)

    @work(group="prune")
    async def action_prune(self) -> None:
        """Ask by which rule, say what would go, and remove it."""
        async with self.busy:
            room = await self._tried(self.library.room)
        if room is None:
            return
        runs = sorted((row.run for row in self.all_rows), key=lambda run: Path(run.log).name, reverse=True)
        answer = await self.app.push_screen_wait(PruneScreen(runs, room, now=time.time()))
        if answer is None:
            return
        if not answer.for_good:
            self._delete([Path(run.log) for run in answer.runs])
            return
        async with self.busy:
            gone = await self._tried(lambda: self.library.prune(answer.rule))
        if gone is None:
            return
        self._deleted.clear()
        self.table.unmark([run.run for run in gone])
        freed = show_size(sum(run.size for run in gone) + room.trash)
        self.app.notify(f"{counted(len(gone), 'run')} and the trash removed: {freed}", markup=False)
        await self.read_again()

    async def _tried(self, act: Callable[[], Done]) -> Done | None:
        """Do it in a thread; when it cannot be done, say why."""
        return await tried(self.app, act)

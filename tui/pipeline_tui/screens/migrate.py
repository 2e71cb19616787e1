"""Migrating the files of a place: what is legacy in each, what it becomes, written file by file on a key."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pipeline_runtime.errors import PipelineError
from pipeline_tui.screens.migrate_actions import CHANGES, MigrateActions
from pipeline_tui.views.diff import diff_rows
from pipeline_tui.views.migration import (
    empty_text,
    file_line,
    head_text,
    name_of,
    sheet,
    status_text,
)
from pipeline_tui.widgets.diff_view import DiffView
from pipeline_tui.widgets.lasting_footer import LastingFooter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.content import Content

    from pipeline_runtime.migrate.audit import FileAudit
    from pipeline_tui.listing.places import Place
    from pipeline_tui.screens.migrate_actions import Written


class FileList(OptionList):
    """The files, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Look", show=False, tooltip="Go to what changes in the file"),
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]


class MigrateScreen(MigrateActions):
    """Lists the files with findings; nothing is written before a key says so."""

    CSS_PATH = "../styles/migrate.tcss"
    TITLE = "Migrate"

    def __init__(self, place: Place, written: Written) -> None:
        super().__init__(written)
        self._place = place
        self._looked_at = 0

    def compose(self) -> ComposeResult:
        """Head, files above what changes in the selected one, status, keys."""
        yield Static(id="migrate-head", markup=False)
        yield FileList(id="files", compact=True)
        yield DiffView(id="sheet")
        yield Static("reading files…", id="nothing", markup=False)
        yield Static(id="migrate-status", markup=False)
        yield LastingFooter(compact=True)

    def on_mount(self) -> None:
        """Draw first, then read."""
        self.draw()
        self._load()

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def selected(self) -> FileAudit | None:
        """The file under the cursor."""
        at = self.query_one(FileList).highlighted
        return self.audits[at] if self.audits and at is not None and at < len(self.audits) else None

    @work(group="migrate", exclusive=True)
    async def _load(self) -> None:
        async with self.busy:
            try:
                audits = await asyncio.to_thread(_audit, [str(path) for path in self._place.paths])
            except PipelineError as error:
                self.tell([error])
                audits = []
        if not self.is_attached:
            return
        self._looked_at = len(audits)
        listed = [self._as_written(audit) for audit in audits]
        self.audits = [audit for audit in listed if audit.status != "clean"]
        self.list_files()
        self.draw()
        if self.audits:
            self.query_one(FileList).focus()

    def _as_written(self, audit: FileAudit) -> FileAudit:
        """What was written stays listed, so that it can be undone, until somebody changes the file."""
        written = self.written.get(audit.path)
        return written if written is not None and written.after == audit.before else audit

    def list_files(self) -> None:
        """Show the files, a line each."""
        files = self.query_one(FileList)
        kept = files.highlighted or 0
        audits = self.audits or []
        files.set_options([Option(line) for line in self._file_lines()])
        files.highlighted = min(kept, len(audits) - 1) if audits else None

    def _file_lines(self) -> list[Content]:
        width = max(1, self.size.width - 3)
        folders = self._place.paths
        return [file_line(audit, name_of(audit.path, folders), width) for audit in self.audits or ()]

    def on_resize(self) -> None:
        """Fit the files' lines to the new width."""
        if self.audits:
            self.list_files()

    def draw(self) -> None:
        """Show what there is now."""
        self.query_one("#migrate-head", Static).update(
            head_text(self._place.label, self.audits, self._looked_at)
        )
        nothing = self.query_one("#nothing", Static)
        if self.audits is not None:
            nothing.update(empty_text(self._place.label, self._looked_at))
        nothing.display = not self.audits
        self.query_one(FileList).display = self.query_one(DiffView).display = bool(self.audits)
        self._show_selected(to_top=True)

    def on_option_list_option_highlighted(self) -> None:
        """Show the file under the cursor."""
        self._show_selected(to_top=True)

    def on_option_list_option_selected(self) -> None:
        """Go to what changes in it."""
        self.query_one(DiffView).focus()

    def _show_selected(self, *, to_top: bool) -> None:
        audit = self.selected
        self.query_one("#migrate-status", Static).update(status_text(audit))
        self.refresh_bindings()
        if audit is None:
            self.query_one(DiffView).show(None, to_top=True)
        else:
            self._show_sheet(audit, to_top=to_top)

    @work(group="sheet", exclusive=True)
    async def _show_sheet(self, audit: FileAudit, *, to_top: bool) -> None:
        rows = await asyncio.to_thread(diff_rows, audit.before, audit.after)
        if self.is_attached:
            self.query_one(DiffView).show(partial(sheet, audit, rows), to_top=to_top)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if self.query(FileList) and action in CHANGES:
            chosen = (self.selected,) if action in ("accept", "undo", "edit") else self.audits or ()
            return any(one is not None and CHANGES[action](one) for one in chosen)
        return super().check_action(action, parameters)

    # --- the rest -----------------------------------------------------------------------------------------

    def action_reload(self) -> None:
        """Read everything anew."""
        self._load()

    def action_back(self) -> None:
        """Back to the list of workflows."""
        self.dismiss()


def _audit(paths: Sequence[str]) -> list[FileAudit]:
    """Blocks; call it in a thread."""
    from pipeline_runtime.migrate.audit import audit_paths  # noqa: PLC0415 - not before it is asked for

    return audit_paths(paths)

"""Migrating the files of a place: what is legacy in each, what it becomes, written file by file on a key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pipeline_runtime.errors import PipelineError
from pipeline_tui.editor import open_in_editor
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.diff import diff_rows
from pipeline_tui.views.format import counted
from pipeline_tui.views.migration import (
    can_write,
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
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.content import Content

    from pipeline_runtime.migrate.audit import FileAudit
    from pipeline_tui.listing.places import Place

Written: TypeAlias = "dict[Path, FileAudit]"
"""What this session has written, and can undo, also after the screen was closed."""
Act: TypeAlias = "Callable[[FileAudit], FileAudit]"
MOST_TOLD = 3
"""Errors that are told one by one."""


def _is_written(audit: FileAudit) -> bool:
    return audit.status == "migrated"


CHANGES: Mapping[str, Callable[[FileAudit], bool]] = {
    "accept": can_write,
    "accept_all": can_write,
    "undo": _is_written,
    "undo_all": _is_written,
    "edit": lambda _: True,
}
"""What can be done, and with which files."""


class FileList(OptionList):
    """The files, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Look", show=False, tooltip="Go to what changes in the file"),
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]


class MigrateScreen(Screen[None]):
    """Lists the files with findings; nothing is written before a key says so."""

    CSS_PATH = "../styles/migrate.tcss"
    TITLE = "Migrate"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "accept", "Accept", tooltip="Write the selected file; what it was is kept beside it"),
        Binding("A", "accept_all", "Accept all", tooltip="Write every file that changes, each with a backup"),
        Binding("u", "undo", "Undo", tooltip="Bring back what the selected file was"),
        Binding("U", "undo_all", "Undo all", show=False, tooltip="Bring back every file that was written"),
        Binding("e", "edit", "Edit", tooltip="Open the file in $EDITOR, at what is left to decide"),
        Binding("R", "reload", "Look again", tooltip="Read all files again"),
        Binding("tab", "app.focus_next", "Files or diff", show=False, tooltip="Go between files and diff"),
        Binding("escape", "back", "Back", tooltip="Back to the workflows; nothing more is written"),
    ]

    def __init__(self, place: Place, written: Written) -> None:
        super().__init__()
        self._place = place
        self._written = written
        self._audits: list[FileAudit] | None = None
        self._looked_at = 0
        self._busy = asyncio.Lock()

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
        self._draw()
        self._load()

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def audits(self) -> Sequence[FileAudit] | None:
        """The files that are listed; `None` while they are read for the first time."""
        return self._audits

    @property
    def selected(self) -> FileAudit | None:
        """The file under the cursor."""
        at = self.query_one(FileList).highlighted
        return self._audits[at] if self._audits and at is not None and at < len(self._audits) else None

    @work(group="migrate", exclusive=True)
    async def _load(self) -> None:
        async with self._busy:
            try:
                audits = await asyncio.to_thread(_audit, [str(path) for path in self._place.paths])
            except PipelineError as error:
                self._tell([error])
                audits = []
        if not self.is_attached:
            return
        self._looked_at = len(audits)
        listed = [self._as_written(audit) for audit in audits]
        self._audits = [audit for audit in listed if audit.status != "clean"]
        self._list_files()
        self._draw()
        if self._audits:
            self.query_one(FileList).focus()

    def _as_written(self, audit: FileAudit) -> FileAudit:
        """What was written stays listed, so that it can be undone, until somebody changes the file."""
        written = self._written.get(audit.path)
        return written if written is not None and written.after == audit.before else audit

    def _list_files(self) -> None:
        files = self.query_one(FileList)
        kept = files.highlighted or 0
        audits = self._audits or []
        files.set_options([Option(line) for line in self._file_lines()])
        files.highlighted = min(kept, len(audits) - 1) if audits else None

    def _file_lines(self) -> list[Content]:
        width = max(1, self.size.width - 3)
        folders = self._place.paths
        return [file_line(audit, name_of(audit.path, folders), width) for audit in self._audits or ()]

    def on_resize(self) -> None:
        """Fit the files' lines to the new width."""
        if self._audits:
            self._list_files()

    def _draw(self) -> None:
        self.query_one("#migrate-head", Static).update(
            head_text(self._place.label, self._audits, self._looked_at)
        )
        nothing = self.query_one("#nothing", Static)
        if self._audits is not None:
            nothing.update(empty_text(self._place.label, self._looked_at))
        nothing.display = not self._audits
        self.query_one(FileList).display = self.query_one(DiffView).display = bool(self._audits)
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
            chosen = (self.selected,) if action in ("accept", "undo", "edit") else self._audits or ()
            return any(one is not None and CHANGES[action](one) for one in chosen)
        return super().check_action(action, parameters)

    # --- writing ------------------------------------------------------------------------------------------

    def action_accept(self) -> None:
        """Write the selected file."""
        if self.selected is not None:
            self._change([self.selected], _write, "{} written; u brings it back")

    def action_accept_all(self) -> None:
        """Write all that changes."""
        self._change(
            [one for one in self._audits or () if can_write(one)], _write, "{} written; U brings back all"
        )

    def action_undo(self) -> None:
        """Bring the selected file back."""
        if self.selected is not None:
            self._change([self.selected], _undo, "{} brought back")

    def action_undo_all(self) -> None:
        """Bring all written files back."""
        written = [one for one in self._audits or () if _is_written(one)]
        self._change(written, _undo, "{} brought back")

    def _change(self, audits: Sequence[FileAudit], act: Act, words: str) -> None:
        """Do it for all of them, even if the screen is left meanwhile: no file is half accepted."""
        self.app.run_worker(self._change_all(audits, act, words), group="migrate")

    async def _change_all(self, audits: Sequence[FileAudit], act: Act, words: str) -> None:
        problems: list[PipelineError] = []
        async with self._busy:
            listed = {id(audit) for audit in self._audits or ()}
            audits = [audit for audit in audits if id(audit) in listed]  # the same key again, meanwhile done
            for number, audit in enumerate(audits, 1):
                self._tell_progress(number, len(audits))
                changed = await asyncio.to_thread(_tried, act, audit)
                self._keep(audit, changed)
                if changed.problem is not None:
                    problems.append(changed.problem)
        done = len(audits) - len(problems)
        if done:
            self.app.notify(words.format(counted(done, "file")), markup=False)
        self._tell(problems)
        if self.is_attached:
            self._list_files()
            self._draw()

    def _tell_progress(self, number: int, count: int) -> None:
        if count > 1 and self.is_attached:
            status = self.query_one("#migrate-status", Static)
            status.update(f"file {number} of {count}…", layout=False)

    def _keep(self, audit: FileAudit, changed: FileAudit) -> None:
        if changed.status == "migrated":
            self._written[changed.path] = changed
        else:
            self._written.pop(changed.path, None)
        self._audits = [changed if one is audit else one for one in self._audits or ()]

    def _tell(self, problems: Sequence[PipelineError]) -> None:
        for problem in problems[:MOST_TOLD]:
            cure = f" ({problem.cure})" if problem.cure and problem.cure not in str(problem) else ""
            self.app.notify(sanitise_line(f"{problem}{cure}"), severity="error", markup=False)
        if len(problems) > MOST_TOLD:
            more = counted(len(problems) - MOST_TOLD, "more file")
            self.app.notify(f"and {more}: each says why", severity="error", markup=False)

    # --- the rest -----------------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Open the selected file at what is left to decide, else at its first finding."""
        audit = self.selected
        if audit is not None:
            findings = audit.left or (audit.findings if audit.status != "migrated" else ())
            open_in_editor(self.app, audit.path, line=findings[0].line if findings else None)

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


def _tried(act: Act, audit: FileAudit) -> FileAudit:
    """The file after it; what went wrong is its problem, in words. Blocks."""
    try:
        return act(replace(audit, problem=None))
    except PipelineError as error:
        return replace(audit, problem=error)
    except OSError as error:
        return replace(audit, problem=PipelineError(f"{audit.path}: {error.strerror or error}"))


def _write(audit: FileAudit) -> FileAudit:
    from pipeline_runtime.migrate.audit import write_audit  # noqa: PLC0415 - not before it is asked for

    return write_audit(audit)


def _undo(audit: FileAudit) -> FileAudit:
    from pipeline_runtime.migrate.audit import undo_audit  # noqa: PLC0415 - not before it is asked for

    return undo_audit(audit)

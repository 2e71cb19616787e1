"""What the keys of the Migrate screen do to files: write them, bring them back, open them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from pipeline_runtime.errors import PipelineError
from pipeline_tui.editor import open_in_editor
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted
from pipeline_tui.views.migration import can_write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pipeline_runtime.migrate.audit import FileAudit

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


class MigrateActions(Screen[None]):
    """Keys that act on the selected file, or on all of them; nothing is written before one says so."""

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

    def __init__(self, written: Written) -> None:
        super().__init__()
        self.audits: list[FileAudit] | None = None
        """The files that are listed; `None` while they are read for the first time."""
        self.written = written
        self.busy = asyncio.Lock()
        """Who reads or changes the files: one at a time."""

    @property
    def selected(self) -> FileAudit | None:
        """The file under the cursor."""
        raise NotImplementedError

    def list_files(self) -> None:
        """Show the files, a line each."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what there is now."""
        raise NotImplementedError

    # --- writing ------------------------------------------------------------------------------------------

    def action_accept(self) -> None:
        """Write the selected file."""
        if self.selected is not None:
            self._change([self.selected], _write, "{} written; u brings it back")

    def action_accept_all(self) -> None:
        """Write all that changes."""
        self._change(
            [one for one in self.audits or () if can_write(one)], _write, "{} written; U brings back all"
        )

    def action_undo(self) -> None:
        """Bring the selected file back."""
        if self.selected is not None:
            self._change([self.selected], _undo, "{} brought back")

    def action_undo_all(self) -> None:
        """Bring all written files back."""
        written = [one for one in self.audits or () if _is_written(one)]
        self._change(written, _undo, "{} brought back")

    def _change(self, audits: Sequence[FileAudit], act: Act, words: str) -> None:
        """Do it for all of them, even if the screen is left meanwhile: no file is half accepted."""
        self.app.run_worker(self._change_all(audits, act, words), group="migrate")

    async def _change_all(self, audits: Sequence[FileAudit], act: Act, words: str) -> None:
        problems: list[PipelineError] = []
        async with self.busy:
            listed = {id(audit) for audit in self.audits or ()}
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
        self.tell(problems)
        if self.is_attached:
            self.list_files()
            self.draw()

    def _tell_progress(self, number: int, count: int) -> None:
        if count > 1 and self.is_attached:
            status = self.query_one("#migrate-status", Static)
            status.update(f"file {number} of {count}…", layout=False)

    def _keep(self, audit: FileAudit, changed: FileAudit) -> None:
        if changed.status == "migrated":
            self.written[changed.path] = changed
        else:
            self.written.pop(changed.path, None)
        self.audits = [changed if one is audit else one for one in self.audits or ()]

    def tell(self, problems: Sequence[PipelineError]) -> None:
        """Say what could not be done, the first of them in full."""
        for problem in problems[:MOST_TOLD]:
            cure = f" ({problem.cure})" if problem.cure and problem.cure not in str(problem) else ""
            self.app.notify(sanitise_line(f"{problem}{cure}"), severity="error", markup=False)
        if len(problems) > MOST_TOLD:
            more = counted(len(problems) - MOST_TOLD, "more file")
            self.app.notify(f"and {more}: each says why", severity="error", markup=False)

    # --- opening ------------------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Open the selected file at what is left to decide, else at its first finding."""
        audit = self.selected
        if audit is not None:
            findings = audit.left or (audit.findings if audit.status != "migrated" else ())
            open_in_editor(self.app, audit.path, line=findings[0].line if findings else None)


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

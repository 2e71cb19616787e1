"""Files, what is legacy in them, and what they become: what the command and the UI show."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline_runtime.errors import PipelineError, WorkflowError
from pipeline_runtime.migrate import files
from pipeline_runtime.migrate.sources import Candidate, find_candidates, is_code, migrator_for

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.migrate.findings import Finding

Status: TypeAlias = Literal["clean", "legacy", "unreadable", "migrated", "failed"]
"""`clean`: nothing to do. `legacy`: there are findings. `unreadable`: left alone, as what is no YAML.
`migrated`: written. `failed`: it could not be written."""
_WORKFLOW_SIGN = re.compile(r"^\s*[\"']?(?:steps|workflow)[\"']?\s*:", re.MULTILINE)
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class FileAudit:
    """One file."""

    path: Path
    status: Status
    before: str = ""
    after: str = ""
    findings: tuple[Finding, ...] = ()
    problem: PipelineError | None = None
    """Why it could not be read or written."""
    backup: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether there is something to write, or was."""
        return self.before != self.after

    @property
    def left(self) -> tuple[Finding, ...]:
        """What somebody must decide."""
        return tuple(one for one in self.findings if not one.fixable)

    def diff(self) -> str:
        """What changes, as a unified diff; empty if nothing does."""
        name = str(self.path)
        lines = difflib.unified_diff(_LINES.findall(self.before), _LINES.findall(self.after), name, name)
        return "".join(
            line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )


def audit_paths(paths: Sequence[str | os.PathLike[str]]) -> list[FileAudit]:
    """Every file of folders, files and patterns that a migration knows, legacy or not. Nothing is written.

    Raises:
        PipelineError: a path names nothing, or a named file is of no kind that is migrated.
    """
    return [audit_file(candidate) for candidate in find_candidates(paths)]


def audit_file(candidate: Candidate) -> FileAudit:
    """One file.

    Raises:
        PipelineError: it is of no kind that is migrated.
    """
    path = candidate.path
    migrator = migrator_for(path)
    if migrator is None:
        raise PipelineError(
            f"{path}: a migration knows no such file", cure="name YAML or source files, or a folder"
        )
    try:
        text = files.read_exactly(path)
        worth = candidate.named or migrator.may_be_legacy(text) or _is_workflow(path, text)
        if not worth:
            return FileAudit(path, "clean", text, text)
        migrated = migrator.migrate(text, str(path))
    except WorkflowError as error:
        located = WorkflowError(
            error.message, path=str(path), line=error.line, column=error.column, cure=error.cure
        )
        matters = candidate.named or migrator.may_be_legacy(files.read_roughly(path))
        return FileAudit(path, "unreadable" if matters else "clean", problem=located)
    if candidate.outside and migrated.findings:
        problem = PipelineError(
            f"{path}: a link that leads out of the folder", cure="name it to migrate its target"
        )
        return FileAudit(path, "unreadable", text, text, problem=problem)
    status: Status = "legacy" if migrated.findings else "clean"
    return FileAudit(path, status, migrated.before, migrated.after, migrated.findings)


def _is_workflow(path: Path, text: str) -> bool:
    """Whether a text without a legacy word is worth a look, to tell what is wrong with it."""
    return not is_code(path) and _WORKFLOW_SIGN.search(text) is not None


def write_audit(audit: FileAudit) -> FileAudit:
    """Write what a file becomes, and keep what it was as a backup; the audit as it is now."""
    if not audit.changed:
        return audit
    try:
        backup = files.write_safely(audit.path, audit.before, audit.after)
    except PipelineError as error:
        return replace(audit, status="failed", problem=error)
    except OSError as error:
        problem = PipelineError(
            f"{audit.path}: it cannot be written: {error.strerror or error}", cure="check the folder"
        )
        return replace(audit, status="failed", problem=problem)
    return replace(audit, status="migrated", backup=backup)


def undo_audit(audit: FileAudit) -> FileAudit:
    """Undo `write_audit`.

    Raises:
        PipelineError: it was not written, or has changed since.
        OSError: it cannot be written.
    """
    if audit.status != "migrated" or audit.backup is None:
        raise PipelineError(f"{audit.path}: it was not written", cure="there is nothing to undo")
    files.restore(audit.path, audit.backup, audit.before, audit.after)
    return replace(audit, status="legacy", backup=None)

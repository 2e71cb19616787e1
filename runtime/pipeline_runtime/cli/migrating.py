"""`migrate`: diffs and data on stdout, what a reader should know on stderr."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.cli.exits import FAILED, OK
from pipeline_runtime.cli.listing import problem_as_json
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.migrate.audit import audit_paths, write_audit
from pipeline_runtime.sanitise import sanitise, sanitise_line
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.migrate.audit import FileAudit


def migrate_files(paths: Sequence[str], *, write: bool, check: bool, as_json: bool) -> int:
    """Show, check or write what the files become, and give the exit code.

    Raises:
        PipelineError: A path names nothing, or no file that can be migrated.
    """
    audits = audit_paths(paths)
    if write:
        audits = [write_audit(audit) for audit in audits]
    for audit in audits:
        if as_json:
            if audit.status != "clean":
                sys.stdout.write(msgspec.json.encode(_as_json(audit)).decode() + "\n")
        else:
            _print(audit, write=write, check=check)
    sys.stderr.write(_summary(audits, write=write) + "\n")
    if any(audit.status == "failed" for audit in audits):
        return FAILED
    return FAILED if check and any(audit.status != "clean" for audit in audits) else OK


def _print(audit: FileAudit, *, write: bool, check: bool) -> None:
    if audit.problem is not None:
        cure = (
            f" ({audit.problem.cure})"
            if audit.problem.cure and audit.problem.cure not in str(audit.problem)
            else ""
        )
        sys.stderr.write(sanitise_line(f"{audit.problem}{cure}") + "\n")
    if check:
        sys.stdout.write("".join(sanitise_line(str(finding)) + "\n" for finding in audit.findings))
        return
    if audit.status == "migrated":
        sys.stdout.write(sanitise_line(f"{audit.path}: migrated; what it was is in {audit.backup}") + "\n")
    elif not write:
        diff = audit.diff()
        sys.stdout.write(sanitise(diff) if sys.stdout.isatty() else diff)
    sys.stdout.flush()
    for finding in audit.findings:
        if finding.severity != "warning":
            sys.stderr.write(sanitise_line(f"{finding.severity}: {finding}") + "\n")


def _summary(audits: Sequence[FileAudit], *, write: bool) -> str:
    parts = [f"{counted(len(audits), 'file')} looked at"]
    fixable = sum(
        finding.fixable for audit in audits for finding in audit.findings if audit.status == "legacy"
    )
    done = sum(audit.status == "migrated" for audit in audits)
    pending = sum(audit.changed and audit.status == "legacy" for audit in audits)
    left = sum(len(audit.left) for audit in audits)
    problems = sum(audit.problem is not None for audit in audits)
    if done:
        parts.append(f"{done} migrated")
    if pending:
        parts.append(f"{pending} to migrate ({counted(fixable, 'change')})")
    if left:
        parts.append(f"{left} left for you to decide")
    if problems:
        parts.append(f"{problems} left alone")
    if len(parts) == 1:
        parts.append("nothing legacy")
    hint = "; --write writes them" if pending and not write else ""
    return ", ".join(parts) + hint


def _as_json(audit: FileAudit) -> dict[str, Any]:
    problem: dict[str, Any] | None = None
    if isinstance(audit.problem, WorkflowError):
        problem = problem_as_json(audit.problem)
    elif audit.problem is not None:
        problem = {"path": str(audit.path), "message": audit.problem.message, "cure": audit.problem.cure}
    return {
        "path": str(audit.path),
        "status": audit.status,
        "findings": [asdict(finding) for finding in audit.findings],
        "diff": audit.diff(),
        "backup": str(audit.backup) if audit.backup else None,
        "problem": problem,
    }

"""What the Migrate screen says: of a folder, of a file, of a finding. No widget, no file is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from pipeline_tui.listing.places import short_path
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.text.wrap import WrapBuffer
from pipeline_tui.views.diff import diff_lines
from pipeline_tui.views.format import counted, fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pipeline_runtime.migrate.audit import FileAudit
    from pipeline_runtime.migrate.findings import Finding
    from pipeline_tui.views.diff import DiffRow

MUTED = "$foreground 70%"
INDENT = "  "
LEAST_WORDS = 20
"""Cells that words get, however narrow the screen is."""
SIGNS = {
    "pending": ("~", "$text-primary"),
    "left": ("!", "$text-warning"),
    "migrated": ("✓", "$text-success"),
    "wrong": ("✗", "$text-error"),
}


def state_of(audit: FileAudit) -> str:
    """Which sign a file has: what is to be done with it."""
    if audit.problem is not None:
        return "wrong"
    if audit.status == "migrated":
        return "migrated"
    return "pending" if audit.changed else "left"


def can_write(audit: FileAudit) -> bool:
    """Whether accepting it would write something."""
    return audit.changed and audit.status in ("legacy", "failed")


def name_of(path: Path, folders: Iterable[Path]) -> str:
    """A file's path below the folder that is shown; whole when it is in none."""
    for folder in folders:
        if path != folder and path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return short_path(path)


def file_line(audit: FileAudit, name: str, width: int) -> Content:
    """`~ weekly.yaml   3 changes, 1 left for you`, in at most `width` cells."""
    sign, style = SIGNS[state_of(audit)]
    words = file_words(audit)
    room = max(LEAST_WORDS // 2, width - len(words) - 5)
    shown = fit(sanitise_line(name), room)
    line = Content.assemble((f"{sign} ", style), (shown, "bold"), "  ", (words, MUTED))
    return line.truncate(width, ellipsis=True)


def file_words(audit: FileAudit) -> str:
    """How a file stands, in a few words."""
    if audit.status == "unreadable":
        return "left alone"
    if audit.status == "failed":
        return "not written"
    if audit.status == "migrated":
        kept = f", {len(audit.left)} left for you" if audit.left else ""
        return f"migrated{kept}"
    changes = sum(one.fixable for one in audit.findings)
    parts = [counted(changes, "change")] if changes else []
    if audit.left:
        parts.append(f"{len(audit.left)} left for you")
    return ", ".join(parts)


def head_text(label: str, audits: Sequence[FileAudit] | None, looked_at: int) -> Content:
    """`Migrate  ./flows  12 files looked at, 3 to migrate, 1 migrated`."""
    head = Content.assemble(("Migrate", "bold $text-primary"), "  ", sanitise_line(label))
    if audits is None:
        return head
    parts = [f"{counted(looked_at, 'file')} looked at"]
    for words, count in (
        ("to migrate", sum(can_write(audit) for audit in audits)),
        ("migrated", sum(audit.status == "migrated" for audit in audits)),
        ("left for you", sum(len(audit.left) for audit in audits)),
    ):
        if count:
            parts.append(f"{count} {words}")
    return Content.assemble(head, (f"  {', '.join(parts)}", MUTED))


def empty_text(label: str, looked_at: int) -> str:
    """What to say where nothing is legacy."""
    where = sanitise_line(label)
    found = (
        f"Nothing legacy in {where}: {counted(looked_at, 'file')} looked at."
        if looked_at
        else f"No file in {where} that a migration knows."
    )
    return f"{found}\n\nR     look again\nEsc   back to the workflows"


def status_text(audit: FileAudit | None) -> Content:
    """What can be done with the selected file, or what was."""
    if audit is None:
        return Content()
    if audit.problem is not None:
        return Content.styled(sanitise_line(f"✗ {audit.problem.message}"), "$text-error")
    if audit.status == "migrated":
        backup = audit.backup.name if audit.backup else ""
        return Content.styled(
            sanitise_line(f"✓ written; u brings back what it was ({backup})"), "$text-success"
        )
    if audit.changed:
        return Content("a writes this file and keeps a backup; nothing is written before that")
    return Content.styled("! nothing here can be rewritten: e opens it at the first line", "$text-warning")


def sheet(audit: FileAudit, rows: Sequence[DiffRow], width: int) -> list[Content]:
    """All about one file, as lines of at most `width` cells: problem, what is left, the diff, the changes."""
    lines: list[Content] = []
    if audit.problem is not None:
        lines += _heading("Left alone")
        cure = f": {audit.problem.cure}" if audit.problem.cure else ""
        lines += _words(f"{audit.problem.message}{cure}", width, "$text-error")
    lines += _findings("Left for you to decide", audit.left, width, "!")
    if rows:
        lines += [
            *_heading("What was written" if audit.status == "migrated" else "What accepting it writes", lines)
        ]
        lines += diff_lines(rows, width)
    fixable = [one for one in audit.findings if one.fixable]
    return lines + _findings("What changes, and where the guide tells it", fixable, width, "~", lines)


def _findings(
    title: str, findings: Sequence[Finding], width: int, sign: str, above: Sequence[Content] = ()
) -> list[Content]:
    if not findings:
        return []
    lines = _heading(title, above)
    style = SIGNS["left"][1] if sign == "!" else SIGNS["pending"][1]
    for one in findings:
        becomes = one.becomes or ("removed" if one.fixable else "")
        arrow = f" → {becomes}" if becomes else ""
        lines += _words(f"{sign} line {one.line}: {one.what}{arrow}", width, style)
        told = f"{one.why} · " if one.why else ""
        lines += _words(f"{told}guide: {one.section}", width, MUTED, INDENT)
    return lines


def _heading(title: str, above: Sequence[Content] = ()) -> list[Content]:
    heading = Content.styled(title, "bold $text-primary")
    return [Content(), heading] if above else [heading]


def _words(text: str, width: int, style: str, indent: str = "") -> list[Content]:
    buffer = WrapBuffer(max(LEAST_WORDS, width - len(indent)))
    buffer.append(sanitise_line(text))
    return [Content.styled(indent + line.rstrip("\n"), style) for line in buffer.lines]

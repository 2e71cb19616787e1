"""What of a file is read otherwise than it says, or not at all: told, but no problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from pipeline_runtime.workflow.problems import Loc, Report

NoticeKind: TypeAlias = Literal["unsupported", "legacy", "assumed", "ignored"]
KINDS: tuple[NoticeKind, ...] = ("unsupported", "legacy", "assumed", "ignored")


class Notice(NamedTuple):
    """One of them, with every line that it counts for."""

    kind: NoticeKind
    message: str
    lines: tuple[int, ...]
    cure: str = ""

    def __str__(self) -> str:
        """`line 4: message (cure)`."""
        cure = f" ({self.cure})" if self.cure else ""
        word = "line" if len(self.lines) == 1 else "lines"
        return f"{word} {', '.join(map(str, self.lines))}: {self.message}{cure}"


class Notices:
    """Collects them: the same one from several places is told once, with all its lines."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._found: dict[tuple[NoticeKind, str, str], set[int]] = {}

    def add(self, kind: NoticeKind, message: str, loc: Loc, cure: str = "") -> None:
        """Record one for the key at `loc`."""
        place = self._report.place(loc)
        assert place is not None, "a file has at least the place of its first value"
        self._found.setdefault((kind, message, cure), set()).add(place.key_line)

    def sorted(self) -> tuple[Notice, ...]:
        """All of them: what is not supported first, then by line."""
        found = [
            Notice(kind, text, tuple(sorted(lines)), cure)
            for (kind, text, cure), lines in self._found.items()
        ]
        return tuple(sorted(found, key=lambda notice: (KINDS.index(notice.kind), notice.lines)))


def summarise_notices(notices: tuple[Notice, ...]) -> str:
    """All of them in one phrase: `1 step is not supported yet, 2 keys are ignored`; empty for none."""
    counts = {kind: sum(1 for notice in notices if notice.kind == kind) for kind in KINDS}
    told = [
        f"{counted(counts['unsupported'], 'step')} not supported yet" if counts["unsupported"] else "",
        "legacy streaming keys: migrate it" if counts["legacy"] else "",
        counted(counts["assumed"], "assumption") if counts["assumed"] else "",
        f"{counted(counts['ignored'], 'key')} ignored" if counts["ignored"] else "",
    ]
    return ", ".join(part for part in told if part)

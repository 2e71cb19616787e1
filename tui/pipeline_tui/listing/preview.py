"""The text of the selected file: read, coloured, numbered, with its problems above their lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from pipeline_tui.text.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pipeline_runtime.errors import WorkflowError

MOST_BYTES = 256 * 1024
"""A preview shows no more of a file."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the preview shows of a file."""

    text: Content
    problem_line: int | None
    """Which line of `text` the first problem stands on, from 0."""


def read_preview(path: Path, problems: Sequence[WorkflowError]) -> Preview:
    """Read and colour a file. Does I/O and takes its time over a long file: call it from a thread."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        return Preview(Content.styled(sanitise_line(message), "$text-error"), None)
    text = data[:MOST_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\n")
    preview = numbered(coloured(sanitise(text)), problems)
    if len(data) <= MOST_BYTES:
        return preview
    note = Content.styled("\n… the file goes on: open it with e", "$text-warning")
    return Preview(preview.text + note, preview.problem_line)


def coloured(text: str) -> list[Content]:
    """The lines of a YAML text, coloured by the theme."""
    from textual.highlight import highlight  # noqa: PLC0415 - Pygments: not before the first paint

    return highlight(text, language="yaml").split("\n", allow_blank=True)


def numbered(lines: Sequence[Content], problems: Iterable[WorkflowError]) -> Preview:
    """Line numbers before the lines; each problem on a line of its own above the line that it is about."""
    width = len(str(len(lines)))
    by_line: dict[int, list[WorkflowError]] = {}
    for problem in problems:
        by_line.setdefault(min(max(problem.line or 1, 1), max(len(lines), 1)), []).append(problem)
    shown: list[Content] = []
    first = None
    for number, line in enumerate(lines, 1):
        for problem in by_line.get(number, ()):
            first = len(shown) if first is None else first
            shown.append(_problem(problem, width))
        style = "$text-error" if number in by_line else "$foreground 45%"
        shown.append(Content.assemble((f"{number:>{width}}  ", style), line))
    return Preview(Content("\n").join(shown), first)


def _problem(problem: WorkflowError, width: int) -> Content:
    column = f" column {problem.column}:" if problem.column is not None else ""
    cure = f" ({problem.cure})" if problem.cure else ""
    text = sanitise_line(f"{column} {problem.message}{cure}")
    return Content.assemble((f"{'✗':>{width}} {text}", "$text-error on $error-muted"))

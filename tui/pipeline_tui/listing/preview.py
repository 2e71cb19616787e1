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
LONGEST = 2_000
"""Characters of a line that are shown: a prompt may be a megabyte on one."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the preview shows of a file."""

    lines: Sequence[Content] = ()
    problem_line: int | None = None
    """Which of the lines the first problem stands on, from 0."""
    width: int = 0
    """Cells of the widest line."""

    @classmethod
    def of(cls, lines: Sequence[Content], problem_line: int | None = None) -> Preview:
        """Of these lines; they are measured."""
        return cls(lines, problem_line, max((line.cell_length for line in lines), default=0))

    @property
    def text(self) -> str:
        """The lines without their colours."""
        return "\n".join(line.plain for line in self.lines)


def read_preview(path: Path, problems: Sequence[WorkflowError]) -> Preview:
    """Read and colour a file. Does I/O and takes its time over a long file: call it from a thread."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        return Preview.of([Content.styled(sanitise_line(message), "$text-error")])
    text = data[:MOST_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\n")
    lines, problem_line = numbered([_cut(line) for line in coloured(sanitise(text))], problems)
    if len(data) > MOST_BYTES:
        lines.append(Content.styled("… the file goes on: open it with e", "$text-warning"))
    return Preview.of(lines, problem_line)


def coloured(text: str) -> list[Content]:
    """The lines of a YAML text, coloured by the theme."""
    from textual.highlight import highlight  # noqa: PLC0415 - Pygments: not before the first paint

    return highlight(text, language="yaml").split("\n", allow_blank=True)


def _cut(line: Content) -> Content:
    if len(line) <= LONGEST:
        return line
    return line[:LONGEST] + Content.styled("… the line goes on: open it with e", "$text-warning")


def numbered(lines: Sequence[Content], problems: Iterable[WorkflowError]) -> tuple[list[Content], int | None]:
    """Line numbers before the lines; each problem on a line of its own above the line that it is about.

    Returns:
        The lines, and which of them tells the first problem, from 0.
    """
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
    return shown, first


def _problem(problem: WorkflowError, width: int) -> Content:
    column = f" column {problem.column}:" if problem.column is not None else ""
    cure = f" ({problem.cure})" if problem.cure else ""
    text = sanitise_line(f"{column} {problem.message}{cure}")
    return Content.assemble((f"{'✗':>{width}} {text}", "$text-error on $error-muted"))

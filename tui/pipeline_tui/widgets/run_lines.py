"""The run's own lines: the header on top and, at the end, the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import fit, join

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY_LINES = 4


class RunHeader(Widget):
    """One line: the workflow, then how the run stands."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-header--title"}

    def __init__(self, title: str) -> None:
        super().__init__()
        self.run_title = title
        self._text = ""

    def update_text(self, *parts: str) -> None:
        """Show these parts after the title; draws only when they changed."""
        text = join(*parts)
        if text != self._text:
            self._text = text
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line, cut to the width; there is but one."""
        if y:
            return Strip.blank(self.size.width, self.visual_style.rich_style)
        width = self.size.width
        title = fit(f" {self.run_title} ", min(width, len(self.run_title) + 2))
        strip = Strip([Segment(title, self.get_component_rich_style("run-header--title"))])
        rest = fit(f" {self._text}", width - strip.cell_length)
        return Strip([*strip, Segment(rest, self.visual_style.rich_style)], width)


class RunSummary(Widget):
    """How each step went, the notable ones first, and where the run log is. Hidden while the run goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._lines: list[str] = []

    def show(self, lines: Sequence[str], log: str | None) -> None:
        """Show the lines of the steps, at most four, and the log's place."""
        shown = list(lines[:SUMMARY_LINES])
        if len(lines) > len(shown):
            shown[-1] = f"  … and {len(lines) - len(shown) + 1} more steps"
        if log:
            shown.append(f"  run log: {sanitise_line(log)}")
        if shown == self._lines:
            return
        self._lines = shown
        self.styles.height = len(shown)
        self.display = bool(shown)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One step's line, or the log's."""
        text = self._lines[y] if y < len(self._lines) else ""
        return Strip(
            [Segment(fit(f" {text}", self.size.width), self.visual_style.rich_style)], self.size.width
        )

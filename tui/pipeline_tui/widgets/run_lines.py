"""The run's own lines: the header on top and, at the end, the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.fault_words import faults_badge
from pipeline_tui.views.format import fit_end, join
from pipeline_tui.widgets.status_lines import StatusLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.widgets.status_lines import Line

SUMMARY_LINES = 4
_TITLE = "run-header--title"
_FAULTS = "run-header--faults"


class RunHeader(StatusLines):
    """One line: the workflow, then how the run stands."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {_TITLE, _FAULTS}

    def __init__(self, title: str) -> None:
        super().__init__()
        self.run_title = title

    def show(self, *parts: str, faults: Sequence[str] = ()) -> None:
        """Show these parts after the title, and first of all what goes wrong on purpose."""
        title = f" {self.run_title} "
        self.show_lines([((title, _TITLE), (faults_badge(faults), _FAULTS), (f" {join(*parts)}", ""))])


class RunSummary(StatusLines):
    """How each step went, the notable ones first, and where the run log is. Hidden while the run goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._told: tuple[Sequence[str], str | None] = ((), None)

    def show(self, lines: Sequence[str], log: str | None) -> None:
        """Show the lines of the steps, at most four, and the log's place."""
        self._told = (lines, log)
        shown = list(lines[:SUMMARY_LINES])
        if len(lines) > len(shown):
            shown[-1] = f"  … and {len(lines) - len(shown) + 1} more steps"
        if log:
            head = "  run log: "
            shown.append(head + fit_end(sanitise_line(log), self.screen.size.width - len(head) - 1))
        styled: list[Line] = [((f" {line}", ""),) for line in shown]
        self.show_lines(styled)
        self.display = bool(shown)

    def on_resize(self) -> None:
        """The log's place is cut to the width from its left end."""
        if self._told[0]:
            self.show(*self._told)

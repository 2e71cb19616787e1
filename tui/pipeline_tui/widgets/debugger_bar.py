"""Where the run stands in the debugger: a line of state, the timeline, and what is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted
from pipeline_tui.widgets.status_lines import StatusLines
from pipeline_tui.widgets.timeline import TimelineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from pipeline_tui.views.standing import Standing
    from pipeline_tui.views.timeline import Scene

MOST_WATCHES = 6
"""Watches that are shown; the others are counted."""
_WORD = "standing-line--word"
_NAME = "watch-lines--name"


class StandingLine(StatusLines):
    """`PAUSED hold · at seq 118 · 214 events wait`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {_WORD}

    def show(self, standing: Standing) -> None:
        """Show it."""
        self.show_lines([((f" {standing.word} ", _WORD), (f" {standing.text}", ""))])


class WatchLines(StatusLines):
    """A line for each watch: its expression, and its value."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {_NAME}

    def show(self, values: Sequence[tuple[str, str]]) -> None:
        """Show these pairs of expression and value."""
        shown = [
            ((f" {sanitise_line(text)} ", _NAME), (f"= {sanitise_line(value)}", ""))
            for text, value in values[:MOST_WATCHES]
        ]
        if len(values) > MOST_WATCHES:
            shown[-1] = ((f" … and {counted(len(values) - MOST_WATCHES + 1, 'more watch')}", _NAME), ("", ""))
        self.show_lines(shown)
        self.display = bool(shown)


class DebuggerBar(Vertical):
    """Hidden until a run is stopped, scrubbed or watched: hidden, it costs nothing."""

    def __init__(self) -> None:
        super().__init__(id="debugger")
        self.standing = StandingLine()
        self.timeline = TimelineView()
        self.watches = WatchLines()
        self.display = False
        self.watches.display = False

    def compose(self) -> ComposeResult:
        """What stands, the timeline, the watches."""
        yield self.standing
        yield self.timeline
        yield self.watches

    @property
    def rows(self) -> int:
        """How many rows of the screen it takes."""
        return self.standing.rows + self.timeline.rows + self.watches.rows if self.display else 0

    def show(
        self,
        standing: Standing | None,
        scene: Scene | None,
        values: Sequence[tuple[str, str]],
    ) -> None:
        """Show how things stand; with nothing to tell, the bar is gone."""
        self.display = standing is not None or bool(values)
        self.standing.display = self.timeline.display = standing is not None
        if standing is not None:
            self.standing.show(standing)
            self.timeline.show(scene)
        self.watches.show(values)

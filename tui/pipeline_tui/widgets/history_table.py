"""The recorded runs, a line each, under a heading that a click sorts by."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from pipeline_tui.views.history_line import heading_line, history_line, layout_for, mark_of
from pipeline_tui.views.history_row import HistoryRow, Order
from pipeline_tui.widgets.row_list import RowList
from pipeline_tui.widgets.workflow_list import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual import events
    from textual.content import Content

    from pipeline_tui.views.history_line import Layout


class HistoryTable(RowList[HistoryRow]):
    """Runs with a cursor and marks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "replay", "Replay", tooltip="Play the run again as fast as it was"),
        Binding("o", "open", "Open", show=False, tooltip="Open the run at its end, without playing it"),
        Binding(
            "space",
            "mark",
            "Mark",
            key_display="␣",
            tooltip="Mark the run: two are compared, any number deleted or exported",
        ),
        Binding("a", "mark_all", "Mark all", show=False, tooltip="Mark all runs that are shown, or none"),
    ]

    class Selected(Message):
        """Another run is selected, or the selected one changed."""

    class Chosen(Message):
        """The run shall be shown: played, or at its end."""

        def __init__(self, row: HistoryRow, *, play: bool) -> None:
            super().__init__()
            self.row = row
            self.play = play

    class Marked(Message):
        """The marks have changed."""

    class Resized(Message):
        """Other columns may fit."""

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._clock = clock
        self._layout = layout_for(80)
        self.marked: list[str] = []
        """The ids of the marked runs, the first one first."""

    @property
    def layout_now(self) -> Layout:
        """The columns that there is room for."""
        return self._layout

    def key_of(self, row: HistoryRow) -> str:
        """The run's id."""
        return row.run.run

    def line_of(self, row: HistoryRow, width: int) -> Content:
        """Its line."""
        return history_line(row, self._layout, self._clock(), mark_of(row.run.run, self.marked)).truncate(
            width
        )

    def selection_changed(self) -> None:
        """Tell."""
        self.post_message(self.Selected())

    def choose(self) -> None:
        """A second click plays it."""
        self.action_replay()

    def _lay_out(self) -> None:
        super()._lay_out()
        self._layout = layout_for(self.scrollable_content_region.width)

    def on_resize(self) -> None:
        """Tell whoever draws the heading."""
        super().on_resize()
        self.post_message(self.Resized())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be done with no run."""
        if action in {"replay", "open", "mark", "mark_all"}:
            return self.selected is not None
        return super().check_action(action, parameters)

    def action_replay(self) -> None:
        """Ask for the selected run to be played."""
        if self.selected is not None:
            self.post_message(self.Chosen(self.selected, play=True))

    def action_open(self) -> None:
        """Ask for the selected run to be shown at its end."""
        if self.selected is not None:
            self.post_message(self.Chosen(self.selected, play=False))

    def action_mark(self) -> None:
        """Mark the selected run, or take its mark away."""
        if self.selected is None:
            return
        run = self.selected.run.run
        if run in self.marked:
            self.marked.remove(run)
        else:
            self.marked.append(run)
        self.cursor += 1
        self._marks_changed()

    def action_mark_all(self) -> None:
        """Mark every run that is shown; when all of them are marked, none."""
        marked = set(self.marked)
        fresh = [row.run.run for row in self.rows if row.run.run not in marked]
        self.marked = [*self.marked, *fresh] if fresh else []
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Marked())

    def unmark(self, runs: Sequence[str]) -> None:
        """Take the marks of these runs away."""
        gone = set(runs)
        self.marked = [run for run in self.marked if run not in gone]
        self.refresh()


class HistoryHeading(Static):
    """The names of the columns."""

    class Pressed(Message):
        """Sort by this column."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._layout: Layout | None = None

    def show(self, layout: Layout, order: Order) -> None:
        """Show these columns."""
        self._layout = layout
        self.update(heading_line(layout, order), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Sort by the column under the mouse."""
        column = self._layout.column_at(event.x) if self._layout is not None else None
        if column is not None:
            self.post_message(self.Pressed(column))

"""The runs of this session that can be opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

EVERY = 1.0
"""Seconds between two looks at the runs: their elapsed times go on."""


class RunList(OptionList):
    """The runs, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", tooltip="Open the run's screen"),
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]


class RunsScreen(Dialog[str]):
    """Answers the id of the run to open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "Cancel run", tooltip="Cancel the selected run; what came is kept"),
        Binding("w,q", "close", "Close", show=False),
    ]

    class CancelAsked(Message):
        """The run with this id shall be cancelled."""

        def __init__(self, run: str) -> None:
            super().__init__()
            self.run = run

    def __init__(self, lines: Callable[[], Sequence[tuple[str, str]]]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        with Vertical(id="runs", classes="dialog") as frame:
            frame.border_title = "Runs"
            yield RunList(id="run-list", compact=True)
            yield Static("Enter opens · c cancels · Esc closes", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Show the runs and keep their times going."""
        self._refresh()
        self.set_interval(EVERY, self._refresh)

    def _refresh(self) -> None:
        runs = self.query_one(RunList)
        options = [Option(Content(sanitise_line(line)), id=run) for run, line in self._lines()]
        if [option.id for option in runs.options] == [option.id for option in options]:
            for option in options:
                runs.replace_option_prompt(option.id or "", option.prompt)
            return
        selected = runs.highlighted or 0
        runs.set_options(options)
        runs.highlighted = min(selected, len(options) - 1) if options else None

    def action_cancel(self) -> None:
        """Ask for the selected run to be cancelled."""
        option = self.query_one(RunList).highlighted_option
        if option is not None and option.id is not None:
            self.post_message(self.CancelAsked(option.id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open it."""
        self.dismiss(event.option_id)

"""Asking in which form a recorded run shall be written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.choice_list import ChoiceList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from pipeline_runtime.library.exporting import Format


@dataclass(frozen=True, slots=True)
class Export:
    """A form, and the end of the file's name."""

    form: Format
    ending: str
    words: str
    step: str | None = None


def exports_for(steps: Sequence[str]) -> list[Export]:
    """What a run with these steps can be exported as: the bytes of each step are a file of their own."""
    raw = [
        Export("raw", f"{step}.raw", f"raw bytes of step {step}, as the server sent them", step)
        for step in steps
    ]
    return [
        Export("md", "md", "a report to read (Markdown)"),
        Export("har", "har", "HAR 1.2, for the network panel of a browser"),
        Export("curl", "sh", "the requests as curl commands, keys by reference"),
        Export("jsonl", "events.jsonl", "events, one JSON a line, as run --json prints them"),
        Export("log", "jsonl", "the run log itself: it can be replayed elsewhere"),
        *(raw or [Export("raw", "raw", "raw bytes, as the server sent them")]),
    ]


class ExportScreen(Dialog[Export]):
    """Answers the form."""

    def __init__(self, run: str, steps: Sequence[str]) -> None:
        super().__init__()
        self._run = run
        self._exports = exports_for(steps)

    def compose(self) -> ComposeResult:
        """The forms and the keys."""
        with Vertical(id="export", classes="dialog") as frame:
            frame.border_title = f"Export {sanitise_line(self._run)}"
            lines = [f"{one.form:<6} {sanitise_line(one.words)}" for one in self._exports]
            yield ChoiceList(*(Option(Content(line)) for line in lines), id="export-list", compact=True)
            yield Static("Enter writes the file and says where · Esc closes", classes="hint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with the form."""
        self.dismiss(self._exports[event.option_index])

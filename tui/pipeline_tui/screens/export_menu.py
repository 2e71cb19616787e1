"""Asking in which form a recorded run shall be written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pipeline_runtime.library.exporting import ENDINGS
from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.choice_list import ChoiceList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from pipeline_runtime.library.exporting import Format


@dataclass(frozen=True, slots=True)
class Export:
    """A form."""

    form: Format
    words: str
    step: str | None = None

    @property
    def ending(self) -> str:
        """The end of the file's name."""
        return f"{self.step}.raw" if self.step is not None else ENDINGS[self.form]


def exports_for(steps: Sequence[str]) -> list[Export]:
    """What a run with these steps can be exported as: the bytes of each step are a file of their own."""
    raw = [Export("raw", f"raw bytes of step {step}, as the server sent them", step) for step in steps]
    return [*exports_for_many(), *(raw or [Export("raw", "raw bytes, as the server sent them")])]


def exports_for_many() -> list[Export]:
    """What any number of runs can be exported as, a file for each."""
    return [
        Export("md", "a report to read (Markdown)"),
        Export("har", "HAR 1.2, for the network panel of a browser"),
        Export("curl", "the requests as curl commands, keys by reference"),
        Export("jsonl", "events, one JSON a line, as run --json prints them"),
        Export("log", "the run log itself: it can be replayed elsewhere"),
    ]


class ExportScreen(Dialog[Export]):
    """Answers the form."""

    def __init__(self, what: str, exports: Sequence[Export]) -> None:
        super().__init__()
        self._what = what
        self._exports = exports

    def compose(self) -> ComposeResult:
        """The forms and the keys."""
        with Vertical(id="export", classes="dialog") as frame:
            frame.border_title = Content(f"Export {sanitise_line(self._what)}")
            lines = [f"{one.form:<6} {sanitise_line(one.words)}" for one in self._exports]
            yield ChoiceList(*(Option(Content(line)) for line in lines), id="export-list", compact=True)
            yield Static("Enter writes and says where · Esc closes", classes="hint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with the form."""
        self.dismiss(self._exports[event.option_index])

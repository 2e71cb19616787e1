"""Asking what a run shall be compared with: another model, another of its steps, another run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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


class Rival(NamedTuple):
    """What a run can be compared with; all unset: the same prompts, asked of another model."""

    words: str
    step: str | None = None
    """Another step of the same run."""
    run: str | None = None
    """Another run of this session."""


class CompareWithScreen(Dialog[Rival]):
    """Answers with what."""

    def __init__(self, title: str, rivals: Sequence[Rival]) -> None:
        super().__init__()
        self._titled = title
        self._rivals = rivals

    def compose(self) -> ComposeResult:
        """The choices and the keys."""
        with Vertical(id="compare-with", classes="dialog") as frame:
            frame.border_title = Content(f"Compare {sanitise_line(self._titled)}")
            lines = [Option(Content(sanitise_line(rival.words))) for rival in self._rivals]
            yield ChoiceList(*lines, id="rivals", compact=True)
            yield Static("Enter compares, also while they go on · Esc closes", classes="hint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with it."""
        self.dismiss(self._rivals[event.option_index])

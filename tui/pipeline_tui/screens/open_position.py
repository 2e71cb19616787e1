"""Asking for a position in a run: `RUN#SEQ`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Input, Static

from pipeline_runtime.errors import PipelineError
from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult


class OpenPositionScreen(Dialog[str]):
    """Answers a reference to a run that is recorded here."""

    def __init__(self, check: Callable[[str], object]) -> None:
        """`check` raises a `PipelineError` for what is no reference to a run that is recorded here."""
        super().__init__()
        self._check = check

    def compose(self) -> ComposeResult:
        """One field, and a line for what is wrong with it."""
        with Vertical(id="open", classes="dialog") as frame:
            frame.border_title = "Open a run at a position"
            yield Input(placeholder="RUN#SEQ, as Y on the run screen copies it", compact=True)
            yield Static("Enter opens · Esc closes", id="problem", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the reference, or say why not."""
        text = event.value.strip()
        if not text:
            return
        try:
            self._check(text)
        except PipelineError as error:
            problem = self.query_one("#problem", Static)
            problem.add_class("wrong")
            problem.update(sanitise_line(f"✗ {error_text(error)}"))
        else:
            self.dismiss(text)

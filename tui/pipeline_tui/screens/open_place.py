"""Asking for another folder or file to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Input, Static

from pipeline_tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


class OpenScreen(Dialog[Path]):
    """Answers a path that exists."""

    def compose(self) -> ComposeResult:
        """One field, and a line for what is wrong with it."""
        with Vertical(id="open", classes="dialog") as frame:
            frame.border_title = "Open a folder or a workflow file"
            yield Input(placeholder="a path, e.g. ~/flows or draft.yaml", id="path", compact=True)
            yield Static("Enter opens · Esc closes", id="problem", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the path, or say why not."""
        text = event.value.strip()
        if not text:
            return
        path = Path(text).expanduser()
        if path.exists():
            self.dismiss(path)
            return
        problem = self.query_one("#problem", Static)
        problem.add_class("wrong")
        problem.update(f"✗ There is no file or folder {text!r} here")

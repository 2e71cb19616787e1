"""What the dialogs of breakpoints and of watches share: an expression field, and that changes are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.debugging import keep
from pipeline_tui.screens.list_dialog import ChangedList, ListDialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.expression_input import ExpressionInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.debugging import Debugging


class KeptDialog(ListDialog):
    """Changes something that all runs of a workflow share, and its next ones too."""

    def __init__(self, debugging: Debugging, *, hint: str, steps: Sequence[str]) -> None:
        """Make it.

        Args:
            debugging: What is changed.
            hint: What to type, while nothing is.
            steps: The run's steps, for completion.
        """
        super().__init__(ExpressionInput(self._enter, hint=hint, typed=debugging.typed, steps=steps))
        self.debugging = debugging
        if debugging.workflow:
            self.heading = f"{self.heading} of {sanitise_line(debugging.name)}"

    def add(self, text: str) -> None:
        """Add what was typed.

        Raises:
            PipelineError: It cannot be read.
        """
        raise NotImplementedError

    def on_mount(self) -> None:
        """Show them, with what another process has changed meanwhile."""
        super().on_mount()
        keep(self.app, self.debugging, self._refresh)

    def changed(self, *, last: bool = False) -> None:
        """Show it, and keep it."""
        super().changed(last=last)
        keep(self.app, self.debugging, self._refresh)

    def _enter(self, text: str) -> None:
        self.add(text)
        self.debugging.remember(text)

    def _refresh(self) -> None:
        if self.query(ChangedList):  # it may have been closed meanwhile
            self.show_rows()

"""What is watched as a run goes on: a list of expressions and paths, and a field for another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.debugging import Watch
from pipeline_tui.screens.list_dialog import ListDialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.expression_input import ExpressionInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.debugging import Debugging


class WatchesScreen(ListDialog):
    """Changes what is watched in all runs."""

    HEADING = "Watches"
    NONE = "None yet. A path shows a value, an expression counts."

    def __init__(self, debugging: Debugging, steps: Sequence[str]) -> None:
        self._debugging = debugging
        step = steps[0] if steps else "STEP"
        super().__init__(
            ExpressionInput(
                self._enter,
                hint=f"steps.{step}.text   steps.{step}.counts.deltas   type:lint",
                typed=debugging.typed,
                steps=steps,
            )
        )

    def rows(self) -> list[str]:
        """What is watched."""
        return [sanitise_line(text) for text in self._debugging.watches]

    def remove_row(self, at: int) -> None:
        """Watch it no longer."""
        del self._debugging.watches[at]

    def _enter(self, text: str) -> None:
        Watch(text)
        if text not in self._debugging.watches:
            self._debugging.watches.append(text)
        self._debugging.remember(text)

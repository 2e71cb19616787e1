"""What is watched as a run goes on: a list of expressions and paths, and a field for another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.debugging import Watch
from pipeline_tui.screens.kept_dialog import KeptDialog
from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.debugging import Debugging


class WatchesScreen(KeptDialog):
    """Changes what is watched in all runs of a workflow; they are kept for its next ones."""

    heading = "Watches"
    NONE = "None yet. A path shows a value, an expression counts."

    def __init__(self, debugging: Debugging, steps: Sequence[str]) -> None:
        step = steps[0] if steps else "STEP"
        hint = f"steps.{step}.text   steps.{step}.counts.deltas   type:lint"
        super().__init__(debugging, hint=hint, steps=steps)

    def rows(self) -> list[str]:
        """What is watched."""
        return [sanitise_line(text) for text in self.debugging.watches]

    def remove_row(self, at: int) -> None:
        """Watch it no longer."""
        del self.debugging.watches[at]

    def add(self, text: str) -> None:
        """Watch this too."""
        Watch(text)
        if text not in self.debugging.watches:
            self.debugging.watches.append(text)

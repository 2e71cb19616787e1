"""What goes wrong on purpose: the faults of the next run, to add to, to take from, and to run with."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from pipeline_runtime.faults import told
from pipeline_tui.screens.list_dialog import ListDialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.fault_input import FaultInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_tui.fault_list import FaultList

_FAULT = 24


class FaultsScreen(ListDialog):
    """Changes a list of faults; Ctrl+R begins a run that has them."""

    heading = "Faults of the next run"
    NONE = "None yet. Faults break every stream of the run, on purpose."
    KEYS = "● in force · ○ in the next run; what is open goes on as it is\nCtrl+R runs with them · x deletes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "begin", "Run", tooltip="Run with these faults"),
    ]

    def __init__(self, faults: FaultList, *, begin: Callable[[], None], in_force: Sequence[str] = ()) -> None:
        """Make the dialog.

        Args:
            faults: What is changed.
            begin: Runs it with them.
            in_force: The faults of the run that is on the screen.
        """
        super().__init__(FaultInput(faults.add, typed=faults.typed))
        self._faults = faults
        self._in_force = in_force
        self._begin = begin

    def rows(self) -> list[str]:
        """A line for each fault: whether it is in force here, what it is, and what it does."""
        return [self._row(text) for text in self._faults]

    def _row(self, text: str) -> str:
        return f"{'●' if text in self._in_force else '○'} {fault_line(text)}"

    def remove_row(self, at: int) -> None:
        """Take a fault out of the next run."""
        self._faults.remove(at)

    def action_begin(self) -> None:
        """Run with them."""
        self.dismiss(None)
        self._begin()


def fault_line(text: str) -> str:
    """A fault and what it does: `stall@5:3s  silence for 3s before frame 5`."""
    return f"{sanitise_line(text):<{_FAULT}} {told(text) or ''}"

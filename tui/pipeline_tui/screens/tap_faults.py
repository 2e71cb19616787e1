"""The faults of the tap: what goes wrong on purpose in the answers that clients get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.screens.faults import fault_line
from pipeline_tui.screens.list_dialog import ListDialog
from pipeline_tui.widgets.fault_input import FaultInput

if TYPE_CHECKING:
    from pipeline_tui.tap_desk import TapDesk


class TapFaultsScreen(ListDialog):
    """Changes them; every request from then on meets them."""

    heading = "Faults of the tap"
    NONE = "None. Faults break what clients get, on purpose, from the next request on."
    KEYS = "the next requests meet them · x deletes"

    def __init__(self, desk: TapDesk) -> None:
        super().__init__(FaultInput(desk.add_fault, typed=desk.faults.typed))
        self._desk = desk

    def rows(self) -> list[str]:
        """A line for each fault."""
        return [fault_line(text) for text in self._desk.faults]

    def remove_row(self, at: int) -> None:
        """Have one no longer."""
        self._desk.remove_fault(at)

"""Stopping the tap while requests are open: asks first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.views.format import counted

if TYPE_CHECKING:
    from textual.app import ComposeResult


class TapStopScreen(Dialog[bool]):
    """Answers whether to stop it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "s", "answer(True)", "Stop", tooltip="Close every request on both sides, and listen no longer"
        ),
        Binding("n,escape", "answer(False)", "Leave it on", tooltip="Leave the tap on"),
        Binding("left,up", "app.focus_previous", "Previous", show=False),
        Binding("right,down", "app.focus_next", "Next", show=False),
    ]
    AUTO_FOCUS = "#leave"

    def __init__(self, going: int) -> None:
        super().__init__()
        self._going = going

    def compose(self) -> ComposeResult:
        """What stopping does, and the two answers."""
        with Vertical(id="tap-stop", classes="dialog") as frame:
            frame.border_title = f"{counted(self._going, 'request')} open"
            yield Static("Stopping the tap closes them: the programs see a broken connection.", markup=False)
            yield Static("What has come is kept in the run logs.", classes="hint", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Stop (s)", id="stop", variant="error", compact=True)
                yield Button("Leave it on (n)", id="leave", variant="primary", compact=True)

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001 - an action's argument
        """Close with this answer."""
        self.dismiss(answer)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is an answer by its id."""
        self.dismiss(event.button.id == "stop")

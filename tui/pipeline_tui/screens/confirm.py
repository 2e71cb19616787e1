"""Quitting while runs are going: asks, and says what each answer does."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from pipeline_tui.screens.dialog import Dialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

QuitAnswer = Literal["cancel", "wait", "stay"]
MOST_SHOWN = 6


class QuitScreen(Dialog[QuitAnswer]):
    """Cancel the runs and quit, leave when they are done, or stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "answer('cancel')", "Cancel all", tooltip="Cancel all runs, keep what came, and quit"),
        Binding("l", "answer('wait')", "Leave when done", tooltip="Quit as soon as the runs are done"),
        Binding("s,escape,n", "answer('stay')", "Stay", tooltip="Do not quit"),
        Binding("left,up", "app.focus_previous", "Previous", show=False),
        Binding("right,down", "app.focus_next", "Next", show=False),
    ]
    AUTO_FOCUS = "#stay"

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The runs that are going and the three answers."""
        count = len(self._lines)
        shown = [sanitise_line(line) for line in self._lines[:MOST_SHOWN]]
        if count > MOST_SHOWN:
            shown.append(f"and {count - MOST_SHOWN} more")
        with Vertical(id="quit", classes="dialog") as frame:
            frame.border_title = f"{counted(count, 'run')} still going"
            yield Static("\n".join(shown), markup=False)
            yield Static("What has come is kept in the run log, whatever you choose.", classes="hint")
            with Horizontal(classes="buttons"):
                yield Button("Cancel all (c)", id="cancel", variant="error", compact=True)
                yield Button("Leave when done (l)", id="wait", compact=True)
                yield Button("Stay (s)", id="stay", variant="primary", compact=True)

    def action_answer(self, answer: QuitAnswer) -> None:
        """Close with this answer."""
        self.dismiss(answer)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is an answer by its id."""
        answers: dict[str | None, QuitAnswer] = {"cancel": "cancel", "wait": "wait", "stay": "stay"}
        self.dismiss(answers[event.button.id])

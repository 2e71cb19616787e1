"""Removing recorded runs by a rule: says what would go, and what that frees, before anything goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from pipeline_runtime.errors import InputError
from pipeline_runtime.library import PruneRule, choose
from pipeline_tui.screens.dialog import FormDialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text
from pipeline_tui.views.prune_words import prune_text, read_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from pipeline_runtime.library import Room
    from pipeline_runtime.runlog.summaries import RunSummary

FIELDS = {
    "older": "older than, as 30d, 12h or 2w",
    "larger": "larger than, as 500MB or 1GiB",
    "keep": "the newest so many stay, whatever they are",
}


class PruneAnswer(NamedTuple):
    """What shall go."""

    rule: PruneRule
    runs: Sequence[RunSummary]
    for_good: bool
    """It is removed, with all that is in the trash; otherwise it goes there."""


class PruneScreen(FormDialog[PruneAnswer]):
    """Answers the rule, when something shall go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+t", "answer(False)", "To the trash", tooltip="Move these runs to the trash; u undoes it"
        ),
        Binding(
            "ctrl+g", "answer(True)", "For good", tooltip="Remove these runs and all of the trash for good"
        ),
    ]

    def __init__(self, runs: Sequence[RunSummary], room: Room, *, now: float) -> None:
        """Make the dialog.

        Args:
            runs: All runs, the newest first.
            room: How much room they take.
            now: Seconds since 1970.
        """
        super().__init__()
        self._runs = runs
        self._room = room
        self._now = now

    def compose(self) -> ComposeResult:
        """The conditions, what they come to, the answers."""
        with Vertical(id="prune", classes="dialog") as frame:
            frame.border_title = "Prune runs"
            frame.border_subtitle = "Esc closes"
            yield Static("Runs of which all of this is true:", classes="hint", markup=False)
            for name, hint in FIELDS.items():
                yield Input(placeholder=hint, id=f"prune-{name}", compact=True)
            yield Static(id="prune-says", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("To the trash (^t)", id="trash", variant="primary", compact=True)
                yield Button("For good (^g)", id="good", variant="error", compact=True)
                yield Button("Close", id="close", compact=True)

    def on_mount(self) -> None:
        """Say what an empty rule comes to."""
        self._draw()

    def _rule(self) -> PruneRule:
        older, larger, keep = (self.query_one(f"#prune-{name}", Input).value for name in FIELDS)
        return read_rule(older, larger, keep)

    def _draw(self) -> None:
        says = self.query_one("#prune-says", Static)
        try:
            rule = self._rule()
        except InputError as error:
            says.update(sanitise_line(f"✗ {error_text(error)}"))
            return
        says.update(prune_text(rule, choose(rule, self._runs, self._now), len(self._runs), self._room))

    def on_input_changed(self) -> None:
        """Say what would go now."""
        self._draw()

    def action_answer(self, for_good: bool) -> None:  # noqa: FBT001 - a binding hands it over so
        """Close with the rule; a rule that is wrong, or that nothing meets, is told and stays."""
        try:
            rule = self._rule()
        except InputError:
            return
        runs = choose(rule, self._runs, self._now)
        if runs or (for_good and self._room.trashed and rule.says_nothing):
            self.dismiss(PruneAnswer(rule, runs, for_good))

    def on_input_submitted(self) -> None:
        """Enter in a field goes to the answers: nothing is removed by a key pressed too often."""
        self.query_one("#trash", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is an answer."""
        if event.button.id == "close":
            self.dismiss(None)
        else:
            self.action_answer(event.button.id == "good")

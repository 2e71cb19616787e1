"""The form before a run: a field for each input, each problem at its field, and who answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button, RadioButton, RadioSet, Static

from pipeline_runtime.errors import InputError
from pipeline_runtime.workflow import resolve_inputs
from pipeline_tui.screens.dialog import FormDialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.widgets.input_field import InputField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.widgets import Input

    from pipeline_runtime.workflow.models import Workflow

MODE_WORDS = {"mock": "MOCK: the built-in simulator answers", "live": "LIVE: the real providers are called"}


@dataclass(frozen=True, slots=True)
class FilledIn:
    """What the user decided."""

    inputs: dict[str, Any]
    mode: str


class InputsScreen(FormDialog[FilledIn]):
    """Asks for the inputs of one workflow."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+enter,ctrl+j", "run", "Run", tooltip="Run with these inputs (Enter in a field does too)"
        ),
    ]

    def __init__(
        self,
        workflow: Workflow,
        last_inputs: Mapping[str, Any],
        *,
        mode: str,
        modes: Sequence[str],
        note: str,
    ) -> None:
        """Make the form.

        Args:
            workflow: What will be run.
            last_inputs: The values of its last run, shown as a start.
            mode: The mode that it would run in.
            modes: The modes that it can run in; with one there is nothing to choose.
            note: Why `mode`.
        """
        super().__init__()
        self._workflow = workflow
        self._last = last_inputs
        self._mode = mode
        self._modes = tuple(dict.fromkeys((mode, *modes)))
        self._note = note

    def compose(self) -> ComposeResult:
        """The fields, the mode, the button."""
        with VerticalScroll(id="inputs", classes="dialog", can_focus=False) as frame:
            frame.border_title = Content(f"Run {sanitise_line(self._workflow.name)}")
            frame.border_subtitle = "Enter runs · Esc cancels"
            for name, spec in self._workflow.inputs.items():
                yield InputField(name, spec, self._last.get(name))
            yield from self._compose_mode()
            yield Button("Run", id="run", variant="primary", compact=True)

    def _compose_mode(self) -> ComposeResult:
        if len(self._modes) > 1:
            with RadioSet(id="modes", compact=True):
                for mode in self._modes:
                    yield RadioButton(MODE_WORDS[mode], value=mode == self._mode, compact=True)
            yield Static(sanitise_line(self._note), classes="hint", markup=False)
            return
        note = f"{self._mode.upper()}: {self._note}" if self._note else MODE_WORDS[self._mode]
        yield Static(sanitise_line(note), classes="hint", markup=False)

    def action_run(self) -> None:
        """Check every field; close with the values when all are right, else go to the first that is not."""
        fields = {field.input_name: field for field in self.query(InputField)}
        given = {name: field.given for name, field in fields.items() if field.given is not None}
        problems: Mapping[str, str] = {}
        try:
            inputs = resolve_inputs(self._workflow, given)
        except InputError as error:
            problems = error.problems
        else:
            self.dismiss(FilledIn(inputs, self._chosen_mode()))
        for name, field in fields.items():
            field.show_problem(problems.get(name))
        wrong = [field for name, field in fields.items() if name in problems]
        if wrong:
            wrong[0].focus_control()

    def _chosen_mode(self) -> str:
        for modes in self.query(RadioSet):
            return self._modes[max(0, modes.pressed_index)]
        return self._mode

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """Enter in a field runs."""
        self.action_run()

    def on_button_pressed(self) -> None:
        """So does the button."""
        self.action_run()

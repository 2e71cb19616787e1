"""One input of a workflow as a field: what it is, its control, what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Checkbox, Input, Select, Static

from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from pipeline_runtime.workflow.models import Input as InputSpec


class InputField(Vertical):
    """Holds what the user gives for one input, as text."""

    DEFAULT_CSS = """
    InputField {
        height: auto;
        margin-bottom: 1;
        & > .wrong { display: none; }
        &.-wrong > .wrong { display: block; }
        & > Input, & > Select, & > Checkbox { width: 1fr; }
    }
    """

    def __init__(self, name: str, spec: InputSpec, last: Any) -> None:
        """Make the field.

        Args:
            name: The input's name.
            spec: What the workflow says of it.
            last: Its value in the last run; `None`: not known.
        """
        super().__init__()
        self.input_name = name
        self._spec = spec
        start = last if last is not None else spec.default
        self._start = "" if start is None else as_text(start)

    def compose(self) -> ComposeResult:
        """Label, control, problem."""
        yield Static(self._label())
        yield self._control()
        yield Static(classes="wrong", markup=False)

    def _label(self) -> Content:
        spec = self._spec
        star = ("*", "bold $text-warning") if spec.needed else ""
        kind = "" if spec.kind == "string" else f"  {spec.kind}"
        words = f"  {sanitise_line(spec.description)}" if spec.description else ""
        return Content.assemble(
            (sanitise_line(self.input_name), "bold"), star, (kind + words, "$foreground 70%")
        )

    def _control(self) -> Widget:
        choices = [as_text(choice) for choice in self._spec.choices if choice is not None]
        if choices:
            options = [(Content(sanitise_line(choice)), choice) for choice in choices]
            value = self._start if self._start in choices else Select.NULL
            return Select(options, value=value, allow_blank=not self._spec.needed, compact=True)
        if self._spec.kind == "boolean":
            return Checkbox("yes", value=self._start == "true", compact=True)
        hint = "required" if self._spec.needed else "may be left empty"
        return Input(self._start, placeholder=hint, compact=True)

    @property
    def given(self) -> str | None:
        """What is in the field; `None`: nothing was chosen."""
        control = self.children[1]
        if isinstance(control, Checkbox):
            return as_text(control.value)
        if isinstance(control, Select):
            return None if control.value is Select.NULL else str(control.value)
        assert isinstance(control, Input)
        return control.value

    def show_problem(self, problem: str | None) -> None:
        """Say what is wrong with the value; `None`: it is right."""
        self.set_class(problem is not None, "-wrong")
        self.query_one(".wrong", Static).update(sanitise_line(f"✗ {problem}") if problem else "")

    def focus_control(self) -> None:
        """Put the cursor into the field."""
        self.children[1].focus()

    def on_input_changed(self) -> None:
        """What was wrong may be right now: it is judged again on the next run."""
        self.remove_class("-wrong")


def as_text(value: Any) -> str:
    """A value as it would be typed: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)

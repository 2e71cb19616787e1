"""Asking which other model shall answer the same prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.providers import BUILT_IN, missing_keys
from pipeline_runtime.workflow import ModelSwap
from pipeline_tui.screens.dialog import FormDialog
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from pipeline_tui.runs import Plan

EVERY_STEP = ""
"""The choice that is no step."""


class VersusScreen(FormDialog["Plan"]):
    """Answers the plan of the run with the other model."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+enter,ctrl+j", "run", "Run", tooltip="Run both (Enter in the model's field does too)"),
    ]
    AUTO_FOCUS = "#versus-provider"

    def __init__(
        self, plan: Plan, *, step: str | None, known: Mapping[str, str], environ: Mapping[str, str]
    ) -> None:
        """Make the form.

        Args:
            plan: The run that it is compared with.
            step: The step that is looked at; `None`: none.
            known: Models by the providers that workflows at hand ask for them.
            environ: Where keys are.
        """
        super().__init__()
        self._plan = plan
        self._known = known
        self._environ = environ
        steps = plan.workflow.steps
        self._now = next((one for one in steps if one.id == step), steps[0])
        self._step = step if step is not None and len(steps) > 1 else EVERY_STEP

    def compose(self) -> ComposeResult:
        """Step, provider and model, the problem, the button."""
        plan, now = self._plan, self._now
        names = list(dict.fromkeys((*plan.workflow.providers, *BUILT_IN)))
        with Vertical(id="versus", classes="dialog") as frame:
            frame.border_title = "Compare with another model"
            frame.border_subtitle = "Enter runs · Esc cancels"
            asked = f"{now.id} asks {now.provider}/{now.model}; the same prompts go to:"
            yield Static(sanitise_line(asked), classes="hint", markup=False)
            if len(plan.workflow.steps) > 1:
                yield Select(
                    self._steps(), value=self._step, allow_blank=False, compact=True, id="versus-step"
                )
            yield Select(
                [(Content(sanitise_line(name)), name) for name in names],
                value=now.provider, allow_blank=False, compact=True, id="versus-provider",
            )  # fmt: skip
            yield Input(now.model, placeholder="the model, as its provider calls it", compact=True)
            yield Static(classes="wrong", markup=False)
            yield Button("Run both", id="versus-run", variant="primary", compact=True)

    def _steps(self) -> list[tuple[Content, str]]:
        steps = [(Content(sanitise_line(f"step {step.id}")), step.id) for step in self._plan.workflow.steps]
        return [(Content("every step"), EVERY_STEP), *steps]

    @on(Select.Changed, "#versus-provider")
    def _suggest(self, event: Select.Changed) -> None:
        """Put in a model that is known of the provider, unless one was typed."""
        field = self.query_one(Input)
        provider = str(event.value)
        offered = {self._now.model, *self._known.values(), ""}
        if field.value in offered:
            field.value = self._now.model if provider == self._now.provider else self._known.get(provider, "")

    def action_run(self) -> None:
        """Close with the plan, or say what is wrong."""
        step = next((str(one.value) for one in self.query("#versus-step").results(Select)), EVERY_STEP)
        provider = str(self.query_one("#versus-provider", Select).value)
        swap = ModelSwap(provider, self.query_one(Input).value.strip(), step or None)
        try:
            plan = self._plan.swapped(swap)
        except PipelineError as error:
            self._say(error_text(error))
            return
        missing = missing_keys(plan.workflow, self._environ) if plan.mode == "live" else []
        if missing:
            self._say(f"{missing[0][1]} is not set: {missing[0][0]} cannot be asked")
            return
        self.dismiss(plan)

    def _say(self, problem: str) -> None:
        self.query_one(".wrong", Static).update(sanitise_line(f"✗ {problem}"))

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """Enter in the field runs."""
        self.action_run()

    def on_button_pressed(self) -> None:
        """So does the button."""
        self.action_run()

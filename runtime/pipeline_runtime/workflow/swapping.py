"""The same workflow with another model: the same prompts, asked of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline_runtime.errors import InputError
from pipeline_runtime.workflow.loader import check_model

if TYPE_CHECKING:
    from pipeline_runtime.workflow.models import Workflow


class ModelSwap(NamedTuple):
    """Who answers in place of the one that the file names."""

    provider: str
    model: str
    step: str | None = None
    """In this step only; `None`: in every one."""

    def apply(self, workflow: Workflow) -> Workflow:
        """The workflow with that model.

        Raises:
            InputError: There is no such step, or no model was named.
            WorkflowError: There is no such provider, or a step cannot be asked of it.
        """
        if not self.provider or not self.model:
            raise InputError("a provider and a model are needed", cure="name both")
        if self.step is not None and all(step.id != self.step for step in workflow.steps):
            raise InputError(f"the workflow has no step {self.step!r}")
        update = {"provider": self.provider, "model": self.model}
        steps = tuple(
            step.model_copy(update=update) if self.step in (None, step.id) else step
            for step in workflow.steps
        )
        swapped = workflow.model_copy(update={"steps": steps})
        problems = check_model(swapped)
        if problems:
            raise problems[0]
        return swapped

    def __str__(self) -> str:
        """`openai/gpt-5`, and where, when not everywhere."""
        where = f" in {self.step}" if self.step is not None else ""
        return f"{self.provider}/{self.model}{where}"

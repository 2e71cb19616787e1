"""A workflow is checked when it is read; one that was made or changed in code, before it runs."""

from __future__ import annotations

import pytest

from pipeline_runtime import run
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow import load_workflow_text
from pipeline_runtime.workflow.models import Workflow

TEXT = """
inputs: {topic: {default: rain}}
steps:
  - {id: a, provider: claude, model: m, prompt: 'of {{ inputs.topic }}'}
  - {id: b, provider: claude, model: m, prompt: '{{ steps.a.text }}'}
"""


def read() -> Workflow:
    return load_workflow_text(TEXT, "checked")


def test_what_was_read_is_as_read_also_with_another_name() -> None:
    assert read().is_as_read
    assert read().model_copy(update={"name": "another"}).is_as_read


@pytest.mark.parametrize("key", ["steps", "inputs"])
def test_what_was_changed_is_not_as_read_and_is_checked_before_it_runs(key: str) -> None:
    workflow = read()
    changed = workflow.model_copy(update={key: workflow.steps[1:] if key == "steps" else {}})
    assert not changed.is_as_read
    with pytest.raises(WorkflowError):
        run(changed)


def test_what_was_made_in_code_is_not_as_read() -> None:
    made = Workflow.model_validate(read().model_dump(exclude_unset=True))
    assert not made.is_as_read

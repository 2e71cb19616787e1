"""A workflow that was made in code is held to the same rules as a file."""

from __future__ import annotations

import pytest

from pipeline_runtime import Workflow, WorkflowError, run

STEP = {"provider": "claude", "model": "m", "prompt": "hi"}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"id": "a", **STEP, "needs": ["b"]}, {"id": "b", **STEP, "needs": ["a"]}], "wait"),
        ([{"id": "a", **STEP}, {"id": "a", **STEP}], "a"),
        ([{"id": "a", **STEP, "prompt": "{{ steps.zed.text }}"}], "zed"),
    ],
    ids=["a cycle", "an id twice", "a step that is not there"],
)
def test_it_is_checked_before_it_runs(steps, said):
    with pytest.raises(WorkflowError, match=said):
        run(Workflow(name="code", steps=steps), mode="mock")

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow import check_workflow, load_workflow
from pipeline_runtime.workflow.loader import examine_text
from pipeline_runtime.workflow.models import Workflow
from pipeline_runtime.workflow.templates import Where, render
from pipeline_runtime.workflow.wording import SHAPES

if TYPE_CHECKING:
    from pathlib import Path

KEYS = sorted({key for _, model in SHAPES.values() for key in model.model_fields})
WORDS = st.sampled_from(
    [
        *KEYS,
        *["claude", "console", "a", "b", "{%", "<<", "90s", "${A}", "http://h"],
        "{{ inputs.x }}",
        "{{ steps.a.text }}",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
STEPS = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6) | VALUES, max_size=3)
FILES = st.fixed_dictionaries(
    {"steps": STEPS}, optional=dict.fromkeys(["inputs", "defaults", "providers", "name"], VALUES)
)
YAML_BITS = st.lists(
    st.sampled_from(
        [
            *[
                "steps",
                ":",
                "-",
                "&a",
                "*a",
                "<<",
                "{",
                "}",
                "[",
                "]",
                ",",
                "?",
                "|",
                ">",
                "'",
                '"',
                "#",
                "!!str",
                "!x",
                "---",
                "...",
                "id",
                "1",
                "~",
                "\\u",
                "!<",
                "é",
            ],
            *(" ", "\n", "  ", "- ", "\t", "\ufeff", "\x85", "%YAML 1.1", "%TAG ! t"),
        ]
    ),
    max_size=30,
).map("".join)
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def to_flow(value) -> str:
    """The value as YAML in flow style, near enough; what is off is found by the reader."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_flow(key)}: {to_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_flow, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value)


def holds(workflow, problems):
    assert (workflow is None) == bool(problems)
    assert all(isinstance(problem, WorkflowError) and problem.message for problem in problems)
    assert [problem.line or 0 for problem in problems] == sorted(problem.line or 0 for problem in problems)


@QUIET
@given(st.binary(max_size=80))
def test_any_bytes_give_only_workflow_errors(tmp_path: Path, data):
    path = tmp_path / "fuzz.yaml"
    path.write_bytes(data)
    problems = check_workflow(path)
    assert problems
    with pytest.raises(WorkflowError):
        load_workflow(path)


@QUIET
@given(st.text(max_size=60) | YAML_BITS)
def test_any_text_gives_only_workflow_errors(text):
    holds(*examine_text(text, "fuzz"))


@QUIET
@given(FILES)
def test_any_shape_of_a_workflow_gives_only_workflow_errors(data):
    workflow, problems = examine_text(to_flow(data), "fuzz")
    holds(workflow, problems)
    assert workflow is None or isinstance(workflow, Workflow)


TEMPLATES = st.lists(
    st.sampled_from(
        [
            *[
                "{{",
                "}}",
                "{%",
                "%}",
                "inputs",
                ".",
                "x",
                "steps",
                "a",
                "text",
                "|",
                "join",
                "length",
                "endfor",
                "if",
                "endif",
                "1",
                "'s'",
                "(",
                ")",
                "*",
                "/",
                "0",
                "-",
                "range",
                "[",
                "]",
                "~",
                "**",
                "99",
            ],
            *("for i in", "set n =", "\n"),
        ]
    ),
    max_size=14,
).map(" ".join)


@QUIET
@given(TEMPLATES)
def test_any_template_gives_text_or_a_workflow_error(template):
    try:
        result = render(template, inputs={"x": "v"}, steps={}, where=Where("s"))
    except WorkflowError as error:
        result = error.message.removeprefix("the prompt of step `s`: ")
        assert result != error.message  # noqa: PT017 (either outcome is right)
    assert isinstance(result, str)

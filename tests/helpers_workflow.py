"""Short ways to write workflows in tests."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from pipeline_runtime.workflow.loader import examine_text, load_workflow_text

if TYPE_CHECKING:
    from pipeline_runtime.workflow import Workflow

HEAD = "defaults: {provider: claude, model: m}\n"


def workflow_of(text: str) -> Workflow:
    """A workflow whose steps are given as YAML; provider and model are there."""
    return load_workflow_text(HEAD + dedent(text), "test")


def problems_of(text: str) -> list[tuple[int | None, int | None, str, str]]:
    """Line, column, message and cure of each problem of a whole file's text."""
    workflow, problems = examine_text(dedent(text), "flow.yaml")
    assert (workflow is None) == bool(problems)
    return [(problem.line, problem.column, problem.message, problem.cure) for problem in problems]


def only_problem(text: str) -> tuple[int | None, int | None, str, str]:
    """The one problem that a text has."""
    (problem,) = problems_of(text)
    return problem

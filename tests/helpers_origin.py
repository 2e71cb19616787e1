"""Short ways to read workflows of the guide's origin in tests."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from pipeline_runtime.workflow.loader import examine_text

if TYPE_CHECKING:
    from pipeline_runtime.workflow import Workflow


def origin_of(text: str) -> Workflow:
    """The workflow of an old file that is right."""
    workflow, problems = examine_text(dedent(text), "old.yaml")
    assert workflow is not None, [str(problem) for problem in problems]
    return workflow


def notices_of(text: str, kind: str) -> list[tuple[tuple[int, ...], str]]:
    """Lines and message of each notice of a kind."""
    return [(notice.lines, notice.message) for notice in origin_of(text).notices if notice.kind == kind]


def old_problems(text: str) -> list[tuple[int | None, str]]:
    """Line and message of each problem of an old file that is not right."""
    workflow, problems = examine_text(dedent(text), "old.yaml")
    assert workflow is None
    return [(problem.line, problem.message) for problem in problems]

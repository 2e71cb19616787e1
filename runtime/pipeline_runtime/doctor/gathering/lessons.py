"""What is known of endpoints that cannot stream: what was learned, and what came with the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.capabilities.known import known_fact
from pipeline_runtime.capabilities.lessons import LessonBook
from pipeline_runtime.capabilities.shape import shape_of
from pipeline_runtime.doctor.facts import LessonFact
from pipeline_runtime.doctor.gathering.endpoints import endpoint_of
from pipeline_runtime.errors import WorkflowError
from pipeline_runtime.workflow.request import model_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.capabilities.lessons import Lesson
    from pipeline_runtime.workflow.models import Step, Workflow


def gather_lessons(workflow: Workflow | None, environ: Mapping[str, str]) -> tuple[LessonFact, ...]:
    """The lessons that change a workflow's requests; without a workflow, all of them."""
    book = LessonBook()
    if workflow is None:
        return tuple(_of(lesson) for lesson in book.lessons())
    return tuple(
        fact
        for step in workflow.steps
        if step.skip is None and step.stream
        for fact in _of_step(step, workflow, environ, book)
    )


def _of_step(
    step: Step, workflow: Workflow, environ: Mapping[str, str], book: LessonBook
) -> list[LessonFact]:
    try:
        endpoint = endpoint_of(step.provider, workflow, environ)
    except WorkflowError:  # told with the endpoints
        return []
    shape = shape_of(model_request(step, step.prompt, step.system), endpoint)
    lessons = [_of(lesson, step.id) for lesson in book.about(shape)]
    known = known_fact(shape)
    if lessons or known is None:
        return lessons
    return [LessonFact(None, known.model, shape.endpoint, "sync", known.reason, known.source, step=step.id)]


def _of(lesson: Lesson, step: str | None = None) -> LessonFact:
    return LessonFact(
        lesson.id,
        lesson.shape.model,
        lesson.shape.endpoint,
        lesson.change,
        lesson.reason,
        lesson.evidence,
        lesson.learned_at,
        step,
    )

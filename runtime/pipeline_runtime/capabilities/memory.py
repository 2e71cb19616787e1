"""Applies lessons and known facts to a request, and learns new ones."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline_runtime.capabilities.known import known_fact
from pipeline_runtime.capabilities.shape import shape_of
from pipeline_runtime.events import FallbackInfo
from pipeline_runtime.stream.forms import in_form
from pipeline_runtime.stream.memory import Recalled

if TYPE_CHECKING:
    from pipeline_runtime.capabilities.lessons import Lesson, LessonBook
    from pipeline_runtime.protocols.base import Endpoint, ModelRequest
    from pipeline_runtime.stream.refusals import Refusal


class EndpointMemory:
    """Implements `stream.memory.Memory` over a lessons file."""

    def __init__(self, book: LessonBook) -> None:
        self._book = book

    def recall(self, request: ModelRequest, endpoint: Endpoint) -> Recalled:
        """The request as it should be sent: lessons first, then what is generally known."""
        shape = shape_of(request, endpoint)
        recalled = Recalled(request)
        lessons = self._book.about(shape)
        for lesson in lessons:
            recalled = _apply(lesson, recalled)
        fact = known_fact(shape)
        if fact is None or lessons or not request.stream:
            return recalled
        info = FallbackInfo(fact.reason, "known", fact.source)
        return Recalled(in_form(request, "sync"), info)

    def learn(self, request: ModelRequest, endpoint: Endpoint, refusal: Refusal, status: int) -> None:
        """Keep a refusal. What it contradicts is forgotten: the server's newest word counts."""
        shape = shape_of(request, endpoint)
        opposite = {"sync": "stream", "stream": "sync"}.get(refusal.change)
        with suppress(OSError):  # a lesson that cannot be kept is learned again next time
            self._book.forget(lambda lesson: lesson.shape == shape and lesson.change == opposite)
            self._book.learn(shape, refusal, status)


def _apply(lesson: Lesson, recalled: Recalled) -> Recalled:
    request = recalled.request
    if lesson.change != "sync":
        return Recalled(in_form(request, lesson.change), recalled.fallback)
    if not request.stream:
        return recalled
    evidence = f"{lesson.evidence} (status {lesson.status}, learned {lesson.learned_at:%Y-%m-%d})"
    return Recalled(in_form(request, "sync"), FallbackInfo(lesson.reason, "remembered", evidence))

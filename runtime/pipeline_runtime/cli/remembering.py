"""`capabilities`: what was learned of endpoints, shown, explained, forgotten."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.capabilities.known import known_models
from pipeline_runtime.capabilities.lessons import Lesson, LessonBook
from pipeline_runtime.cli.exits import OK
from pipeline_runtime.errors import InputError
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTEAD = {
    "sync": "called without a stream",
    "drop_stream_options": "streamed without stream_options",
    "stream": "streamed although a sync answer was asked for",
}
NOTHING = "nothing was learned yet: live runs remember what an endpoint refuses\n"


def list_lessons(*, as_json: bool) -> int:
    """Print a line for each lesson that still counts."""
    lessons = LessonBook().lessons()
    for lesson in lessons:
        if as_json:
            sys.stdout.write(msgspec.json.encode(_as_json(lesson)).decode() + "\n")
        else:
            sys.stdout.write(sanitise_line(_line(lesson)) + "\n")
    if not lessons and not as_json:
        sys.stderr.write(NOTHING)
    return OK


def explain_lesson(name: str) -> int:
    """Print all that is known of one lesson.

    Raises:
        InputError: There is none of that name.
    """
    for lesson in _named(LessonBook().lessons(), name):
        facts = {
            "lesson": lesson.id,
            "endpoint": lesson.shape.endpoint,
            "protocol": lesson.shape.protocol,
            "model": lesson.shape.model,
            "request": _request(lesson),
            "since then": f"such requests are {INSTEAD[lesson.change]}",
            "because": lesson.reason,
            "the server said": f"{lesson.evidence} (status {lesson.status})",
            "learned": f"{lesson.learned_at:%Y-%m-%d %H:%M} UTC",
            "asked anew after": f"{lesson.expires_at:%Y-%m-%d %H:%M} UTC",
            "to ask anew now": f"pipeline-tui capabilities forget {lesson.id}   (or run --stream once)",
        }
        for key, value in facts.items():
            sys.stdout.write(sanitise_line(f"{key:<17} {value}") + "\n")
    return OK


def forget_lessons(names: Sequence[str], *, every: bool) -> int:
    """Forget these lessons, or all.

    Raises:
        InputError: There is none of a name, or no name was given.
    """
    book = LessonBook()
    if every:
        gone = book.forget(lambda _: True)
    elif names:
        wanted = {lesson.id for name in names for lesson in _named(book.lessons(), name)}
        gone = book.forget(lambda lesson: lesson.id in wanted)
    else:
        raise InputError("nothing to forget was named", cure="give a lesson's name, or --all")
    sys.stderr.write(f"{counted(len(gone), 'lesson')} forgotten\n")
    return OK


def list_known() -> int:
    """Print what is known of models without asking: hints, each with its source."""
    for fact in known_models():
        sys.stdout.write(f"{fact.host}  {fact.model}  {fact.reason} ({fact.source})\n")
    return OK


def _named(lessons: Sequence[Lesson], name: str) -> list[Lesson]:
    found = [lesson for lesson in lessons if name in (lesson.id, lesson.shape.id, lesson.shape.model)]
    if not found:
        known = ", ".join(lesson.id for lesson in lessons)
        raise InputError(
            f"there is no lesson '{name}'", cure=f"known: {known}" if known else "none was learned yet"
        )
    return found


def _line(lesson: Lesson) -> str:
    return (
        f"{lesson.id}  {lesson.shape.endpoint}  {lesson.shape.model}  {_request(lesson)}: "
        f"{INSTEAD[lesson.change]}: {lesson.reason} (learned {lesson.learned_at:%Y-%m-%d})"
    )


def _request(lesson: Lesson) -> str:
    shape = lesson.shape
    parts = [
        "with tools" if shape.tools else "",
        f"response format {shape.response_format}" if shape.response_format else "",
        "with thinking" if shape.thinking else "",
        "with data_sources" if shape.sources else "",
    ]
    return ", ".join(part for part in parts if part) or "plain requests"


def _as_json(lesson: Lesson) -> dict[str, Any]:
    return {"id": lesson.id, **msgspec.to_builtins(lesson)}

"""The guide's "fallback to sync": why, since when, and what to change; and what the last runs showed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_runtime.doctor.findings import ok, warning
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.doctor.facts import LessonFact, StepHistory
    from pipeline_runtime.doctor.findings import Finding

UNVERIFIED = re.compile(r"verif", re.IGNORECASE)
CHANGES = {
    "drop_stream_options": ("no_usage", "streams without `stream_options`, and so without token counts"),
    "stream": ("must_stream", "answers only with a stream, and is asked for one"),
}
REPEATED_CURE = "wrap the handler in `idempotent` (docs/handlers.md, Once and only once)"


def check_lessons(lessons: Sequence[LessonFact]) -> Iterator[Finding]:
    """What is known of models that cannot stream."""
    for one in lessons:
        since = f" since {one.since:%Y-%m-%d}" if one.since else ""
        if one.change != "sync":
            code, what = CHANGES[one.change]
            yield ok("streaming", code, f"{one.model} at {one.endpoint} {what}{since}", place=one.step)
            continue
        yield warning(
            "streaming",
            "cannot_stream",
            f"fallback to sync: {one.model} at {one.endpoint} cannot stream{since}: {one.reason}"
            f" ({one.evidence})",
            _cure(one.evidence, one.name),
            place=one.step,
        )


def check_history(history: Sequence[StepHistory]) -> Iterator[Finding]:
    """What the last runs showed, each once a step, with how often and since when."""
    runs = len({one.run for one in history})
    for step in dict.fromkeys(one.step for one in history):
        of_step = sorted((one for one in history if one.step == step), key=lambda one: one.started_at)
        yield from _fallbacks(of_step, runs)
        yield from _repeats(of_step)
        yield from _buffered(of_step)
        yield from _told(of_step)


def _fallbacks(history: Sequence[StepHistory], runs: int) -> Iterator[Finding]:
    fell = [one for one in history if one.fallback is not None]
    if not fell or history[-1].fallback is None:  # it streams again
        return
    reason, source, evidence = history[-1].fallback
    yield warning(
        "streaming",
        "fell_back",
        f"fallback to sync: in {len(fell)} of the last {counted(runs, 'run')}, first on"
        f" {fell[0].started_at[:10]}: {reason} ({source}: {evidence})",
        _cure(evidence, None) if source != "response" else _RESPONSE_CURE,
        place=fell[0].step,
    )


def _repeats(history: Sequence[StepHistory]) -> Iterator[Finding]:
    again = [one for one in history if one.repeated and one.handlers]
    if again:
        yield warning(
            "handlers",
            "deltas_sent_again",
            f"duplicate output: a new attempt sent the text again in run {again[-1].run}, and"
            f" {', '.join(again[-1].handlers)} got it twice",
            REPEATED_CURE,
            place=again[0].step,
        )


def _buffered(history: Sequence[StepHistory]) -> Iterator[Finding]:
    held = [one for one in history if one.delivery == "buffered"]
    if held:
        yield warning(
            "streaming",
            "buffered",
            f"in run {held[-1].run} all frames came at once at the end: something on the way holds them back",
            "look for a proxy or gateway that buffers (nginx: proxy_buffering off), and for compression",
            place=held[0].step,
        )


def _told(history: Sequence[StepHistory]) -> Iterator[Finding]:
    """What runs said of handlers; the newest word on each."""
    newest = {told[0]: told for one in history for told in one.told}
    for code, message, cure in newest.values():
        yield warning("handlers", code, f"in an earlier run: {message}", cure, place=history[0].step)


def _cure(evidence: str, lesson: str | None) -> str:
    forget = f", then: pipeline-tui capabilities forget {lesson}" if lesson else ""
    if UNVERIFIED.search(evidence):
        return f"have the organisation verified with the provider{forget}"
    again = f"; if the server has changed: pipeline-tui capabilities forget {lesson}" if lesson else ""
    return f"choose a model that streams, or set stream: false so that nobody expects it{again}"


_RESPONSE_CURE = (
    "the server or a gateway answers without a stream although one is asked for: ask who runs it, or set"
    " stream: false"
)

"""What an expression can ask of an event: each field with where its value is found.

A getter gives `None` where an event has no such value: no comparison is true of it, not even `!=`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, get_args

from msgspec import Struct

from pipeline_runtime.events import (
    AnyEvent,
    Delivery,
    Delta,
    Done,
    Error,
    FinishReason,
    FrameReceived,
    Lane,
    Lint,
    RunFinished,
    Stall,
    Status,
    StepFinished,
    StepStarted,
    Unknown,
)
from pipeline_runtime.expression.quantities import COUNT, SIZE, TIME
from pipeline_runtime.lint import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.expression.facts import Facts

    GetNumber: TypeAlias = Callable[[AnyEvent, Facts], float | None]
    GetWords: TypeAlias = Callable[[AnyEvent], tuple[str | None, ...]]

LANES: tuple[str, ...] = get_args(Lane)
KIND_OF: Mapping[type, str] = {one: str(one.__struct_config__.tag) for one in get_args(AnyEvent)}
KINDS = tuple(sorted(KIND_OF.values()))
DELIVERIES: tuple[Delivery, ...] = get_args(Delivery)


class NumberField(Struct, frozen=True):
    """A field that is compared."""

    says: str
    example: str
    units: Mapping[str, float]
    get: GetNumber


class WordField(Struct, frozen=True):
    """A field that is one of some words; `closed` when these are all there can be."""

    says: str
    example: str
    get: GetWords
    known: tuple[str, ...] = ()
    closed: bool = False


class TextField(Struct, frozen=True):
    """The accumulated text of a lane."""

    says: str
    example: str
    lane: Lane


Field: TypeAlias = NumberField | WordField | TextField


def _attribute(name: str) -> GetNumber:
    def get(event: AnyEvent, _: Facts) -> float | None:
        value: float | None = getattr(event, name, None)
        return value

    return get


def _word(name: str) -> GetWords:
    return lambda event: (getattr(event, name, None),)


def _frame_number(event: AnyEvent, _: Facts) -> float | None:
    return event.n if isinstance(event, FrameReceived) else getattr(event, "frame", None)


def _gap(event: AnyEvent, facts: Facts) -> float | None:
    return event.gap if isinstance(event, Stall) else facts.gap


def _bytes(event: AnyEvent, _: Facts) -> float | None:
    return event.size if isinstance(event, FrameReceived) else None


def _characters(event: AnyEvent, _: Facts) -> float | None:
    return len(event.content) if isinstance(event, Delta) else None


def _output_tokens(event: AnyEvent, _: Facts) -> float | None:
    usage = event.response.usage if isinstance(event, Done | Error) and event.response else None
    return usage.output if usage else None


def _status(event: AnyEvent, _: Facts) -> float | None:
    status = getattr(event, "status", None)
    return status if isinstance(status, int) else None


def _type(event: AnyEvent) -> tuple[str | None, ...]:
    kind = KIND_OF[type(event)]
    if isinstance(event, FrameReceived):
        comment = event.data is None and event.comment is not None
        return kind, event.event or None, "comment" if comment else None
    return (kind, event.type) if isinstance(event, Unknown) else (kind,)


def _lint(event: AnyEvent) -> tuple[str | None, ...]:
    return (event.code if isinstance(event, Lint) else None,)


def _error(event: AnyEvent) -> tuple[str | None, ...]:
    return (event.type if isinstance(event, Error) else None,)


def _delivery(event: AnyEvent) -> tuple[str | None, ...]:
    if isinstance(event, Done | Error):
        return (event.response.delivery if event.response else None,)
    return (event.delivery if isinstance(event, StepFinished) else None,)


def _finish(event: AnyEvent) -> tuple[str | None, ...]:
    response = event.response if isinstance(event, Done | Error) else None
    return (response.finish_reason, response.finish_reason_raw) if response else ()


def _outcome(event: AnyEvent) -> tuple[str | None, ...]:
    return (event.status if isinstance(event, StepFinished | RunFinished) else None,)


def _provider(event: AnyEvent) -> tuple[str | None, ...]:
    return (event.provider, event.protocol) if isinstance(event, StepStarted) else ()


FIELDS: Mapping[str, Field] = {
    "type": WordField(
        "the event's kind, or the name that the wire gives a frame", "type:delta", _type, (*KINDS, "comment")
    ),
    "lane": WordField("the lane of a delta", "lane:thinking", _word("lane"), LANES, closed=True),
    "step": WordField("the step", "step:draft", _word("step")),
    "tool": WordField("the tool of a delta of tool input", "tool:get_weather", _word("tool")),
    "lint": WordField("the code of a finding", "lint:split_utf8", _lint, tuple(CATALOGUE)),
    "error": WordField("the type of an error", "error:idle_timeout", _error),
    "phase": WordField("of a stall", "phase:began", _word("phase"), ("began", "ended"), closed=True),
    "delivery": WordField("how the answer came", "delivery:sync", _delivery, DELIVERIES, closed=True),
    "finish": WordField(
        "the finish reason, ours or as sent", "finish:length", _finish, get_args(FinishReason)
    ),
    "outcome": WordField(
        "how a step or run ended", "outcome:failed", _outcome, get_args(Status), closed=True
    ),
    "provider": WordField("the provider or protocol of a step that starts", "provider:claude", _provider),
    "model": WordField("the model of a step that starts", "model:claude-*", _word("model")),
    "gap": NumberField(
        "time since the frame before it in its attempt; none inside a burst", "gap>500ms", TIME, _gap
    ),
    "at": NumberField("time since the run began", "at>3s", TIME, _attribute("at")),
    "bytes": NumberField("size of a frame", "bytes>4096", SIZE, _bytes),
    "chars": NumberField("length of a delta", "chars>200", COUNT, _characters),
    "n": NumberField("the frame's number in its attempt, from 0", "n:17", COUNT, _frame_number),
    "seq": NumberField("the event's number in its run, from 0", "seq>=100", COUNT, _attribute("seq")),
    "attempt": NumberField("the attempt, from 1", "attempt:2", COUNT, _attribute("attempt")),
    "index": NumberField("the content block or tool call of a delta", "index:1", COUNT, _attribute("index")),
    "choice": NumberField("which of several answers", "choice:1", COUNT, _attribute("choice")),
    "status": NumberField("the HTTP status", "status>=400", COUNT, _status),
    "tokens": NumberField("output tokens of an answer", "tokens>1000", COUNT, _output_tokens),
    "text": TextField("the step's text so far", "text~/the end/", "text"),
    "thinking": TextField("the step's thinking so far", "thinking~/wait/i", "thinking"),
    "tool_input": TextField("the tool input so far", 'tool_input~/"city"/', "tool_input"),
    "refusal": TextField("the refusal so far", "refusal~/cannot/", "refusal"),
}

ALIASES: Mapping[str, str] = {"kind": "type", "code": "lint", "frame": "n", "size": "bytes"}

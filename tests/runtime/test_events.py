"""The vocabulary: closed, frozen, and the same JSON everywhere."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from pipeline_runtime.events import AnyEvent, Delta, Event, FrameReceived, Response, Timings, Usage
from pipeline_runtime.handlers.kinds import EVENT_TYPES
from pipeline_runtime.origin import Origin

KINDS = {
    "run_started", "step_started", "attempt_started", "response_opened", "frame", "delta", "lint", "unknown",
    "stall", "fallback", "retry", "error", "done", "step_finished", "run_finished",
}  # fmt: skip


def test_the_union_is_closed_and_every_kind_has_one_type() -> None:
    assert EVENT_TYPES.keys() >= KINDS
    assert len(EVENT_TYPES) == len(get_args(AnyEvent)) == len(Event.__subclasses__())
    assert all(issubclass(one, Event) for one in EVENT_TYPES.values())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_event_begins_with_the_same_fields_and_is_frozen(kind: str) -> None:
    one = EVENT_TYPES[kind]
    assert one.__struct_fields__[:5] == ("run", "step", "attempt", "seq", "at")
    assert one.__struct_config__.frozen
    assert one.__struct_config__.tag_field == "kind"
    assert one.__doc__


def test_the_json_form() -> None:
    delta = Delta("r", "draft", 1, 7, 1500, "ü\u2028", "text", 0, 3)
    assert msgspec.json.decode(msgspec.json.encode(delta)) == {
        "kind": "delta", "run": "r", "step": "draft", "attempt": 1, "seq": 7, "at": 1500, "content": "ü\u2028",
        "lane": "text", "index": 0, "frame": 3, "choice": 0, "tool": None,
    }  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(delta), type=AnyEvent) == delta
    frame = FrameReceived("r", None, None, 0, 0, 0, "message", None, 0, 5, (0, 1), comment="ping")
    assert msgspec.json.decode(msgspec.json.encode(frame), type=AnyEvent) == frame


def test_the_response_has_what_the_json_promises() -> None:
    promised = {
        "text", "finish_reason", "finish_reason_raw", "usage", "model", "request_id", "tool_calls", "delivery",
        "fallback", "timings",
    }  # fmt: skip
    shown = msgspec.to_builtins(Response("", "stream", Timings(0), usage=Usage(output=0)))
    assert promised <= shown.keys()
    assert shown["usage"]["input"] is None
    assert shown["usage"]["output"] == 0


def test_numbers_are_shared_by_a_whole_run() -> None:
    run = Origin.of_run("r")
    step, other = run.of_step("a"), run.of_step("b")
    attempt = step.of_attempt(2)
    numbers = [one.next_seq() for one in (run, attempt, other, step, run)]
    assert numbers == [0, 1, 2, 3, 4]
    assert (attempt.run, attempt.step, attempt.attempt) == ("r", "a", 2)
    assert (run.step, run.attempt, other.attempt) == (None, None, None)

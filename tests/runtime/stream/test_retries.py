"""When a call is tried again, after how long, and never after a delta."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_core import InTurn, head, of, only, piece, pieces, play, text_of
from pipeline_runtime.events import AttemptStarted, Done, Error, Retry
from pipeline_runtime.stream.retries import RetryPolicy, retry_delay, should_retry

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
POLICY = RetryPolicy(attempts=4, backoff=0.5)
THREE = {"retry": {"attempts": 3, "backoff": 0.001}}


def delay(failures: int = 1, chance: float = 0.0, **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return retry_delay(failures, POLICY, named, chance=chance, now=NOW)


@pytest.mark.parametrize(
    ("told", "retryable", "expected"),
    [
        (None, True, True),
        (None, False, False),
        ("true", False, True),
        ("TRUE", False, True),
        ("false", True, False),
        ("perhaps", True, True),
    ],
)
def test_the_server_decides_first(told: str | None, retryable: bool, expected: bool) -> None:
    headers = {} if told is None else {"x-should-retry": told}
    assert should_retry(headers, retryable=retryable) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after_ms": "20", "retry_after": "9"}, 0.02),
        ({"retry_after_ms": "soon", "retry_after": "9"}, 9.0),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "2.5"}, 2.5),
        ({"retry_after": "120"}, 120.0),
        ({"retry_after": "120.1"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "-1"}, 0.5),
        ({"retry_after": "nan"}, 0.5),
        ({"retry_after": "whenever"}, 0.5),
        ({"retry_after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry_after": "Sat, 21 Nov 2026 12:00:30"}, 30.0),
        ({"retry_after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry_after": "Sat, 21 Nov 2026 13:00:00 GMT"}, None),
        ({}, 0.5),
    ],
)
def test_what_the_server_asks_for(headers: dict[str, str], expected: float | None) -> None:
    assert delay(**headers) == expected


@given(st.text(max_size=60))
def test_no_header_is_too_odd(value: str) -> None:
    waited = delay(retry_after=value, retry_after_ms=value)
    assert waited is None or 0 <= waited <= 120


def test_backoff_doubles_up_to_eight_seconds() -> None:
    assert [delay(failures) for failures in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


@given(st.integers(1, 30), st.floats(0, 1, exclude_max=True))
def test_jitter_takes_a_quarter_at_most(failures: int, chance: float) -> None:
    whole, less = delay(failures), delay(failures, chance)
    assert whole is not None
    assert less is not None
    assert 0.75 * whole <= less <= whole


# --- whole calls ------------------------------------------------------------------------------------------


def failing(status: int, kind: str = "overloaded_error", *headers: str) -> bytes:
    body = json.dumps({"error": {"type": kind, "code": kind, "message": "not now"}}).encode()
    return head(f"{status} No", *headers, kind="application/json") + body


WELL = head() + b"".join(pieces("fine"))


@pytest.mark.streaming
async def test_an_overloaded_server_is_asked_again() -> None:
    events = await play(
        InTurn(failing(529, "overloaded_error", "retry-after-ms: 1"), failing(503), WELL), THREE
    )
    assert only(events, Done).response.text == "fine"
    retries = of(events, Retry)
    assert [retry.status for retry in retries] == [529, 503]
    assert retries[0].delay == 1_000_000
    assert "overloaded_error" in retries[0].reason
    assert [event.why for event in of(events, AttemptStarted)] == ["first", "retry", "retry"]


@pytest.mark.streaming
async def test_attempts_are_counted() -> None:
    script = InTurn(failing(500, "server_error"))
    events = await play(script, THREE)
    assert len(script.bodies) == 3
    error = only(events, Error)
    assert (error.status, error.fatal, error.attempt) == (500, True, 3)
    assert error.cure


@pytest.mark.streaming
@pytest.mark.parametrize(
    "reply",
    [
        failing(529, "overloaded_error", "x-should-retry: false"),
        failing(429, "rate_limit_error", "retry-after: 121"),
        failing(429, "insufficient_quota"),
        failing(401, "authentication_error"),
        failing(400, "invalid_request_error"),
        head(kind="text/html") + b"<html>login</html>",
        head("302 Found", "location: https://elsewhere.example.test/"),
    ],
    ids=["told not to", "told to wait too long", "no quota", "no key", "wrong", "html", "redirect"],
)
async def test_what_no_second_try_helps(reply: bytes) -> None:
    script = InTurn(reply, WELL)
    events = await play(script, THREE)
    assert len(script.bodies) == 1
    assert not of(events, Retry)
    assert only(events, Error).cure


@pytest.mark.streaming
async def test_the_server_may_insist_on_a_retry() -> None:
    events = await play(InTurn(failing(400, "invalid_request_error", "x-should-retry: true"), WELL), THREE)
    assert only(events, Done).response.text == "fine"


@pytest.mark.streaming
async def test_an_error_inside_the_stream_before_any_delta_is_tried_again() -> None:
    inside = b'event: error\ndata: {"error":{"type":"overloaded_error","message":"busy"}}\n\n'
    events = await play(InTurn(head() + inside, WELL), THREE)
    assert only(events, Retry).reason == "overloaded_error: busy"
    assert only(events, Done).response.text == "fine"


@pytest.mark.streaming
@pytest.mark.parametrize(
    "empty", [b"", b": ping\n\n", piece("")], ids=["nothing", "a comment", "an empty delta"]
)
async def test_a_stream_that_ends_before_any_delta_is_tried_again(empty: bytes) -> None:
    events = await play(InTurn(head() + empty, WELL), THREE)
    assert only(events, Retry).reason.startswith("truncated: the stream ended before anything")
    assert text_of(events) == "fine"


@pytest.mark.streaming
@pytest.mark.parametrize(
    "rest",
    [b"", b'event: error\ndata: {"error":{"type":"overloaded_error","message":"busy"}}\n\n'],
    ids=["cut", "an error"],
)
async def test_never_after_a_delta(rest: bytes) -> None:
    script = InTurn(head() + piece("some ") + piece("words") + rest, WELL)
    events = await play(script, THREE)
    assert len(script.bodies) == 1
    assert not of(events, Retry)
    error = only(events, Error)
    assert error.response is not None
    assert (error.response.text, error.response.finish_reason) == ("some words", "error")
    assert error.response.timings.deltas == 2


@pytest.mark.streaming
@pytest.mark.parametrize(
    "rest",
    [b"", b'event: error\ndata: {"error":{"type":"overloaded_error","message":"busy"}}\n\n'],
    ids=["cut", "an error"],
)
async def test_a_step_may_want_to_begin_anew_after_a_drop(rest: bytes) -> None:
    script = InTurn(head() + piece("some ") + piece("words") + rest, WELL)
    events = await play(script, {**THREE, "on_drop": "restart"})
    assert [started.why for started in of(events, AttemptStarted)] == ["first", "restart"]
    assert "on_drop: restart" in only(events, Retry).reason
    assert only(events, Done).response.text == "fine"
    assert only(events, Done).response.timings.deltas == 1


@pytest.mark.streaming
async def test_a_drop_at_each_attempt_fails_in_the_end_with_what_came_last() -> None:
    script = InTurn(head() + piece("some "), head() + piece("other "))
    events = await play(script, {"retry": {"attempts": 2, "backoff": 0.001}, "on_drop": "restart"})
    error = only(events, Error)
    assert error.response is not None
    assert (len(script.bodies), error.type, error.response.text) == (2, "truncated", "other ")


def test_the_body_s_own_wait_counts_where_the_headers_say_nothing() -> None:
    assert retry_delay(1, POLICY, {}, chance=0.0, in_body=34.4) == 34.4
    assert retry_delay(1, POLICY, {"retry-after": "2"}, chance=0.0, in_body=34.4) == 2.0
    assert retry_delay(1, POLICY, {}, chance=0.0, in_body=500.0) is None

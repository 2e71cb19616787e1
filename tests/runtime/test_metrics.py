"""Timings, stalls and the verdict BUFFERED, from events alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_core import events_of, mocked, only, simulator
from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    FrameReceived,
    Request,
    ResponseOpened,
    Stall,
    StallInfo,
    Timings,
    Usage,
)
from pipeline_runtime.metrics import (
    EXACT_GAPS,
    SECOND,
    Gaps,
    Meter,
    looks_buffered,
    percentile,
    stall_threshold,
)
from pipeline_runtime.metrics import MILLISECOND as MS
from pipeline_runtime.simulator import Simulator

__all__ = ["simulator"]
AT = ("r", "s", 1, 0)


def delta(at: int, content: str = "x", lane: str = "text") -> Delta:
    return Delta(*AT, at * MS, content, lane, 0, 0)


def frame(at: int, n: int, chunk: int, size: int = 10) -> FrameReceived:
    return FrameReceived(*AT, at * MS, n, "message", "{}", n * size, size, (chunk, chunk))


def metered(*events: object) -> Meter:
    meter = Meter()
    meter.feed([AttemptStarted(*AT, 100 * MS, Request("POST", "u", (), {}), "stream"), *events])
    return meter


def test_durations_count_from_the_request() -> None:
    meter = metered(
        ResponseOpened(*AT, 150 * MS, 200, ()),
        frame(160, 0, 0),
        delta(170, "hm", "thinking"),
        frame(180, 1, 1),
        delta(180, "Well"),
        frame(220, 2, 1),
        delta(220, "."),
    )
    timings = meter.timings(300 * MS, usage=Usage(output=11))
    assert timings == Timings(
        total=200 * MS,
        headers=50 * MS,
        first_byte=60 * MS,
        first_delta=70 * MS,
        first_text=80 * MS,
        last_delta=120 * MS,
        deltas=3,
        frames=3,
        chunks=2,
        bytes=30,
        gap_p50=10 * MS,
        gap_p90=40 * MS,
        gap_p95=40 * MS,
        gap_p99=40 * MS,
        gap_max=40 * MS,
        burst_share=0.0,
        stall_share=0.0,
        time_per_token=5 * MS,
        tokens_per_second=200.0,
    )


def test_nothing_came() -> None:
    assert metered().timings(101 * MS) == Timings(total=MS)


def test_empty_deltas_do_not_count() -> None:
    timings = metered(delta(200, ""), delta(300, "a"), delta(900, "")).timings(SECOND)
    assert (timings.first_delta, timings.last_delta, timings.deltas) == (200 * MS, 200 * MS, 1)


def test_deltas_of_one_read_are_a_burst_without_gaps() -> None:
    meter = metered(*(delta(at) for at in (200, 200, 200, 230, 230, 250)))
    timings = meter.timings(SECOND)
    assert (timings.deltas, timings.gap_p50, timings.gap_max) == (6, 20 * MS, 30 * MS)
    assert meter.median_gap() == 20 * MS


def test_stalls_are_kept_with_their_place() -> None:
    meter = metered(
        delta(200),
        Stall(*AT, 1500 * MS, "began", 1, SECOND, 0),
        Stall(*AT, 3200 * MS, "ended", 1, 3 * SECOND, 0),
    )
    assert meter.timings(4 * SECOND).stalls == (StallInfo(after=1, at=100 * MS, duration=3 * SECOND),)


@pytest.mark.parametrize(
    ("tokens", "expected"), [(None, None), (0, None), (1, None), (2, 10.0), (101, 1000.0)]
)
def test_tokens_per_second(tokens: int | None, expected: float | None) -> None:
    usage = Usage(output=tokens)
    timings = metered(delta(200), delta(300)).timings(SECOND, usage=usage)
    assert timings.tokens_per_second == expected
    assert timings.time_per_token == (None if expected is None else SECOND / expected)
    assert metered(delta(200)).timings(SECOND, usage=usage).tokens_per_second is None


def test_tokens_of_thinking_that_was_not_shown_do_not_count() -> None:
    usage = Usage(output=111, reasoning=100)
    hidden, shown = metered(delta(200), delta(300)), metered(delta(200, "hm", "thinking"), delta(300))
    assert hidden.timings(SECOND, usage=usage).tokens_per_second == 100.0
    assert shown.timings(SECOND, usage=usage).tokens_per_second == 1100.0


def test_shares_of_bursts_and_stalls() -> None:
    meter = metered(*(delta(at) for at in (200, 200, 200, 230, 230)))
    assert meter.timings(SECOND).burst_share == 0.75
    stall = Stall(*AT, 3200 * MS, "ended", 5, 2 * SECOND, 0)
    meter.feed([stall])
    assert meter.timings(4 * SECOND).stall_share == 0.6667  # it ends 3 s after the first delta
    meter.feed([delta(4200)])
    assert meter.timings(5 * SECOND).stall_share == 0.5
    none = metered(delta(200)).timings(SECOND)
    assert (none.burst_share, none.stall_share) == (None, None)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 95, 7),
        ([1, 2, 3, 4], 50, 2),
        ([1, 2, 3, 4], 95, 4),
        (list(range(1, 101)), 95, 95),
    ],
)
def test_percentile(values: list[int], percent: int, expected: int | None) -> None:
    assert percentile(values, percent) == expected


@given(st.lists(st.integers(0, 10**12), min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values(values: list[int], percent: int) -> None:
    found = percentile(sorted(values), percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)


def test_stall_threshold() -> None:
    assert stall_threshold(0) == SECOND
    assert stall_threshold(200 * MS) == SECOND
    assert stall_threshold(201 * MS) == 1005 * MS


# --- buffered ---------------------------------------------------------------------------------------------


def came(first: int, last: int, deltas: int, *, chunks: int = 1, gap: int | None = None) -> Timings:
    return Timings(
        total=last * MS,
        first_delta=first * MS,
        last_delta=last * MS,
        deltas=deltas,
        frames=deltas,
        chunks=chunks,
        gap_p50=None if gap is None else gap * MS,
    )


BUFFERED = {
    "all in one read": (came(2000, 2000, 100), 500, True),
    "in a few reads, close together": (came(2000, 2010, 100, chunks=3, gap=5), 500, True),
    "replayed line by line": (came(2000, 2050, 100, chunks=100, gap=0), 500, True),
    "one big delta": (came(2000, 2000, 1), 200, True),
    "one small delta": (came(2000, 2000, 1), 199, False),
    "seven small deltas": (came(2000, 2000, 7), 100, False),
    "eight small deltas": (came(2000, 2000, 8), 20, True),
    "fast from the beginning": (came(99, 99, 100), 500, False),
    "just slow enough to tell": (came(100, 100, 100), 500, True),
    "five percent of the time": (came(1900, 2000, 100), 500, True),
    "a little more": (came(1899, 2000, 100), 500, False),
    "a steady stream": (came(500, 3000, 100, chunks=100, gap=25), 500, False),
    "long hidden thought, then a brief stream": (came(20_000, 20_900, 45, chunks=45, gap=20), 200, False),
    "nothing": (Timings(total=5), 0, False),
}


@pytest.mark.parametrize("case", BUFFERED)
def test_looks_buffered(case: str) -> None:
    timings, characters, expected = BUFFERED[case]
    assert looks_buffered(timings, characters) is expected


@pytest.mark.streaming
@pytest.mark.parametrize("protocol", ["claude", "openai"])
@pytest.mark.parametrize(
    ("delivery", "expected"),
    [("buffered", "buffered"), ("one_chunk", "buffered"), ("stream", "stream"), ("sync_json", "sync")],
)
async def test_deliveries_of_a_real_server(
    protocol: str, delivery: str, expected: str, simulator: Simulator
) -> None:
    reply = "A sentence that is long enough to show a rhythm. " * 8
    scenario = f"{{reply: '{reply}', delivery: {delivery}, timing: {{first_token: 8, rate: 10, jitter: 0}}}}"
    text = f"steps: [{{id: s, provider: {protocol}, prompt: hi, scenario: {scenario}}}]"
    response = only(await events_of(mocked(text, simulator)), Done).response
    assert response.delivery == expected
    assert response.text == reply
    assert (response.fallback is not None) == (expected == "sync")


def test_a_long_run_keeps_few_numbers_and_percentiles_that_are_nearly_exact() -> None:
    gaps, exact = Gaps(), [place * place % 9_999_991 for place in range(4 * EXACT_GAPS)]
    for gap in exact:
        gaps.add(gap)
    assert len(gaps) < EXACT_GAPS
    assert gaps.longest == max(exact)
    assert sum(times for _, times in gaps.measured) == len(exact)
    found = gaps.percentiles(50, 95)
    assert found == [pytest.approx(percentile(sorted(exact), percent), rel=0.004) for percent in (50, 95)]


@given(st.lists(st.integers(0, 1 << 40), max_size=50))
def test_percentiles_of_a_short_run_are_exact(exact: list[int]) -> None:
    gaps = Gaps()
    for gap in exact:
        gaps.add(gap)
    assert gaps.percentiles(50, 95) == [percentile(sorted(exact), percent) for percent in (50, 95)]
    assert gaps.longest == max(exact, default=None)
    assert [gap for gap, _ in gaps.measured] == exact


def test_the_first_byte_of_a_body_without_frames_is_told_by_its_arrival() -> None:
    meter = metered()
    meter.received(150 * MS)
    meter.received(160 * MS)
    assert meter.timings(200 * MS).first_byte == 50 * MS

"""Timings and verdicts of one attempt, as pure functions of its events.

Definitions are AIPerf's where it has one: TTFT counts from the request to the first non-empty delta; gaps
are between neighbouring deltas, and those of one socket read (which share their `at`) are a burst and not
measured.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from pipeline_runtime.events import (
    AnyEvent,
    AttemptStarted,
    Delta,
    FrameReceived,
    ResponseOpened,
    Stall,
    StallInfo,
    Timings,
    Unknown,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
STALL_FLOOR = SECOND
STALL_FACTOR = 5
BUFFERED_WAIT = 100 * MILLISECOND
BUFFERED_SPAN_SHARE = 0.05
BUFFERED_DELTAS = 8
BUFFERED_CHARACTERS = 200
RHYTHM_GAP = 5 * MILLISECOND


EXACT_GAPS = 10_000
"""How many gaps are kept one by one: what can be sorted in a few milliseconds."""
GAP_BITS = 8
"""Leading bits of a gap that are kept when there are more: percentiles are then true within 0.4 %."""


class Gaps:
    """Durations, in bounded memory: the first ones exactly, and as a histogram once there are many."""

    def __init__(self) -> None:
        self.longest: int | None = None
        self._exact = array("q")
        self._counts: dict[int, int] = {}

    def add(self, gap: int) -> None:
        """One more, in ns."""
        if self.longest is None or gap > self.longest:
            self.longest = gap
        if self._counts:
            self._count(gap)
            return
        self._exact.append(gap)
        if len(self._exact) > EXACT_GAPS:
            for one in self._exact:
                self._count(one)
            self._exact = array("q")

    def __len__(self) -> int:
        """How many numbers are kept."""
        return len(self._counts) or len(self._exact)

    @property
    def measured(self) -> Iterator[tuple[int, int]]:
        """Every gap in ns with how often it came; those of a histogram as the middle of their bucket."""
        yield from self._counts.items() if self._counts else ((gap, 1) for gap in self._exact)

    def percentiles(self, *percents: int) -> list[int | None]:
        """The nearest-rank percentiles; `None` without any gap."""
        if not self._counts:
            ordered = sorted(self._exact)
            return [percentile(ordered, percent) for percent in percents]
        gaps = sorted(self._counts)
        ranks = list(accumulate(self._counts[gap] for gap in gaps))
        return [gaps[bisect_left(ranks, -(-percent * ranks[-1] // 100))] for percent in percents]

    def _count(self, gap: int) -> None:
        """Count it as the middle of all gaps with the same leading bits."""
        shift = max(gap.bit_length() - GAP_BITS, 0)
        middle = (gap >> shift << shift) + (1 << shift >> 1)
        self._counts[middle] = self._counts.get(middle, 0) + 1


class Meter:
    """Collects the events of an attempt and of those that resume it; gives their `Timings` at any moment."""

    def __init__(self) -> None:
        self._started: int | None = None
        self._headers: int | None = None
        self._first_byte: int | None = None
        self._first_delta: int | None = None
        self._first_text: int | None = None
        self._last_delta: int | None = None
        self._deltas = self._frames = self._chunks = self._bytes = 0
        self._chunks_before = self._bytes_before = 0
        self.gaps = Gaps()
        """Between neighbouring deltas of different reads."""
        self._bursts = 0
        self._thought = False
        self._stalls: list[StallInfo] = []
        self.characters = 0
        self.unknowns = 0
        """Events that the protocol does not know."""

    def feed(self, events: Iterable[AnyEvent]) -> None:
        """Take the attempt's next events."""
        frame: FrameReceived | None = None
        before: Delta | None = None
        frames = bursts = characters = 0
        for event in events:
            kind = type(event)
            if kind is FrameReceived:
                if frame is None:
                    self.received(event.at)
                frame = event  # type: ignore[assignment]
                frames += 1
            elif kind is Delta:
                delta: Delta = event  # type: ignore[assignment]
                if (
                    before is not None
                    and delta.at == before.at
                    and delta.lane == before.lane
                    and delta.content
                ):
                    bursts += 1
                    characters += len(delta.content)
                else:
                    before = self._feed_delta(delta)
            else:
                self._feed_other(event)
        self._deltas += bursts
        self._bursts += bursts
        self.characters += characters
        if frame is not None:
            self._frames += frames
            self._end_at(frame)

    def received(self, at: int) -> None:
        """Bytes of the body came at `at`, whatever they are."""
        if self._first_byte is None:
            self._first_byte = at

    def timings(self, at: int, *, usage: Usage | None = None, body_bytes: int | None = None) -> Timings:
        """What was measured up to `at` (ns since the run began)."""
        gap_p50, gap_p90, gap_p95, gap_p99 = self.gaps.percentiles(50, 90, 95, 99)
        span, tokens = self._span(), self._streamed(usage)
        counted = tokens - 1 if tokens is not None and tokens > 1 and span else 0
        return Timings(
            total=at - (self._started or 0),
            headers=self._since(self._headers),
            first_byte=self._since(self._first_byte),
            first_delta=self._since(self._first_delta),
            first_text=self._since(self._first_text),
            last_delta=self._since(self._last_delta),
            deltas=self._deltas,
            frames=self._frames,
            chunks=self._chunks,
            bytes=self._bytes if body_bytes is None else self._bytes_before + body_bytes,
            gap_p50=gap_p50,
            gap_p90=gap_p90,
            gap_p95=gap_p95,
            gap_p99=gap_p99,
            gap_max=self.gaps.longest,
            burst_share=_share(self._bursts, self._deltas - 1),
            stall_share=self._stall_share(),
            time_per_token=round(span / counted) if counted else None,
            tokens_per_second=round(counted * SECOND / span, 1) if counted else None,
            stalls=tuple(self._stalls),
        )

    @property
    def deltas(self) -> int:
        """How many non-empty deltas have come."""
        return self._deltas

    def median_gap(self) -> int:
        """The median of the gaps so far, in ns; 0 without one."""
        return self.gaps.percentiles(50)[0] or 0

    def _begin(self, at: int) -> None:
        """An attempt begins; a second one goes on with the answer of the first, and all of it is measured."""
        if self._started is None:
            self._started = at
        self._chunks_before, self._bytes_before = self._chunks, self._bytes

    def _feed_delta(self, delta: Delta) -> Delta | None:
        """Take it; gives it back unless it is empty."""
        content = delta.content
        if not content:
            return None
        self._deltas += 1
        self.characters += len(content)
        at = delta.at
        if at != self._last_delta:
            if self._last_delta is None:
                self._first_delta = at
            else:
                self.gaps.add(at - self._last_delta)
            self._last_delta = at
        else:
            self._bursts += 1
        if delta.lane == "thinking":
            self._thought = True
        elif self._first_text is None:
            self._first_text = at
        return delta

    def _feed_other(self, event: AnyEvent) -> None:
        if isinstance(event, Unknown):
            self.unknowns += 1
        elif isinstance(event, AttemptStarted):
            self._begin(event.at)
        elif isinstance(event, ResponseOpened):
            self._headers = event.at if self._headers is None else self._headers
        elif isinstance(event, Stall):
            self._feed_stall(event)

    def _end_at(self, frame: FrameReceived) -> None:
        """The newest frame tells how far the body has come."""
        self._bytes = self._bytes_before + frame.offset + frame.size
        self._chunks = self._chunks_before + frame.chunks[1] + 1

    def _feed_stall(self, stall: Stall) -> None:
        if stall.phase == "ended":
            began = stall.at - stall.gap - (self._started or 0)
            self._stalls.append(StallInfo(after=stall.after, at=began, duration=stall.gap))

    def _since(self, at: int | None) -> int | None:
        return None if at is None else at - (self._started or 0)

    def _span(self) -> int:
        """From the first delta to the last, in ns."""
        return (self._last_delta or 0) - (self._first_delta or 0)

    def _streamed(self, usage: Usage | None) -> int | None:
        """The output tokens that came as deltas: thinking that was not shown took its time before them."""
        if usage is None or usage.output is None:
            return None
        return usage.output if self._thought else usage.output - (usage.reasoning or 0)

    def _stall_share(self) -> float | None:
        """Of the time from the first delta to the last progress, or to the end of a stall behind it."""
        if self._first_delta is None or self._last_delta is None:
            return None
        ends = (stall.at + stall.duration + (self._started or 0) for stall in self._stalls)
        stalled = sum(stall.duration for stall in self._stalls)
        return _share(stalled, max(self._last_delta, *ends, 0) - self._first_delta)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole > 0 else None


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The nearest-rank percentile of sorted values; `None` without any."""
    if not ordered:
        return None
    rank = -(-percent * len(ordered) // 100)
    return ordered[max(rank, 1) - 1]


def stall_threshold(median_gap: int) -> int:
    """How long a silence is a stall, in ns: max(1 s, 5 x the median gap so far)."""
    return max(STALL_FLOOR, STALL_FACTOR * median_gap)


def looks_buffered(timings: Timings, characters: int) -> bool:
    """Whether frames came, but all at once at the end: something between held the stream back.

    True when enough came to show a rhythm (8 deltas, or 200 characters), the wait before the first was at
    least 100 ms, and all of it came within the last 5 % of that time. A rhythm that shows after all (deltas
    mostly in reads of their own, 5 ms and more apart) says that only the beginning was slow: a model that
    thinks unseen and then answers briefly.
    """
    first, last = timings.first_delta, timings.last_delta
    if first is None or last is None or first < BUFFERED_WAIT:
        return False
    if timings.deltas < BUFFERED_DELTAS and characters < BUFFERED_CHARACTERS:
        return False
    if timings.deltas >= BUFFERED_DELTAS and _has_rhythm(timings):
        return False
    return last - first <= BUFFERED_SPAN_SHARE * last


def _has_rhythm(timings: Timings) -> bool:
    return 2 * timings.chunks > timings.frames and (timings.gap_p50 or 0) >= RHYTHM_GAP

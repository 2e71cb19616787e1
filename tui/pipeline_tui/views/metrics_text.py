"""What is measured of every step, live; and how it is told. The definitions are in docs/metrics.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import AttemptStarted, Delta, Done, Error
from pipeline_runtime.metrics import Meter
from pipeline_tui.views.format import counted, duration, join, rate, short_duration
from pipeline_tui.views.histogram import Arrivals, histogram, sparkline

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent, Response, Timings

NARROW = 60


class StepMetrics:
    """One step's newest answer, measured from its events."""

    def __init__(
        self,
        meter: Meter | None = None,
        arrivals: Arrivals | None = None,
        response: Response | None = None,
    ) -> None:
        """Go on from what was measured so far; by default from nothing."""
        self.meter = meter or Meter()
        self.arrivals = arrivals or Arrivals()
        self.response = response

    def apply(self, event: AnyEvent) -> None:
        """Take the step's next event."""
        if isinstance(event, AttemptStarted) and event.why != "resume":
            self.meter, self.arrivals, self.response = Meter(), Arrivals(), None
        self.meter.feed((event,))
        if isinstance(event, Delta):
            if event.content:
                self.arrivals.add(event.at)
        elif isinstance(event, Done | Error) and event.response is not None:
            self.response = event.response

    def timings(self, now: int) -> Timings:
        """As it was told at the end, or measured up to `now`."""
        return self.response.timings if self.response is not None else self.meter.timings(now)


class Lag:
    """How late batches of events reach the screen, against the fastest so far (ns)."""

    def __init__(self) -> None:
        self._fastest: int | None = None
        self.latest = 0
        self.worst = 0

    def observe(self, clock: int, at: int) -> None:
        """A batch whose newest event happened `at` was taken in when the clock said `clock`."""
        took = clock - at
        self._fastest = took if self._fastest is None else min(took, self._fastest)
        self.latest = took - self._fastest
        self.worst = max(self.worst, self.latest)


def metrics_lines(metrics: StepMetrics, now: int, width: int, rows: int, lag: Lag | None) -> list[str]:
    """All of it in at most `rows` lines.

    Args:
        metrics: Of the step.
        now: Ns since the run began.
        width: Cells of a line.
        rows: How many lines there are.
        lag: Of the screen; `None` when the run is over.
    """
    timings = metrics.timings(now)
    lines = [
        *_waits(timings, width),
        *_gaps(timings, width),
        _stalls(timings),
        _tokens(metrics, timings),
        *_size(timings, width),
    ]
    if lag is not None:
        lines.append(f"ours     UI lag {short_duration(lag.latest)}, worst {short_duration(lag.worst)}")
    if timings.last_delta is not None and rows > len(lines):
        rates = metrics.arrivals.rates(max(1, width - 28), now if metrics.response is None else 0)
        lines.append(f"rate     {sparkline(rates)} up to {rate(max(rates))}/s")
    return [*lines, *histogram(metrics.meter.gaps.measured, width, rows - len(lines))][:rows]


def _waits(timings: Timings, width: int) -> list[str]:
    first = f"wait     TTFT {_time(timings.first_delta)} · first text {_time(timings.first_text)}"
    other = f"headers {_time(timings.headers)} · total {duration(timings.total)}"
    return _beside(first, other, width)


def _gaps(timings: Timings, width: int) -> list[str]:
    named = [f"{name} {short_duration(gap)}" for name, gap in timings.gap_percentiles if gap is not None]
    if not named:
        return ["gaps     none measured"]
    return _beside(f"gaps     {join(*named[:3])}", join(*named[3:]), width)


def _stalls(timings: Timings) -> str:
    if not timings.stalls:
        return "stalls   none"
    longest = max(stall.duration for stall in timings.stalls)
    share = f"{timings.stall_share:.0%} of the stream" if timings.stall_share is not None else None
    return f"stalls   {join(str(len(timings.stalls)), f'longest {duration(longest)}', share)}"


def _tokens(metrics: StepMetrics, timings: Timings) -> str:
    usage = metrics.response.usage if metrics.response is not None else None
    if timings.tokens_per_second is not None and timings.time_per_token is not None and usage is not None:
        speed = f"{rate(timings.tokens_per_second)}/s · TPOT {short_duration(timings.time_per_token)}"
        return f"tokens   {speed} · {usage.output} by usage"
    span = (timings.last_delta or 0) - (timings.first_delta or 0)
    if span <= 0:
        return "tokens   no usage yet" if metrics.response is None else "tokens   not measured"
    why = "no usage yet" if metrics.response is None else "no usage"
    return f"deltas   {rate((timings.deltas - 1) * 1e9 / span)}/s ({why}: deltas counted, not tokens)"


def _size(timings: Timings, width: int) -> list[str]:
    burst = f"{timings.burst_share:.0%} in bursts" if timings.burst_share is not None else None
    first = f"size     {join(counted(timings.bytes, 'byte'), counted(timings.chunks, 'read'))}"
    return _beside(first, join(counted(timings.deltas, "delta"), burst), width)


def _beside(first: str, other: str, width: int) -> list[str]:
    if not other:
        return [first]
    return [f"{first} · {other}"] if width >= NARROW else [first, f"         {other}"]


def _time(value: int | None) -> str:
    return "-" if value is None else duration(value)

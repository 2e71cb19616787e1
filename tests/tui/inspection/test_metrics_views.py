"""Bars, sparklines, and the lines of the metrics panel."""

from __future__ import annotations

from msgspec.structs import replace

from helpers_tui import MS, Script
from pipeline_runtime.events import Usage
from pipeline_tui.views.histogram import Arrivals, histogram, sparkline
from pipeline_tui.views.metrics_text import Lag, StepMetrics, metrics_lines


def test_a_histogram_has_buckets_that_double() -> None:
    gaps = [(3 * MS, 8), (5 * MS, 4), (3000 * MS, 1)]
    bars = histogram(gaps, 26, 20)
    assert bars[0] == "<   4.0ms ████████ 8"
    assert bars[1] == "<   8.0ms ████     4"
    assert bars[2] == "<    16ms          0"
    assert bars[-1] == "<   4.10s █        1"
    assert len(histogram(gaps, 26, 3)) == 3
    assert histogram(gaps, 26, 3)[0].endswith(" 12")
    assert histogram([], 26, 3) == histogram(gaps, 26, 0) == []


def test_rates_fall_to_nothing_in_a_stall_whatever_the_length() -> None:
    arrivals = Arrivals()
    assert arrivals.rates(10, 0) == []
    for at in [*range(0, 1000, 10), *range(9000, 10_000, 10)]:
        arrivals.add((500 + at) * MS)
    rates = arrivals.rates(10, 0)
    assert len(rates) <= 10
    assert rates[0] > 50
    assert 0 in rates
    assert sparkline(rates)[0] == "█"
    assert sparkline(rates)[4] == " "
    assert arrivals.rates(10, 60_500 * MS)[-1] == 0
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "  "


def test_a_step_while_it_streams_and_when_it_is_over() -> None:
    script, metrics, lag = Script(), StepMetrics(), Lag()
    lag.observe(100, 90)
    lag.observe(200 * MS, 120 * MS)
    assert lag.latest == lag.worst == 80 * MS - 10
    for event in [script.attempt(), script.wait(80).opened(), *script.wait(20).words("a b c d e f " * 4)]:
        metrics.apply(event)
    told = metrics_lines(metrics, 2000 * MS, 100, 20, lag)
    assert told[0].startswith("wait     TTFT 1")
    assert "no usage yet: deltas counted, not tokens" in "\n".join(told)
    assert "ours     UI lag 79ms, worst 79ms" in told
    assert any(line.startswith("rate ") for line in told)
    assert any(line.startswith("< ") for line in told)
    assert max(map(len, metrics_lines(metrics, 2000 * MS, 50, 40, lag))) < 80
    assert len(metrics_lines(metrics, 2000 * MS, 100, 4, lag)) == 4
    done, usage = script.done("text"), Usage(output=40)
    timings = metrics.meter.timings(done.at, usage=usage)
    metrics.apply(replace(done, response=replace(done.response, timings=timings, usage=usage)))
    assert any(line.endswith("· 40 by usage") for line in metrics_lines(metrics, 0, 100, 20, None))
    metrics.apply(script.attempt())
    assert metrics.response is None
    assert "tokens   no usage yet" in metrics_lines(metrics, 0, 100, 20, None)

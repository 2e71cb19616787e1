"""The run's header, its summary, and the clock that both go by."""

from __future__ import annotations

from helpers_tui import MS, Script, flatten
from pipeline_runtime.events import StallInfo
from pipeline_tui.views.run_view import RunClock, RunView


def test_the_header_says_mock_plainly_and_why() -> None:
    script = Script("draft", "judge", note="no key for claude")
    view = RunView("mock")
    view.apply(script.start())
    assert view.header(3200 * MS) == "MOCK simulator · running 3.2 s · 0/2 steps · no key for claude"


def test_events_of_steps_side_by_side_may_come_out_of_order() -> None:
    script = Script()
    view = RunView("mock")
    events = flatten([script.start(), script.step(), script.attempt(), script.delta("x"), script.delta("y")])
    for event in [*events[:3], events[4], events[3]]:
        view.apply(event)
    assert view.panes["draft"].deltas == 2
    assert view.seen == events[4].seq


def test_the_summary_names_stalls_delivery_and_reasons_notable_steps_first() -> None:
    script = Script("plain", "slow", "sync", "broken")
    stall = StallInfo(30, 400 * MS, 3000 * MS)
    view = RunView("mock")
    assert view.summary() == []
    for event in flatten(
        [
            script.start(),
            *([script.step(name), script.attempt(name), script.frame(name)] for name in script.steps),
            [script.done(step="plain"), script.step_end(step="plain")],
            [script.done(step="slow", stalls=(stall,)), script.step_end(step="slow")],
            [script.fallback("no streams here", "sync"), script.attempt("sync", "sync", "fallback")],
            [script.done(delivery="sync", step="sync", fallback="no streams here")],
            script.step_end(step="sync", delivery="sync"),
            [script.error(step="broken"), script.step_end("failed", "broken", reason="connection lost")],
            script.end("failed"),
        ]
    ):
        view.apply(event)
    assert view.header(0) == "MOCK simulator · failed in 3.3 s · 4/4 steps"
    assert view.summary() == [
        "✔ slow · STREAM · TTFT 412 ms · stalled 3.0 s after delta 30",
        "✔ sync · SYNC (no streams here) · TTFT 412 ms",
        "✖ broken · failed · STREAM · TTFT 412 ms · connection lost",
        "✔ plain · STREAM · TTFT 412 ms",
    ]


def test_the_clock_takes_the_earliest_beginning_and_never_lags_behind_an_event() -> None:
    clock = RunClock()
    assert clock.now(5) == 0
    clock.observe(1_000, 100)
    assert clock.now(1_050) == 150
    clock.observe(1_100, 300)
    assert clock.now(1_100) == 300
    assert clock.now(0) == 300

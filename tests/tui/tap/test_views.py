"""What the Tap screen says of a request, and in how many cells."""

from __future__ import annotations

import pytest

from helpers_tap_screen import TappedScript
from helpers_tui import Script
from pipeline_runtime.debugging import Gate
from pipeline_runtime.events import Response, Timings, Usage
from pipeline_tui.taps import TapEntry
from pipeline_tui.views.run_view import RunView
from pipeline_tui.views.standing import Stop
from pipeline_tui.views.tap_line import tap_heading, tap_line, widths_for
from pipeline_tui.views.tap_row import TapRow
from pipeline_tui.views.tap_words import bar_text, head_text

MS = 1_000_000


def row(*events, stop: Stop | None = None, now: int = 0, client: str = "my-agent/7") -> TapRow:
    view = RunView("tap")
    for event in events:
        view.apply(event)
    return TapRow(3, "POST /v1/x", "https://h", client, "gpt-5", view.pane("request"), stop, now * MS)


@pytest.fixture
def script() -> Script:
    return Script("request", mode="tap")


def streaming(script: Script) -> list:
    head = [
        script.start(),
        script.step("request", "openai", "gpt-5", "openai-chat"),
        script.attempt("request"),
    ]
    return [*head, script.wait(300).opened("request"), *script.words("one two", step="request")]


def test_how_it_stands_while_it_goes(script: Script) -> None:
    assert row(script.start(), now=40).how() == "asked 40 ms"
    events = streaming(script)
    assert row(*events[:3], now=250).how() == "waiting 250 ms"
    assert row(*events, now=900).how() == "streaming 900 ms"
    stalled = [*events, script.wait(1_500).stall("began", 1_500, step="request")]
    assert row(*stalled, now=3_000).how() == "silent for 2.6 s"
    assert row(*events).cells() == {
        "number": "#3", "status": "200", "model": "gpt-5", "protocol": "openai-chat", "delivery": "STREAM",
        "ttft": "320ms", "deltas": "2", "tokens": "", "stalls": "", "how": "streaming 0 ms",
        "client": "my-agent/7",
    }  # fmt: skip


def test_how_it_is_stopped(script: Script) -> None:
    events = streaming(script)
    steps = ("request",)
    hit = Stop(steps, False, "hold", 2, (), (1, "lane:text"))
    assert row(*events, stop=hit).how() == "stopped: lane:text"
    assert row(*events, stop=hit).sign == "‖"
    assert row(*events, stop=hit._replace(hit=None, mode="buffer")).how() == "paused (buffer)"
    held = row(*events[:2], stop=hit._replace(requests=steps))
    assert held.how() == "request held"
    assert held.detail()[1] == "request held: Space goes on (a: all), Enter opens it, c closes both sides"


def test_how_it_ended(script: Script) -> None:
    events = streaming(script)
    usage = Usage(input=12, output=1_060)
    response = Response(
        "one two", "stream", Timings(total=2, first_delta=412 * MS), finish_reason_raw="stop", usage=usage
    )
    done = script.done("one two", step="request")
    ended = row(*events, type(done)(*script._head("request"), response), script.step_end(step="request"))
    assert ended.how() == "stop · 3.2 s"
    assert {name: ended.cells()[name] for name in ("ttft", "tokens")} == {"ttft": "412ms", "tokens": "1,060"}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("client_disconnected", "client hung up after 2 deltas"),
        ("disconnected", "upstream hung up after 2 deltas"),
        ("cancelled", "cancelled here after 2 deltas"),
        ("rate_limit_error", "rate_limit_error: slow \\x1b[2J down"),
    ],
)
def test_who_ended_it(script: Script, kind: str, told: str) -> None:
    error = script.failure(type=kind, message="slow \x1b[2J down", cure="wait")
    error = type(error)(error.run, "request", 1, error.seq, error.at, kind, error.message, "wait")
    broken = row(*streaming(script), error)
    assert broken.how().replace("␛", "\\x1b") == told
    assert broken.detail()[1].endswith(" down (wait)")
    assert "\x1b" not in "".join(broken.detail())


@pytest.mark.parametrize("width", [60, 79, 86, 104, 119, 140, 200])
def test_a_line_fills_its_width_whatever_it_says(script: Script, width: int) -> None:
    wide = row(*streaming(script), client="界" * 30)
    assert tap_line(wide, width).cell_length == max(
        width, 2 + sum(w + 1 for w in widths_for(width).values()) - 1
    )
    assert tap_heading(width).cell_length == tap_line(wide, width).cell_length
    if width >= 79:
        assert tap_line(wide, width).cell_length == width


def test_a_narrow_line_keeps_what_was_measured() -> None:
    assert list(widths_for(79)) == [
        "number",
        "status",
        "model",
        "delivery",
        "ttft",
        "tokens",
        "stalls",
        "how",
    ]
    assert {"protocol", "deltas"} <= widths_for(119).keys()
    assert "client" in widths_for(150)


def test_words_around_the_list() -> None:
    assert bar_text(8081, 3, 1, 1) == "⇄ tap on port 8081 · 3 requests, 1 open · ‖ 1 stopped"
    assert str(head_text(None, [])) == "Tap  ○ off "
    assert str(head_text(8081, ["1 request"])) == "Tap  ● on 127.0.0.1:8081 · 1 request "
    assert str(head_text(8081, ["1 request"], ["drop@3"])).endswith(" · 1 request  FAULTS drop@3 ")
    assert "· FAULTS · 0 requests" in bar_text(8081, 0, 0, 0, faults=True)


async def test_an_entry_is_told_by_the_events_of_its_run() -> None:
    run = TappedScript("gpt-5")
    run.gate = Gate()
    entry = TapEntry(1, run, lambda: 0)  # type: ignore[arg-type]
    assert (entry.title, entry.going, entry.stop) == ("#1 gpt-5", True, None)
    run.emit(run.begin(), run.script.words("a b", step="request"), run.script.done("a b ", step="request"))
    run.emit(run.script.step_end(step="request"), run.script.end())
    await entry.follow()
    assert (entry.going, entry.pane.deltas) == (False, 2)
    assert entry.line(0.0) == "✔ tap #1 gpt-5  end_turn · 3.2 s · STREAM"

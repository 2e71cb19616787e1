"""The timeline, the recording, the state at any place, references: pure, without a screen."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from helpers_debugger import begin
from helpers_tui import MS, Script
from pipeline_runtime.debugging import Breakpoints, Gate
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import Delta
from pipeline_tui.views.metrics_text import StepMetrics
from pipeline_tui.views.recording import Recording
from pipeline_tui.views.reference import Reference, parse_reference
from pipeline_tui.views.scrub import CHECKPOINTS, Moment, Scrub
from pipeline_tui.views.standing import Stop, scrubbed, stop_of, stopped
from pipeline_tui.views.timeline import ERROR, LINT, STALL, STOP, Timeline, density_row, marks_row
from pipeline_tui.views.watching import AT_ONCE, Stops, Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_runtime.events import AnyEvent


@pytest.fixture
def recorded() -> Iterator[Callable[..., Recording]]:
    """Makes recordings, and closes them."""
    made: list[Recording] = []

    def record(*events: AnyEvent) -> Recording:
        recording = Recording()
        recording.extend(events)
        made.append(recording)
        return recording

    yield record
    for recording in made:
        recording.close()


# --- metrics


def test_what_is_measured_at_any_place_is_what_was_measured_live(recorded: Callable[..., Recording]) -> None:
    script = Script()
    events = [
        *begin(script),
        *script.words("one two three", every=37),
        script.wait(2_000).stall("ended", 2_000),
    ]
    events += [*script.words("four five " * 300, every=3), script.done("over")]
    scrub = Scrub(recorded(*events), Moment("mock"))
    live: dict[int, tuple[object, object, object]] = {}
    metrics = StepMetrics()

    def told(metrics: StepMetrics, at: int) -> tuple[object, object, object]:
        return metrics.timings(at), metrics.arrivals.rates(40, at), metrics.response

    for place, event in enumerate(events):
        if event.step is not None:
            metrics.apply(event)
            live[place + 1] = told(metrics, event.at)
    places = list(live)
    random.Random(4).shuffle(places)
    for place in places[:200]:
        moment = scrub.moment(place)
        then = moment.metrics("draft")
        assert then is not None
        assert told(then, moment.state.at) == live[place]
    assert scrub.moment(0).metrics("draft") is None


# --- timeline


def test_the_timeline_counts_every_frame_and_delta_however_long_the_run_is() -> None:
    script = Script()
    events = [*begin(script), *script.words(" ".join("ab" for _ in range(5_000)), every=37)]
    timeline = Timeline()
    for event in events:
        timeline.add(event)
    assert timeline.end == events[-1].at
    for width in (1, 7, 80, 118):
        columns = timeline.columns(width)
        assert len(columns) == width
        assert sum(column.events for column in columns) == 10_001
        assert timeline.column_of(0, width) == 0
        assert timeline.column_of(timeline.end, width) == width - 1
        for column in range(width):
            assert timeline.column_of(timeline.moment_of(column, width), width) in {column, column + 1}


def test_the_timeline_marks_stalls_over_their_whole_length() -> None:
    script = Script()
    events = [*begin(script), *script.words("one two"), script.wait(3_000).stall("ended", 3_000)]
    timeline = Timeline()
    for event in [*events, *script.words("three", every=10), script.lint(), script.error()]:
        timeline.add(event)
    columns = timeline.columns(60)
    stalled = [n for n, column in enumerate(columns) if column.marks & STALL]
    assert stalled == list(range(stalled[0], 60))
    assert stalled[0] <= 4
    assert columns[-1].marks & LINT
    assert columns[-1].marks & ERROR
    assert "┄" * 50 in density_row(columns)
    assert marks_row(columns, 10)[10] == "▲"
    assert marks_row(columns, None).count("‖") == 1
    assert marks_row(columns, None)[-1] == "✖"


def test_breakpoints_are_marked_where_they_are_true_and_anew_when_they_change(
    recorded: Callable[..., Recording],
) -> None:
    script = Script()
    recording = recorded(*begin(script), *script.words("one two three", every=500))
    points = Breakpoints()
    points.add('"two"')
    off = points.add("type:delta")
    off.enabled = False
    stops = Stops(points)
    assert stops.follow(recording)
    marked = [n for n, column in enumerate(recording.timeline.columns(40)) if column.marks & STOP]
    assert len(marked) == 1
    recording.timeline.clear_stops()
    assert not any(column.marks for column in recording.timeline.columns(40))


# --- recording


def test_places_are_found_by_frame_text_time_and_number(recorded: Callable[..., Recording]) -> None:
    script = Script()
    events = [
        *begin(script),
        *script.words("one two"),
        script.lint(frame=2),
        *script.words("three", every=1_500),
    ]
    recording = recorded(*events)
    assert len(recording) == len(events)
    assert [event.seq for event in recording.read(0, 99)] == [event.seq for event in events]
    assert recording.next_unit(0) == 1
    assert recording.next_unit(5) == 7, "a frame and its delta"
    assert recording.next_unit(7) == 10, "a frame, its delta, its lint"
    assert recording.next_unit(10) == len(events)
    assert recording.unit_before(len(events)) == 10
    assert recording.unit_before(10) == 7
    assert recording.unit_before(1) == 0
    assert recording.unit_before(0) == 0
    assert recording.next_text(0) == 7
    assert recording.next_text(7) == 9
    assert recording.next_text(len(events)) == len(events)
    assert recording.behind_seq(6) == 7
    assert recording.behind_seq(10_000) == len(events)
    assert recording.seq(0) == -1
    assert recording.at(0) == 0
    assert recording.at(7) == events[6].at
    assert recording.at_time(events[6].at) == 7
    assert recording.seconds_on(10, 1.0) == 11, "nothing came for a second: the next event"
    assert recording.seconds_on(len(events), -1.0) == 10


def test_text_and_frame_are_the_ends_of_what_the_gate_passes(recorded: Callable[..., Recording]) -> None:
    """`.`, `>` and `f` mean the same in the past as at the gate."""
    script = Script()
    events = [*begin(script), *script.words("one two"), script.unknown(frame=2), *script.words("three")]
    recording = recorded(*events)
    finders = {"frame": recording.next_unit, "text": recording.next_text}
    for unit, find in finders.items():
        passed: list[AnyEvent] = []
        gate = Gate(shut=True)
        door = gate.add_door("draft", passed.extend)
        gate.let_through(door, events)
        place = 0
        while len(passed) < len(events):
            gate.advance(unit)  # type: ignore[arg-type]
            place = find(place)
            assert len(passed) == place, unit


# --- the state at a place


def long_run() -> list[AnyEvent]:
    script = Script("one", "two")
    events = begin(script, "one", "two")
    for n in range(600):
        events += script.words(f"w{n}", step="one" if n % 3 else "two", every=7)
        if n % 50 == 0:
            events.append(script.lint("one"))
        if n == 300:
            events += [script.retry("one"), script.attempt("one", why="retry")]
        if n == 400:
            mishap = script.failure(type="handler_error", message="it raised", fatal=False)
            events += [script.frame("one"), mishap]
    return [*events, script.step_end(step="one"), script.step_end(step="two"), script.end()]


def told(moment: Moment) -> object:
    content = {
        step: [(type(part).__name__, getattr(part, "content", "")) for part in moment.content(step)]
        for step in moment.view.panes
    }
    panes = {
        step: (pane.state, pane.deltas, pane.lints, pane.earlier) for step, pane in moment.view.panes.items()
    }
    return moment.state.seq, panes, content, moment.state.as_json()


def test_the_moment_is_the_same_however_it_is_come_to(recorded: Callable[..., Recording]) -> None:
    events = long_run()
    recording = recorded(*events)
    scrub = Scrub(recording, Moment("mock"))
    places = random.Random(7)
    for _ in range(40):
        place = places.randrange(len(events) + 1)
        fresh = Moment("mock")
        for event in events[:place]:
            fresh.feed(event)
        assert told(scrub.moment(place)) == told(fresh)
    assert len(scrub._checkpoints) <= CHECKPOINTS


def test_the_content_is_the_text_of_the_attempt_with_errors_between(
    recorded: Callable[..., Recording],
) -> None:
    events = long_run()
    moment = Scrub(recorded(*events), Moment("mock")).moment(len(events))
    one = list(moment.content("one"))
    assert all(isinstance(part, Delta) for part in one)
    assert [part.content.split()[0] for part in one if isinstance(part, Delta)] == ["w301"]
    assert list(moment.content("none")) == []


# --- watches


def test_watches_have_the_values_of_any_place(recorded: Callable[..., Recording]) -> None:
    events = long_run()
    recording = recorded(*events)
    scrub = Scrub(recording, Moment("mock"))
    watching = Watching(("type:lint", "steps.one.counts.lints"))
    while not watching.follow(recording):
        pass
    assert len(events) < AT_ONCE
    middle = recording.behind_seq(events[700].seq)
    lints = sum(event.__struct_config__.tag == "lint" for event in events[:middle])
    values = dict(watching.values(scrub.moment(middle).state))
    assert values["type:lint"].startswith(f"{lints} times, last at seq ")
    assert values["steps.one.counts.lints"] == str(lints)
    assert dict(watching.values(scrub.moment(0).state))["type:lint"] == "0 times"


# --- words


def test_references_are_read_as_they_are_written() -> None:
    reference = Reference("20261121-draft-4f2a", 118)
    assert parse_reference(f" {reference} ") == reference
    assert parse_reference("run~replay#3") == Reference("run", 3)
    for wrong in ("", "run", "run#", "#3", "a/b#3", "../x#1", "run#x", "run#-1"):
        with pytest.raises(PipelineError, match="no position"):
            parse_reference(wrong)


def test_a_stop_says_where_by_what_and_how_much_waits() -> None:
    stop = Stop(("a",), False, "hold", 214, (), None)
    assert stopped(stop, 118) == ("PAUSED", "hold · at seq 118 · 214 events wait (→ looks ahead)")
    hit = Stop(("a",), True, "buffer", 1, ("a",), (2, "gap>500ms"))
    assert stopped(hit, -1) == (
        "BREAK #2",
        "buffer · gap>500ms · only a · before the first event · 1 event waits (→ looks ahead) · the request of a is held back",
    )
    assert scrubbed(100, 118, 1_200 * MS, stop, over=False).text == (
        "seq 100 of 118 · 1.2 s · paused hold, 214 events wait"
    )
    assert (
        scrubbed(-1, 118, 0, None, over=True).text
        == "before the first of 119 events · 0 ms · the run is over"
    )


def test_a_gate_that_is_open_stops_nothing() -> None:
    assert stop_of(None, ()) is None
    gate = Gate()
    assert stop_of(gate, ("a",)) is None
    gate.add_door("a", lambda _: None)
    gate.add_door("b", lambda _: None)
    gate.pause("a")
    stop = stop_of(gate, ("a", "b"))
    assert stop is not None
    assert (stop.steps, stop.partly) == (("a",), True)
    gate.pause()
    stop = stop_of(gate, ("a", "b"))
    assert stop is not None
    assert (stop.steps, stop.partly) == (("a", "b"), False)

"""Looking ahead at what waits at the gate: seen before it is handed on, marked as that, and gone to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from helpers_debugger import GatedRun, begin, draw, opened, shown, text_of
from helpers_tui import Script
from pipeline_tui.debugging import debugging_of
from pipeline_tui.views.scrub import Moment
from pipeline_tui.views.track import AT_ONCE, Track
from pipeline_tui.widgets.key_bar import KeyBar
from pipeline_tui.widgets.timeline import TimelineView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers_tui import WatchApp
    from pipeline_runtime.debugging import Gate

SAID, WAITS = "Tea is", "older than most of the countries"


def answer(app: WatchApp) -> str:
    current = app.watch.grid.current
    assert current is not None
    return current.live.answer()


def pressed(app: WatchApp) -> str:
    return app.watch.query_one(KeyBar).text


async def test_what_waits_is_looked_at_and_then_run_to(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words(SAID)) as (app, pilot):
        await pilot.press("right")
        assert not app.watch.scrubbing, "nothing waits: arrows are the pane's"
        await pilot.press("space", "h")
        source.emit(script.words(WAITS))
        await shown(pilot, source)
        assert "12 events wait (→ looks ahead)" in text_of(app)
        assert answer(app) == "Tea is "
        assert "⏎ Run to here" not in pressed(app)
        await pilot.press("right", "right")
        await draw(pilot)
        assert answer(app) == "Tea is older "
        assert " AHEAD  seq 10 · not yet handed on · 2 of 12 that wait · " in text_of(app)
        assert "⏎ Run to here" in pressed(app)
        await pilot.press("shift+right", "f")
        await draw(pilot)
        assert answer(app) == "Tea is older than most "
        await pilot.press("shift+left")
        await draw(pilot)
        assert answer(app) == "Tea is older than "
        await pilot.press("end")
        await draw(pilot)
        assert answer(app) == f"{SAID} {WAITS} "
        assert source.handed_on[-1].seq == 8
        await pilot.press("shift+left", "shift+left", "enter")
        await shown(pilot, source)
        assert not app.watch.scrubbing
        assert answer(app) == "Tea is older than most of "
        assert source.handed_on[-1].seq == 16
        assert " PAUSED  buffer · at seq 16 · 4 events wait" in text_of(app)


async def test_from_the_past_to_what_waits_and_back(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words(SAID)) as (app, pilot):
        await pilot.press("space", "h")
        source.emit(script.words(WAITS))
        await shown(pilot, source)
        await pilot.press("comma", "comma")
        await draw(pilot)
        assert " SCRUB  seq 6 of 8" in text_of(app)
        await pilot.press("end")
        await draw(pilot)
        assert " PAUSED  buffer · at seq 8" in text_of(app)
        await pilot.press("right", "right", "left", "left")
        await draw(pilot)
        assert " PAUSED  buffer · at seq 8" in text_of(app)
        await pilot.press("comma", "ctrl+right")
        await draw(pilot)
        assert " AHEAD  seq 20 " in text_of(app)
        await pilot.press("space")
        await shown(pilot, source)
        assert answer(app) == f"{SAID} {WAITS} "
        assert not app.watch.bar.display


async def test_more_may_wait_meanwhile_and_a_step_shows_what_was_seen(
    source: GatedRun, script: Script
) -> None:
    async with opened(source, begin(script), script.words(SAID)) as (app, pilot):
        await pilot.press("space", "h")
        source.emit(script.words("one two"))
        await shown(pilot, source)
        await pilot.press("right", "right")
        await draw(pilot)
        assert answer(app) == "Tea is one "
        source.emit(script.words("three"))
        await shown(pilot, source)
        assert answer(app) == "Tea is one "
        assert "2 of 6 that wait" in text_of(app)
        await pilot.press("end")
        await draw(pilot)
        assert answer(app) == "Tea is one two three "
        assert source.gate is not None
        source.gate.advance("text")
        await shown(pilot, source)
        assert " AHEAD  seq 14 · not yet handed on · 4 of 4 that wait" in text_of(app)
        assert answer(app) == "Tea is one two three "
        source.gate.resume()
        await shown(pilot, source)
        assert not app.watch.scrubbing
        assert answer(app) == "Tea is one two three "


async def test_the_timeline_marks_what_is_not_handed_on_and_goes_there(
    source: GatedRun, script: Script
) -> None:
    async with opened(source, begin(script), script.words(SAID, every=100)) as (app, pilot):
        await pilot.press("space", "h")
        source.emit(script.words(WAITS, every=100))
        await shown(pilot, source)
        timeline = app.watch.query_one(TimelineView)
        marks = timeline.text.splitlines()[1]
        assert marks.index("▲") < 60
        assert marks.rstrip().endswith("▲")
        await pilot.click(timeline, offset=(90, 0))
        await draw(pilot)
        assert app.watch.looking_ahead
        marks = timeline.text.splitlines()[1]
        assert 20 < marks.index("┊") < marks.index("▲")


async def test_a_breakpoint_stops_the_way_to_the_place(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words(SAID)) as (app, pilot):
        assert source.gate is not None
        source.gate.breakpoints.add("type:delta /most/")
        await pilot.press("space", "h")
        source.emit(script.words(WAITS))
        await shown(pilot, source)
        await pilot.press("right", *["f"] * 9, "enter")
        await shown(pilot, source)
        assert " BREAK #1  buffer · type:delta /most/" in text_of(app)
        assert answer(app) == "Tea is older than most "


async def test_a_step_that_is_stopped_alone_is_looked_ahead_of() -> None:
    script = Script("one", "two")
    source = GatedRun(script)
    async with opened(source, begin(script, "one", "two"), size=(120, 30)) as (app, pilot):
        await pilot.press("1", "p", "h")
        source.emit(script.words("a b c", step="one"), script.words("x", step="two"))
        await shown(pilot, source)
        await pilot.press("right", "f", "f")
        await draw(pilot)
        assert app.watch.grid.panes["one"].live.answer() == "a b "
        assert app.watch.grid.panes["two"].live.answer() == "x "
        source.emit(script.words("y", step="two"))
        await shown(pilot, source)
        assert app.watch.looking_ahead
        assert app.watch.grid.panes["one"].live.answer() == "a b "
        await pilot.press("enter")
        await shown(pilot, source)
        assert app.watch.present.panes["one"].live.answer() == "a b "
        assert app.watch.present.panes["two"].live.answer() == "x y "


# --- the track


@pytest.fixture
def track() -> Iterator[Track]:
    track = Track("mock")
    yield track
    track.close()


def stopped(script: Script) -> tuple[GatedRun, Gate]:
    """A run that has begun and was stopped."""
    source = GatedRun(script)
    gate = source.gate
    assert gate is not None
    source.emit(begin(script, *script.steps))
    gate.pause()
    return source, gate


def test_every_place_has_the_state_that_it_will_have(track: Track) -> None:
    script = Script()
    source, gate = stopped(script)
    source.emit(script.words("one two three " * 20), script.lint(), script.words("end"))
    track.extend(source.handed_on)
    present = track.present
    assert track.look_ahead(gate)
    everything = source.history()
    assert len(track) == len(everything)
    assert track.read(0, len(track)) == everything
    assert track.read(present - 2, present + 2) == everything[present - 2 : present + 2]
    places = list(range(len(track) + 1))
    random.Random(7).shuffle(places)
    for place in places:
        moment = Moment("mock")
        for event in everything[:place]:
            moment.feed(event)
        assert track.moment(place).state.as_json() == moment.state.as_json()
        assert track.seq(place) == place - 1
        assert track.behind_seq(place - 1) == place
        assert track.at_time(track.at(place)) >= place
    units = [place for place in range(len(track)) if track.unit_before(place + 1) == place]
    assert [track.next_unit(place) for place in units[:-1]] == units[1:]


def test_what_passes_in_another_order_is_looked_at_anew(track: Track) -> None:
    script = Script("one", "two")
    source, gate = stopped(script)
    source.emit(script.words("a b", step="one"), script.words("x y", step="two"))
    source.emit(script.words("c", step="one"))
    track.extend(source.handed_on)
    assert track.look_ahead(gate)
    assert [event.seq for event in track.read(0, len(track))] == list(range(len(track)))
    for step in ("two", "one", "one", "two"):
        before = len(source.handed_on)
        gate.advance("frame", step)
        track.extend(source.handed_on[before:])
        assert track.look_ahead(gate)
        assert track.read(0, len(track)) == source.handed_on + gate.ahead()
    gate.resume()
    track.extend(source.handed_on[track.present :])
    assert track.look_ahead(gate)
    assert len(track) == track.present == len(source.handed_on)


def test_much_that_waits_is_taken_in_by_parts(track: Track) -> None:
    script = Script()
    source, gate = stopped(script)
    source.emit(script.words("w " * AT_ONCE))
    track.extend(source.handed_on)
    turns = 1
    while not track.look_ahead(gate):
        turns += 1
    assert turns == -(-gate.waiting() // AT_ONCE) > 1
    assert len(track) == len(source.history())


def stops_of(app: WatchApp) -> list[int]:
    marks = app.watch.query_one(TimelineView).text.splitlines()[1]
    return [at for at, sign in enumerate(marks) if sign == "●"]


async def test_the_timeline_marks_where_what_waits_will_stop_again(source: GatedRun, script: Script) -> None:
    async with opened(source, begin(script), script.words(SAID, every=100)) as (app, pilot):
        points = debugging_of(app).breakpoints
        points.add("type:delta /most/")
        points.add("nth(1, type:delta)")
        await pilot.press("space", "h")
        source.emit(script.words(WAITS, every=100))
        await shown(pilot, source)
        past = [at for at in stops_of(app) if at < 40]
        ahead = [at for at in stops_of(app) if at > 40]
        assert len(past) == 1, "the first delta was handed on"
        assert len(ahead) == 1
        source.emit(script.words("and most of the others", every=100))
        await shown(pilot, source)
        assert len(stops_of(app)) == 3
        points.add("type:delta /others/")
        app.watch.show_at_once()
        await shown(pilot, source)
        assert len(stops_of(app)) == 4
        for point in points:
            point.enabled = False
        app.watch.show_at_once()
        await shown(pilot, source)
        assert stops_of(app) == []


async def test_marks_ahead_stay_where_they_are_while_it_is_handed_on(
    source: GatedRun, script: Script
) -> None:
    async with opened(source, begin(script), script.words(SAID, every=100)) as (app, pilot):
        debugging_of(app).breakpoints.add("type:delta gap>50ms /most/")
        await pilot.press("space", "h")
        source.emit(script.words(WAITS, every=100))
        await shown(pilot, source)
        marked = stops_of(app)
        assert len(marked) == 1
        for keys in (["f"], ["f", "f", "f", "f"], ["home"]):
            await pilot.press(*keys)
            await shown(pilot, source)
            assert stops_of(app) == marked

"""The schedule of a replay: absolute, at any speed, around pauses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.replay import INSTANT, Pace

MS = 1_000_000


def test_moments_are_due_as_recorded():
    pace = Pace(1, 1_000)
    assert [pace.due(at) for at in (0, 5 * MS, 3_000 * MS)] == [1_000, 5 * MS + 1_000, 3_000 * MS + 1_000]


def test_twice_as_fast_and_at_once():
    assert Pace(2, 0).due(10 * MS) == 5 * MS
    assert Pace(INSTANT, 7).due(10 * MS) == 7


def test_no_time_passes_in_a_pause():
    pace = Pace(1, 0)
    pace.stop(4 * MS)
    pace.stop(5 * MS)
    assert pace.position(60 * MS) == 4 * MS
    pace.go(100 * MS)
    assert pace.due(10 * MS) == 106 * MS
    pace.go(200 * MS)
    assert pace.due(10 * MS) == 106 * MS


def test_another_speed_goes_on_from_where_it_is():
    pace = Pace(1, 0)
    pace.set_speed(10, 100 * MS)
    assert pace.position(100 * MS) == 100 * MS
    assert pace.due(200 * MS) == 110 * MS


def test_a_jump_is_there_at_once():
    pace = Pace(1, 0)
    pace.jump(3_000 * MS, 10 * MS)
    assert pace.due(3_000 * MS) == 10 * MS
    assert pace.due(3_050 * MS) == 60 * MS


@given(st.lists(st.tuples(st.sampled_from(["stop", "go", "speed"]), st.integers(1, 50)), max_size=20))
def test_the_position_never_goes_back(moves):
    pace, now, before = Pace(1, 0), 0, 0
    for move, step in moves:
        now += step * MS
        match move:
            case "stop":
                pace.stop(now)
            case "go":
                pace.go(now)
            case _:
                pace.set_speed(step / 5, now)
        position = pace.position(now)
        assert position >= before
        before = position

"""The transform: pure, so that its effects can be compared as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.faults import (
    FORMS,
    Cut,
    End,
    Injector,
    Silence,
    Unit,
    Write,
    parse_faults,
    whole_effects,
)

FRAMES = [
    Unit(b"open;"), Unit(b"{a};", delta=True), Unit(b"{b};", delta=True), Unit(b": ping;"),
    Unit(b"{c\xc3\xbc};", delta=True), Unit(b"close;"), Unit(b"END;", last=True),
]  # fmt: skip
WHOLE = b"".join(unit.data for unit in FRAMES)


class Words:
    def error(self, error_type):
        return f"error {error_type};".encode()

    def unknown(self):
        return b"{unknown};"


def played(*faults, total=None, frames=FRAMES):
    injector = Injector(parse_faults(faults), Words(), total=total)
    effects = []
    for unit in frames:
        effects += injector.feed(unit)
        if injector.over:
            return effects
    return effects + injector.close()


def sent(effects):
    return b"".join(effect.data for effect in effects if isinstance(effect, Write))


def test_without_faults_every_frame_is_itself():
    assert played() == [Write(unit.data) for unit in FRAMES]


def test_a_position_past_the_last_delta_is_before_the_end():
    assert played("disconnect@99")[-2:] == [Write(b"close;"), Cut()]
    assert played("stall@3:1s")[-2:] == [Silence(1.0), Write(b"END;")]


def test_positions_from_the_end_need_no_total():
    assert played("disconnect@-1") == played("disconnect@2") == played("disconnect@-1", total=3)
    assert played("drop@-2") == played("drop@1")


def test_what_waits_for_the_end_waits_no_longer_than_it_must():
    injector = Injector(parse_faults(["drop@-1"]), Words())
    given = [sent(injector.feed(unit)) for unit in FRAMES]
    assert given == [b"open;", b"", b"{a};", b"", b"{b};: ping;", b"", b"close;END;"]


def test_an_error_is_the_last_word():
    assert played("error@1:overloaded_error")[-2:] == [Write(b"error overloaded_error;"), End()]


def test_a_bundle_is_one_write_and_holds_what_stands_between():
    assert Write(b"{a};{b};: ping;{c\xc3\xbc};") in played("coalesce@0-2")


def test_a_frame_is_cut_inside_a_character():
    assert played("split-utf8@0")[4:7] == [Write(b"{c\xc3"), Silence(0.02), Write(b"\xbc};")]


def test_a_delta_goes_behind_the_next_or_behind_nothing():
    assert sent(played("reorder@0")) == b"open;{b};{a};: ping;{c\xc3\xbc};close;END;"
    assert sent(played("reorder@2")) == WHOLE.replace(b"{c\xc3\xbc};close;", b"close;{c\xc3\xbc};")


def test_bytes_are_counted_in_the_body():
    assert sent(played("disconnect@byte:7")) == WHOLE[:7]
    assert played("truncate@byte:7")[-1] == End()
    assert sent(played("split@byte:7", "stall@byte:9:1s")) == WHOLE


def test_a_whole_answer_is_halved_and_cut():
    assert whole_effects(b"0123456789", parse_faults(["stall@1:2s", "disconnect@1"])) == [
        Silence(2.0), Write(b"01234"), Cut(),
    ]  # fmt: skip


def test_the_same_seed_gives_the_same_silences():
    one, two, other = (
        played("jitter:1s", "seed:7"),
        played("jitter:1s", "seed:7"),
        played("jitter:1s", "seed:8"),
    )
    assert one == two
    assert one != other
    assert all(0 <= effect.seconds <= 1 for effect in one if isinstance(effect, Silence))


@given(
    st.lists(st.sampled_from([form for form in FORMS if not form.startswith("endless")]), max_size=4),
    st.data(),
)
def test_any_faults_end_at_most_once_and_are_the_same_each_time(faults, data):
    frames = [Unit(b"{%d};" % number, data.draw(st.booleans())) for number in range(40)]
    effects = played(*faults, frames=frames)
    assert effects == played(*faults, frames=frames)
    assert [effect for effect in effects[:-1] if isinstance(effect, Cut | End)] == []


@given(st.lists(st.sampled_from(["stall@2:1s", "jitter:1s", "delay:1s", "coalesce@1-9", "split@1-:3", "split-utf8@0",
                                 "split@byte:11", "coalesce@3-", "seed:3"])), st.data())  # fmt: skip
def test_faults_of_time_and_borders_keep_every_byte(faults, data):
    frames = [Unit("{ü};".encode(), data.draw(st.booleans())) for _ in range(12)]
    assert sent(played(*faults, frames=frames)) == b"".join(unit.data for unit in frames)


def test_where_it_is_known_how_many_deltas_there_are_the_end_is_behind_the_last():
    assert played("disconnect@99", total=3)[-2:] == [Write(b"{c\xc3\xbc};"), Cut()]
    assert played("stall@3:1s", total=3)[-3:] == [Silence(1.0), Write(b"close;"), Write(b"END;")]
    assert played("unknown@0", total=0, frames=[Unit(b"open;"), Unit(b"END;", last=True)])[0] == Write(
        b"{unknown};"
    )


def test_a_gap_comes_behind_what_happens_before_a_delta():
    frames = [Unit(b"{a};", delta=True, gap=0.5), Unit(b"END;", last=True)]
    assert played("unknown@0", frames=frames)[:3] == [Write(b"{unknown};"), Silence(0.5), Write(b"{a};")]


def test_a_frame_is_made_when_its_turn_comes_and_once_more_when_it_is_sent_twice():
    numbers = iter(range(9))

    def numbered():
        return b"{%d};" % next(numbers)

    frames = [Unit(numbered, delta=True), Unit(numbered, delta=True), Unit(numbered, last=True)]
    assert sent(played("duplicate@0", "drop@1", frames=frames)) == b"{0};{1};{3};"

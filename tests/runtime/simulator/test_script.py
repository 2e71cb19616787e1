"""Frames, timing and faults made into a plan."""

from __future__ import annotations

import pytest

from pipeline_runtime.simulator.anthropic_dialect import AnthropicDialect
from pipeline_runtime.simulator.ask import Ask
from pipeline_runtime.simulator.dialect import Identity
from pipeline_runtime.simulator.faults import parse_fault
from pipeline_runtime.simulator.frames import sse_frame
from pipeline_runtime.simulator.openai_dialect import OpenAIChatDialect
from pipeline_runtime.simulator.scenario import Timing
from pipeline_runtime.simulator.script import Cut, Send, Voice, Wait, buffered_plan, stream_plan, sync_plan

FRAMES = [
    sse_frame('{"open":1}'),
    sse_frame('{"a":1}', delta=True),
    sse_frame('{"b":1}', delta=True),
    sse_frame('{"c":1}', delta=True),
    sse_frame('{"close":1}'),
    sse_frame("END", last=True),
]
ASK = Ask("m", "p", "", "p", stream=True)
STEADY = Timing(first_token=2, rate=10, jitter=0)


def plan(*faults: str, frames=FRAMES, timing=STEADY, dialect=OpenAIChatDialect):
    voice = Voice(dialect(), ASK, Identity("seed", 0))
    return stream_plan(frames, timing, [parse_fault(fault) for fault in faults], voice)


def told(actions) -> list:
    """Frames by their first key, waits as numbers, cuts as words."""
    words = []
    for action in actions:
        if isinstance(action, Wait):
            words.append(round(action.seconds, 6))
        elif isinstance(action, Cut):
            words.append("cut")
        else:
            words += [block.removeprefix("data: ")[:8] for block in action.data.decode().split("\n\n")[:-1]]
    return words


def test_each_delta_after_its_gap_and_nothing_else_waits():
    assert told(plan().actions) == [
        '{"open":', 2, '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c":1}', '{"close"', "END",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("stall@1:3s", ['{"open":', 2, '{"a":1}', 3, 0.1, '{"b":1}', 0.1, '{"c":1}', '{"close"', "END"]),
        ("stall@3:3s", ['{"open":', 2, '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c":1}', 3, '{"close"', "END"]),
        ("stall@99:3s", ['{"open":', 2, '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c":1}', 3, '{"close"', "END"]),
        ("disconnect@0", ['{"open":', "cut"]),
        ("disconnect@2", ['{"open":', 2, '{"a":1}', 0.1, '{"b":1}', "cut"]),
        ("disconnect@3", ['{"open":', 2, '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c":1}', "cut"]),
        ("error@1:server_error", ['{"open":', 2, '{"a":1}', '{"error"']),
        ("unknown@1", ['{"open":', 2, '{"a":1}', '{"object', 0.1, '{"b":1}', 0.1, '{"c":1}', '{"close"', "END"]),
        ("malform@1", ['{"open":', 2, '{"a":1}', 0.1, '{"b', 0.1, '{"c":1}', '{"close"', "END"]),
        ("malform@9", ['{"open":', 2, '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c', '{"close"', "END"]),
        ("duplicate@0", ['{"open":', 2, '{"a":1}', '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c":1}', '{"close"', "END"]),
        ("no_terminator", ['{"open":', 2, '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c":1}', '{"close"']),
        ("status:529", ['{"open":', 2, '{"a":1}', 0.1, '{"b":1}', 0.1, '{"c":1}', '{"close"', "END"]),
    ],
)  # fmt: skip
def test_each_fault_is_where_it_says(fault, words):
    assert told(plan(fault).actions) == words


def test_several_faults_keep_their_order():
    words = told(plan("stall@1:1s", "unknown@1", "duplicate@1", "disconnect@2").actions)
    assert words == ['{"open":', 2, '{"a":1}', 1, '{"object', 0.1, '{"b":1}', '{"b":1}', "cut"]


def test_keepalives_break_long_silences_only():
    words = told(plan("keepalive:0.9s", "stall@2:1s").actions)
    assert words == [
        '{"open":', 0.9, ": keepal", 0.9, ": keepal", 0.2, '{"a":1}', 0.1, '{"b":1}',
        0.9, ": keepal", 0.1, 0.1, '{"c":1}', '{"close"', "END",
    ]  # fmt: skip


def test_anthropics_keepalive_is_a_ping():
    actions = plan("keepalive:1.5s", dialect=AnthropicDialect).actions
    assert Send(b'event: ping\ndata: {"type": "ping"}\n\n') in actions


def test_a_buffering_proxy_waits_and_writes_once():
    held = buffered_plan(plan("stall@1:3s"))
    assert held.before == pytest.approx(2 + 0.1 + 0.1 + 3)
    assert len(held.actions) == 1
    assert told(held.actions) == ['{"open":', '{"a":1}', '{"b":1}', '{"c":1}', '{"close"', "END"]


def test_a_buffered_answer_can_be_cut_too():
    assert told(buffered_plan(plan("disconnect@1")).actions) == ['{"open":', '{"a":1}', "cut"]


def test_frames_without_deltas_meet_their_faults_at_once():
    assert told(
        plan("disconnect@0", frames=[sse_frame('{"open":1}'), sse_frame("END", last=True)]).actions
    ) == ["cut"]


def test_a_sync_answer_takes_the_time_of_its_pieces():
    given = sync_plan(b"0123456789", STEADY, 3, [parse_fault("stall@1:3s")])
    assert given.before == pytest.approx(5.2)
    assert given.actions == (Send(b"0123456789"),)


def test_a_sync_answer_cut_or_malformed():
    assert sync_plan(b"0123456789", STEADY, 3, [parse_fault("malform@1")]).actions == (Send(b"01234"),)
    assert sync_plan(b"0123456789", STEADY, 3, [parse_fault("disconnect@1")]).actions == (
        Send(b"01234"),
        Cut(),
    )

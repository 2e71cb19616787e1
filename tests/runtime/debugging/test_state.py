"""The state at an event: folded forwards, jumped to, and watched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_core import events_of, mocked
from helpers_events import delta
from pipeline_runtime.debugging import RunState, Scrubber, Watch
from pipeline_runtime.errors import PipelineError
from pipeline_runtime.events import AttemptStarted, Delta, Done, Request

TOOLS = (
    "steps: [{id: ask, prompt: weather, scenario: tool-call}, {id: think, prompt: hm, scenario: thinking}]"
)


@pytest.fixture
async def events(simulator):
    return await events_of(mocked(TOOLS, simulator))


def folded(events):
    state = RunState()
    for event in events:
        state.feed(event)
    return state


async def test_at_the_end_it_is_what_done_says(events):
    state = folded(events)
    assert (state.status, state.seq) == ("ok", len(events) - 1)
    for done in (event for event in events if isinstance(event, Done)):
        step, response = state.steps[done.step], done.response
        assert step.status == "ok"
        assert (step.text(), step.text("thinking")) == (response.text, response.thinking)
        told = step.as_json()
        assert [call["arguments"] for call in told["tool_input"]] == [
            call.arguments for call in response.tool_calls
        ]
        assert told["usage"]["output"] == response.usage.output
        assert told["timings"]["first_delta"] == response.timings.first_delta
        assert json.loads(json.dumps(told))["text"] == response.text


async def test_in_the_middle_it_is_what_had_come(events):
    at = next(
        at
        for at, event in enumerate(events)
        if isinstance(event, Delta) and event.lane == "tool_input" and event.content
    )
    state = folded(events[: at + 1])
    [call] = state.steps["ask"].as_json()["tool_input"]
    assert call == {"tool": events[at].tool, "index": events[at].index, "arguments": events[at].content}
    assert state.steps["ask"].status == "running"
    assert "think" not in state.steps


def test_a_new_attempt_begins_anew_and_a_resumed_one_goes_on():
    def attempt(why):
        return AttemptStarted("r", "draft", 2, 1, 0, Request("POST", "http://x/", (), None), "stream", why)

    assert folded([delta("one "), attempt("retry"), delta("two", attempt=2)]).steps["draft"].text() == "two"
    assert (
        folded([delta("one "), attempt("resume"), delta("two", attempt=2)]).steps["draft"].text() == "one two"
    )


@settings(max_examples=30)
@given(st.integers(1, 3_000), st.lists(st.integers(0, 3_000), max_size=12))
def test_any_jump_gives_the_state_of_a_fold_from_the_beginning(length, jumps):
    events = [delta(f"{at} ", seq=at, at=at * 1_000_000) for at in range(length)]
    scrubber = Scrubber(events)
    for jump in jumps:
        state = scrubber.after(jump)
        assert state.as_json() == folded(events[:jump]).as_json()
    assert len(scrubber._checkpoints) <= Scrubber.CHECKPOINTS + 1


def test_jumps_fold_a_bounded_number_of_events():
    class Counted(list):
        reads = 0

        def __getitem__(self, at):
            self.reads += 1
            return super().__getitem__(at)

    events = Counted(delta("x", seq=at) for at in range(100_000))
    scrubber = Scrubber(events)
    scrubber.after(100_000)
    for place in (50_000, 99_999, 3, 77_777):
        before = events.reads
        assert scrubber.after(place).seq == place - 1
        assert events.reads - before <= 100_000 / 20


def test_watches_show_a_part_of_the_state_or_count():
    events = [delta("Hello", seq=0), delta(" you", seq=1), delta("hm", lane="thinking", seq=2)]
    text, lane, deltas = Watch("steps.draft.text"), Watch("lane:thinking"), Watch("type:delta")
    nothing, third = Watch("steps.none.text"), Watch("type:error")
    for event in events:
        for watch in (text, lane, deltas, nothing, third):
            watch.feed(event)
    state = folded(events)
    assert text.value(state) == "Hello you"
    assert lane.value(state) == "1 time, last at seq 2"
    assert deltas.value(state) == "3 times, last at seq 2"
    assert (nothing.value(state), third.value(state)) == ("null", "0 times")
    assert Watch("steps.draft.counts.deltas").value(state) == "3"
    with pytest.raises(PipelineError):
        Watch(" ")
    with pytest.raises(PipelineError, match="no field is called lnae"):
        Watch("lnae:text")


def test_of_a_long_value_the_end_is_shown():
    value = Watch("steps.draft.text").value(folded([delta("a" * 500 + "end")]))
    assert value.startswith("…")
    assert value.endswith("end")
    assert len(value) == 201

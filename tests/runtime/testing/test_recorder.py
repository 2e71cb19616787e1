"""The recorder: what it captures, and what its assertions say when they fail."""

from __future__ import annotations

import pytest

from helpers_events import delta, done, frame
from pipeline_runtime import RunLog, invoke, load_workflow, run
from pipeline_runtime.errors import CallFailed
from pipeline_runtime.events import Stall, Usage
from pipeline_runtime.testing import StreamingRecorder, error, scripted_stream, stall, thinking
from pipeline_runtime.testing.differences import collapsed, list_difference, text_difference
from pipeline_runtime.workflow import bundled_workflows_dir

pytestmark = pytest.mark.streaming


@pytest.fixture
def recorder():
    return StreamingRecorder.of(scripted_stream(thinking("hm"), "Hello ", "world", stall(2), "!"))


def failure(check, *arguments, **options):
    with pytest.raises(AssertionError) as caught:
        check(*arguments, **options)
    return str(caught.value)


def test_what_came_can_be_asked_for(recorder):
    assert recorder.text == "Hello world!"
    assert recorder.text_of("thinking") == "hm"
    assert recorder.lanes == ["thinking", "text"]
    assert [one.content for one in recorder.deltas] == ["hm", "Hello ", "world", "!"]
    assert recorder.response.finish_reason == "stop"
    assert recorder.error is None
    assert [one.phase for one in recorder.of_kind(Stall)] == ["began", "ended"]
    assert recorder.timings.first_delta == 300_000_000


def test_assertions_that_hold_can_be_chained(recorder):
    (
        recorder.assert_text("Hello world!")
        .assert_text("hm", lane="thinking")
        .assert_deltas("Hello ", "world", "!")
        .assert_lanes("thinking", "text")
        .assert_order("delta:thinking", "delta:text", "stall", "delta", "done")
        .assert_finish("stop")
        .assert_usage(output=4, reasoning=1)
        .assert_delivery("stream")
        .assert_timing(first_delta=0.3, longest_gap=(2.0, 2.1), total=3)
        .assert_stalls(1)
        .assert_sound()
    )


def test_a_wrong_text_is_shown_where_it_parts(recorder):
    assert failure(recorder.assert_text, "Hello, world!") == (
        "lane text differs at character 5:\n"
        "  expected Hello, world!\n"
        "  got      Hello world!\n"
        "                ^ (13 characters expected, 12 came)"
    )


def test_a_long_text_is_shown_around_the_place():
    told = text_difference("text", "a" * 100 + "\nb" + "c" * 100, "a" * 100 + "\nd" + "c" * 100)
    expected, got, caret = told.splitlines()[1:]
    assert expected == f"  expected …{'a' * 23}\\nb{'c' * 23}…"
    assert got == f"  got      …{'a' * 23}\\nd{'c' * 23}…"
    assert caret.index("^") == expected.index("b")


def test_missing_and_surplus_deltas_are_marked(recorder):
    assert failure(recorder.assert_deltas, "Hello ", "there", "!") == (
        "deltas of lane text (- expected, + came):\n    'Hello '\n  - 'there'\n  + 'world'\n    '!'"
    )


def test_long_lists_are_cut_in_the_middle():
    told = list_difference("numbers", list("abc"), [str(n) for n in range(200)]).splitlines()
    assert len(told) == 42
    assert any("more …" in line for line in told)


def test_the_order_says_what_is_missing_and_what_came(recorder):
    told = failure(recorder.assert_order, "stall", "delta", "retry")
    assert told.startswith("no `retry` came after stall, delta; what came:\n    step_started\n")
    assert "    delta:text\n    frame" in told
    assert collapsed(["a", "a", "b"]) == ["a x2", "b"]


def test_the_other_assertions_name_both_sides(recorder):
    assert failure(recorder.assert_finish, "length") == (
        "finish reason: expected length, got stop (sent: 'end_turn')"
    )
    assert "  - input 99\n  + input" in failure(recorder.assert_usage, input=99)
    assert failure(recorder.assert_delivery, "sync") == "delivery: expected sync, got stream"
    assert failure(recorder.assert_stalls, 0) == "stalls: expected 0, got 1 after delta 3"
    assert failure(recorder.assert_timing, first_delta=0.1, total=(5, 9)) == (
        "first delta: expected 0 to 0.1 s, it took 0.300 s\ntotal: expected 5 to 9 s, it took 2.360 s"
    )
    assert failure(recorder.assert_failed, "x").startswith("error: expected x, none came; what came: step_")
    assert "  + thinking\n    text" in failure(recorder.assert_lanes, "text", "thinking")
    with pytest.raises(AttributeError, match="no `tokens`"):
        recorder.assert_usage(tokens=1)


def test_an_error_is_asserted_on_with_what_had_come():
    failed = StreamingRecorder.of(scripted_stream("a", error("overloaded_error")))
    failed.assert_failed("overloaded_error").assert_text("a").assert_finish("error")
    assert "got overloaded_error" in failure(failed.assert_failed, "other")


def test_without_an_end_there_is_no_response():
    assert "neither done nor error" in failure(lambda: StreamingRecorder.of([delta("a")]).response)
    assert "usage: the answer told none" in failure(StreamingRecorder.of([done()]).assert_usage, input=1)
    assert failure(StreamingRecorder.of([frame()]).assert_timing, first_delta=1) == (
        "first delta: expected within 1 s, it never came"
    )


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([delta("a", seq=2), delta("b", seq=2)], "seq 2 came after seq 2"),
        ([delta("a", attempt=2, seq=0), delta("b", attempt=1, seq=1)], "attempt 1 came after attempt 2"),
        ([done(seq=0), done(seq=1)], "the step ended 2 times"),
        ([done(seq=0), delta("a", seq=1)], "deltas came after the end"),
    ],
)
def test_an_unsound_stream_is_told(events, told):
    assert told in failure(StreamingRecorder.of(events).assert_sound)


async def test_it_is_a_handler_of_a_call(streaming_recorder, pipeline_context):
    context = pipeline_context(reply="One two three.")
    response = await invoke(context, prompt="Count.", on_event=streaming_recorder)
    streaming_recorder.assert_text(response.text).assert_order(
        "response_opened", "delta", "done"
    ).assert_sound()
    assert streaming_recorder.run.step == "invoke"
    assert streaming_recorder.closed


async def test_it_captures_a_call_that_fails(streaming_recorder, pipeline_context):
    context = pipeline_context(reply="One two three.", faults=["error@1:overloaded_error"])
    with pytest.raises(CallFailed):
        await invoke(context, prompt="Count.", on_event=streaming_recorder)
    streaming_recorder.assert_failed("overloaded_error").assert_text("One")


async def test_it_reads_what_was_recorded(pipeline_simulator):
    made = run(
        load_workflow(bundled_workflows_dir() / "chain.yaml"), mode="mock", simulator=pipeline_simulator
    )
    finished = await made.wait()
    steps = [summary.step for summary in finished.steps]
    for step in steps:
        recorder = StreamingRecorder.from_log(made.log_path, step).assert_sound()
        assert {event.step for event in recorder.events} == {step}
        assert recorder.text == recorder.response.text
    everything = StreamingRecorder.from_log(made.log_path)
    assert len(everything.events) == sum(
        event.step is not None and type(event).__name__ != "StepFinished"
        for event in RunLog(made.log_path).events()
    )


def test_usage_is_as_the_events_have_it():
    assert StreamingRecorder.of([done(output_tokens=3)]).response.usage == Usage(output=3)

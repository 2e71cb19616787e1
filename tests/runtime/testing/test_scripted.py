"""Scripted streams: the production path, with another clock and no socket."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_runtime.errors import HandlerLoadError, InputError, WorkflowError
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error, Fallback, Retry, Stall
from pipeline_runtime.protocols import PROTOCOL_NAMES
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.testing import (
    StreamingRecorder,
    disconnect,
    error,
    refusal,
    scripted_stream,
    stall,
    status,
    thinking,
    tool,
)
from pipeline_runtime.transport import Timeouts

pytestmark = pytest.mark.streaming


def kinds(stream):
    return [type(event).__name__ for event in stream if type(event).__name__ != "FrameReceived"]


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_every_text_is_one_delta_in_every_protocol(protocol):
    stream = scripted_stream(thinking("so", " then"), "Hel", "lo {{ x }}", " 🌊", protocol=protocol)
    assert [(one.lane, one.content) for one in stream.deltas] == [
        ("thinking", "so"),
        ("thinking", " then"),
        ("text", "Hel"),
        ("text", "lo {{ x }}"),
        ("text", " 🌊"),
    ]
    done = stream.events[-1]
    assert isinstance(done, Done)
    assert done.response.text == "Hello {{ x }} 🌊"
    assert done.response.delivery == "stream"
    assert done.response.usage.output == 5


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@given(thoughts=st.lists(TEXT, max_size=3), texts=st.lists(TEXT, min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_any_text_comes_as_it_was_written_streamed_or_not(protocol, thoughts, texts):
    said = [*([thinking(*thoughts)] if thoughts else []), *texts]
    stream = scripted_stream(*said, protocol=protocol)
    wanted = [("thinking", one) for one in thoughts] + [("text", one) for one in texts]
    assert [(one.lane, one.content) for one in stream.deltas] == wanted
    whole = scripted_stream(*said, protocol=protocol, stream=False).events[-1].response
    assert (whole.thinking, whole.text) == ("".join(thoughts), "".join(texts))


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_a_tool_call_is_whole_and_a_stall_stands_where_it_was_written(protocol):
    stream = scripted_stream(
        tool("look_up", {"city": "Oslo {{ y }}"}), stall(3), "It rains.", protocol=protocol
    )
    (call,) = stream.events[-1].response.tool_calls
    assert (call.name, call.input) == ("look_up", {"city": "Oslo {{ y }}"})
    order = [event for event in stream if isinstance(event, Delta | Stall)]
    began = next(place for place, event in enumerate(order) if isinstance(event, Stall))
    assert {event.lane for event in order[:began]} == {"tool_input"}
    assert stream.deltas[-1].content == "It rains."
    assert stream.events[-1].response.timings.stalls[0].duration == pytest.approx(3_020_000_000, abs=1)


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_an_error_inside_the_stream_keeps_what_had_come(protocol):
    end = scripted_stream("a", "b", error(), "never", protocol=protocol).events[-1]
    assert isinstance(end, Error)
    assert end.response.text == "ab"
    assert end.status == 200


def test_a_disconnect_is_told_as_in_a_run():
    end = scripted_stream("a", disconnect()).events[-1]
    assert (end.type, end.response.text) == ("disconnected", "a")


def test_a_restart_is_a_new_attempt():
    stream = scripted_stream("a", disconnect(), retry=RetryPolicy(attempts=2, on_drop="restart"))
    assert [event.why for event in stream if isinstance(event, AttemptStarted)] == ["first", "restart"]
    assert [(one.attempt, one.content) for one in stream.deltas] == [(1, "a"), (2, "a")]


def test_a_refused_request_is_tried_again():
    stream = scripted_stream(status(529, 2), "late")
    assert [event.status for event in stream if isinstance(event, Retry)] == [529, 529]
    assert stream.events[-1].response.text == "late"
    assert stream.deltas[0].attempt == 3


def test_a_model_that_cannot_stream_falls_back():
    stream = scripted_stream("o{{n}}e", " two", protocol="openai-chat", refuse_stream="openai-o1-default")
    assert [event.source for event in stream if isinstance(event, Fallback)] == ["server"]
    assert stream.events[-1].response.delivery == "sync"
    assert stream.events[-1].response.text == "o{{n}}e two"


def test_a_sync_call_can_be_asked_for():
    stream = scripted_stream("one", " two", stream=False)
    assert [one.content for one in stream.deltas] == ["one two"]


def test_what_a_proxy_holds_back_is_buffered():
    stream = scripted_stream(*(f"{n} " for n in range(10)), delivery="buffered")
    assert stream.events[-1].response.delivery == "buffered"


def test_refusals_have_their_lane():
    assert [one.lane for one in scripted_stream(refusal("No."), protocol="openai-chat").deltas] == ["refusal"]


def test_times_are_those_of_the_script_and_always_the_same():
    stream, again = (scripted_stream("a", "b", "c") for _ in range(2))
    assert [one.at for one in stream.deltas] == [300_000_000, 320_000_000, 340_000_000]
    assert stream.events == again.events
    assert stream.body == again.body
    assert stream.body.startswith(b"event: message_start")


def test_silence_for_too_long_is_an_idle_timeout():
    stream = scripted_stream("a", stall(3600), "b", timeouts=Timeouts(idle=30.0))
    assert kinds(stream)[-3:] == ["Stall", "Stall", "Error"]
    assert stream.events[-1].type == "idle_timeout"
    assert stream.events[-1].at == 30_300_000_000


def test_a_head_that_never_comes_is_a_first_byte_timeout():
    late = scripted_stream(
        "a", delivery="buffered", timing={"first_token": 300}, retry=RetryPolicy(attempts=1)
    )
    assert late.events[-1].type == "first_byte_timeout"


def test_usage_and_finish_are_as_asked_for():
    response = scripted_stream("a", usage={"input": 7, "output": 9}, finish="length").events[-1].response
    assert (response.usage.input, response.usage.output, response.finish_reason) == (7, 9, "length")


async def test_it_works_inside_of_an_event_loop_and_can_be_awaited():
    stream = scripted_stream("a", "b")
    assert [event async for event in stream] == list(stream)
    assert len(stream) == len(stream.events)


class Watcher:
    def __init__(self, *, label: str = "seen") -> None:
        self.label, self.told = label, []

    def start(self, run):
        self.told.append(f"start {run.step}")

    async def handle_event(self, event):
        self.told.append(type(event).__name__)

    def close(self):
        self.told.append("close")


async def test_a_handler_is_made_started_fed_its_kinds_and_closed():
    watcher = await scripted_stream("a", "b").feed(Watcher, {"label": "x"})
    assert watcher.label == "x"
    assert watcher.told == ["start scripted", "Delta", "Delta", "Done", "close"]


def test_a_function_is_fed_without_a_loop():
    texts = []

    def handle_event(event):
        texts.append(getattr(event, "content", "end"))

    assert scripted_stream("a", "b").feed_sync(handle_event) is handle_event
    assert texts == ["a", "b", "end"]


def test_what_a_handler_raises_fails_the_test_and_it_is_closed_all_the_same():
    closed = []

    class Broken:
        def handle_event(self, event):
            raise LookupError(event.content)

        def close(self):
            closed.append(True)

    with pytest.raises(LookupError, match="a"):
        scripted_stream("a").feed_sync(Broken)
    assert closed == [True]


def test_a_handler_of_the_wrong_shape_is_refused():
    with pytest.raises(HandlerLoadError, match="does not take one event"):
        scripted_stream("a").feed_sync(lambda event, more: None)


def test_mistakes_are_told_with_their_cure():
    with pytest.raises(InputError, match="no protocol 'antropic'") as caught:
        scripted_stream("a", protocol="antropic")
    assert "anthropic" in caught.value.cure
    with pytest.raises(InputError, match="says nothing"):
        scripted_stream()
    with pytest.raises(WorkflowError, match="delivery"):
        scripted_stream("a", delivery="pigeon")


def test_a_recorder_is_fed_as_any_handler():
    recorder = scripted_stream("a", "b").feed_sync(StreamingRecorder())
    recorder.assert_text("ab").assert_order("step_started", "attempt_started", "delta", "done").assert_sound()
    assert recorder.closed
    assert recorder.run.step == "scripted"

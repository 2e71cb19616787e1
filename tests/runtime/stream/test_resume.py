"""A background response whose stream breaks off is gone on with where it broke, and read so from the log."""

from __future__ import annotations

import json
import re

import pytest

from helpers_core import events_of, head, live, of, only, text_of, workflow_for
from helpers_transport import Peer, serving
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error, Fallback, Lint, Retry, StepFinished
from pipeline_runtime.simulator import parse_scenario

pytestmark = pytest.mark.streaming

BACKGROUND = {"params": {"background": True}, "retry": {"attempts": 3, "backoff": 0.001}}
CUT = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99999\r\n\r\n"
GONE = b'{"error": {"message": "Streaming is not supported for this response", "type": "not_found"}}'
NAMES = ["created", "a", "b", "c", "d", "completed"]


def event(number):
    word = NAMES[number]
    if word == "created":
        body = {"type": "response.created", "response": {"id": "resp_1", "model": "m"}}
    elif word == "completed":
        usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
        body = {
            "type": "response.completed",
            "response": {"id": "resp_1", "status": "completed", "usage": usage},
        }
    else:
        body = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": word}
    data = json.dumps(body | {"sequence_number": number})
    return f"event: {body['type']}\ndata: {data}\n\n".encode()


class Breaking:
    """Sends the events up to each place in turn, breaking off; the leg after the last place is whole."""

    def __init__(self, *places, refused=False):
        self.places = places
        self.refused = refused
        self.asked = []

    async def __call__(self, peer: Peer):
        line, _ = await peer.request()
        self.asked.append(line.split(b" HTTP")[0].decode())
        leg = len(self.asked) - 1
        if leg and self.refused:
            await peer.send(head("404 Not Found", kind="application/json") + GONE)
            return
        told = re.search(r"starting_after=(\d+)", self.asked[-1])
        first = int(told.group(1)) + 1 if told else 0
        is_cut = leg < len(self.places)
        last = self.places[leg] if is_cut else len(NAMES)
        await peer.send(CUT if is_cut else head(), *(event(number) for number in range(first, last)))


async def play(script, **step):
    async with serving(script) as server:
        workflow = workflow_for(server, BACKGROUND | step, protocol="openai-responses")
        return await events_of(live(workflow))


@pytest.mark.parametrize("places", [(3,), (3, 4)], ids=["once", "twice"])
async def test_the_rest_is_asked_for_and_the_text_is_whole_once(places):
    script = Breaking(*places)
    events = await play(script)
    done = only(events, Done).response
    assert (text_of(events), done.text) == ("abcd", "abcd")
    assert (done.finish_reason, done.usage.output, done.id, done.verdict) == ("stop", 4, "resp_1", "complete")
    path = "GET /v1/responses/resp_1?stream=true&starting_after="
    assert script.asked == ["POST /v1/responses", *(f"{path}{place - 1}" for place in places)]
    assert [one.why for one in of(events, AttemptStarted)] == ["first"] + ["resume"] * len(places)
    retries = of(events, Retry)
    assert [one.reason for one in retries] == [
        f"disconnected: resumed after sequence {place - 1}" for place in places
    ]
    assert {one.change for one in retries} == {"resume"}
    assert of(events, Error) == []


async def test_the_timings_are_of_the_whole_answer():
    events = await play(Breaking(3))
    began, first = of(events, AttemptStarted)[0].at, of(events, Delta)[0].at
    timings = only(events, Done).response.timings
    assert (timings.first_delta, timings.deltas, timings.frames) == (first - began, 4, 6)
    assert timings.bytes == sum(len(event(number)) for number in range(6))


async def test_without_background_it_is_an_error_with_the_partial():
    script = Breaking(3)
    error = only(await play(script, params={}), Error)
    assert (error.type, error.response.text, len(script.asked)) == ("disconnected", "ab", 1)


async def test_attempts_that_are_used_up_end_it():
    script = Breaking(3, 4, 5)
    error = only(await play(script), Error)
    assert (error.type, error.response.text, len(script.asked)) == ("disconnected", "abcd", 3)


async def test_a_resume_that_is_refused_keeps_the_partial_and_asks_nothing_anew():
    script = Breaking(3, refused=True)
    events = await play(script)
    error = only(events, Error)
    assert (error.status, error.response.text) == (404, "ab")
    assert [line[:4] for line in script.asked] == ["POST", "GET "]


async def test_a_cancel_before_the_rest_keeps_the_partial():
    script = Breaking(3)
    slow = {"params": {"background": True}, "retry": {"attempts": 3, "backoff": 60}}
    async with serving(script) as server:
        run = live(workflow_for(server, slow, protocol="openai-responses"))
        events = []
        async for batch in run.batches():
            events += batch
            if of(batch, Retry):
                run.cancel()
    error = only(events, Error)
    assert (error.type, error.response.text) == ("cancelled", "ab")
    assert only(events, StepFinished).status == "cancelled"
    assert len(script.asked) == 1


async def test_the_cure_of_a_refused_resume_is_its_own():
    error = only(await play(Breaking(3, refused=True)), Error)
    assert (
        error.cure
        == "the server does not give the rest of this response, so it stays cut: run the step again"
    )


class Legs:
    """Answers the n-th request with the n-th script."""

    def __init__(self, *scripts):
        self.scripts = scripts
        self.asked = []

    async def __call__(self, peer: Peer):
        line, _ = await peer.request()
        self.asked.append(line.split(b" HTTP")[0].decode())
        await self.scripts[min(len(self.asked), len(self.scripts)) - 1](peer)


def sends(*parts, then=None):
    async def script(peer: Peer):
        await peer.send(*parts)
        if then is not None:
            await then(peer)

    return script


def events_from(first, last=None):
    return [event(number) for number in range(first, len(NAMES) if last is None else last)]


async def silent(peer: Peer):
    await peer.until_gone()


RESUMED = "GET /v1/responses/resp_1?stream=true&starting_after="


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (sends(head(), *events_from(0, 3)), "truncated"),
        (sends(head(), *events_from(0, 3), then=silent), "idle_timeout"),
        (sends(CUT, *events_from(0, 3)), "disconnected"),
    ],
    ids=["truncated", "idle", "disconnected"],
)
async def test_however_the_connection_ended_the_rest_is_asked_for(first, kind):
    script = Legs(first, sends(head(), *events_from(3)))
    events = await play(script, timeout={"idle": 0.8})
    assert only(events, Done).response.text == text_of(events) == "abcd"
    assert script.asked == ["POST /v1/responses", f"{RESUMED}2"]
    assert only(events, Retry).reason == f"{kind}: resumed after sequence 2"


@pytest.mark.parametrize("told", [1, 2])
async def test_it_is_resumed_before_its_first_delta_too_and_not_made_twice(told):
    first = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "model": "m"}}
    begun = [f"event: {first['type']}\ndata: {json.dumps(first)}\n\n".encode(), event(1)][:told]
    script = Legs(sends(CUT, *begun), sends(head(), *events_from(told)))
    events = await play(script)
    assert only(events, Done).response.text == text_of(events) == "abcd"
    assert script.asked == ["POST /v1/responses", f"{RESUMED}{told - 1}"]


async def test_a_resume_that_fails_in_passing_is_asked_for_again():
    busy = sends(head("503 Busy", kind="application/json") + b'{"error": {"message": "busy"}}')
    script = Legs(sends(CUT, *events_from(0, 3)), busy, sends(head(), *events_from(3)))
    events = await play(script)
    assert only(events, Done).response.text == text_of(events) == "abcd"
    assert script.asked == ["POST /v1/responses", f"{RESUMED}2", f"{RESUMED}2"]
    assert [one.why for one in of(events, AttemptStarted)] == ["first", "resume", "resume"]


def whole_json(status="completed", **more):
    part = {"type": "output_text", "text": "abcd", "annotations": []}
    output = [{"id": "m1", "type": "message", "content": [part], "status": status}]
    body = {"id": "resp_1", "object": "response", "model": "m", "status": status, "output": output, **more}
    return sends(head(kind="application/json") + json.dumps(body).encode())


async def test_a_rest_that_comes_as_one_json_body_counts_and_is_told():
    usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    script = Legs(sends(CUT, *events_from(0, 3)), whole_json(usage=usage))
    events = await play(script)
    done = only(events, Done).response
    assert (done.text, text_of(events), done.usage.output) == ("abcd", "abcd", 4)
    assert (done.delivery, done.fallback, of(events, Fallback)) == ("stream", None, [])
    assert "resumed_whole" in [lint.code for lint in of(events, Lint)]


async def test_a_call_that_broke_in_its_arguments_is_whole_after_a_json_rest():
    call = {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": ""}
    begun = [
        {"type": "response.created", "response": {"id": "resp_1", "model": "m"}},
        {"type": "response.output_item.added", "output_index": 0, "item": call},
        {
            "type": "response.function_call_arguments.delta",
            "output_index": 0,
            "item_id": "f1",
            "delta": '{"x',
        },
    ]
    frames = [
        f"event: {one['type']}\ndata: {json.dumps(one | {'sequence_number': number})}\n\n".encode()
        for number, one in enumerate(begun)
    ]
    rest = whole_json(output=[call | {"arguments": '{"x": 1}', "status": "completed"}])
    events = await play(Legs(sends(CUT, *frames), rest))
    (made,) = only(events, Done).response.tool_calls
    assert (made.input, made.complete, made.arguments) == ({"x": 1}, True, '{"x": 1}')
    assert "".join(delta.content for delta in of(events, Delta)) == '{"x": 1}'


async def test_a_json_rest_that_is_not_ready_keeps_the_partial():
    script = Legs(sends(CUT, *events_from(0, 3)), whole_json("in_progress", output=[]))
    error = only(await play(script), Error)
    assert (error.type, error.response.text) == ("not_ready", "ab")
    assert "later by its id" in error.cure


async def test_a_cancel_while_the_rest_is_read_keeps_all_that_came():
    script = Legs(sends(CUT, *events_from(0, 3)), sends(head(), *events_from(3, 4), then=silent))
    async with serving(script) as server:
        run = live(workflow_for(server, BACKGROUND, protocol="openai-responses"))
        events = []
        async for batch in run.batches():
            events += batch
            if any(delta.content == "c" for delta in of(batch, Delta)):
                run.cancel()
    error = only(events, Error)
    assert (error.type, error.response.text, error.response.finish_reason) == (
        "cancelled",
        "abc",
        "cancelled",
    )
    assert only(events, StepFinished).status == "cancelled"


async def test_against_the_simulator_two_breaks_are_one_answer(simulator):
    scenario = parse_scenario(
        {"reply": "One two three four.", "faults": ["disconnect@1", "disconnect@3"]}, "test"
    )
    url = simulator.base_url(simulator.add(scenario), "openai-responses")
    events = await events_of(live(workflow_for(url, BACKGROUND, protocol="openai-responses")))
    done = only(events, Done).response
    assert (done.text, text_of(events), done.verdict) == (
        "One two three four.",
        "One two three four.",
        "complete",
    )
    assert [one.why for one in of(events, AttemptStarted)] == ["first", "resume", "resume"]
    assert [lint.code for lint in of(events, Lint)] == ["missing_terminator"] * 2

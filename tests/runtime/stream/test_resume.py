"""A background response whose stream breaks off is gone on with where it broke, and read so from the log."""

from __future__ import annotations

import json
import re

import pytest

from helpers_core import events_of, head, live, of, only, text_of, workflow_for
from helpers_transport import Peer, serving
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error, Retry, StepFinished

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

"""The gate on tapped traffic: hold, step, edit before it is sent; and slow watchers."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from functools import partial

import pytest

from helpers_tap import BODY, DEADLINE, END, KEY, SSE, begun_run, client_of, delta, next_run, post, the
from helpers_transport import http_chunk, plain, serving
from pipeline_runtime.debugging import Breakpoints, Gate
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error
from pipeline_runtime.tap import TapServer

pytestmark = pytest.mark.usefixtures("nothing_left")


class Changed:
    """Waits for a gate to change."""

    def __init__(self, gate):
        self._event = asyncio.Event()
        gate.listen(self._event.set)

    async def until(self, condition):
        async with asyncio.timeout(DEADLINE):
            while not condition():
                self._event.clear()
                await self._event.wait()


async def ask(client):
    await client.send(post("/openai/v1/chat/completions", BODY))


@asynccontextmanager
async def held_request(upstream=None, ask=ask):
    """The run and the client of a request that the gate holds back."""
    async with (
        TapServer(upstream=upstream, make_gate=partial(Gate, shut=True)) as tap,
        client_of(tap) as client,
    ):
        await ask(client)
        run = await begun_run(tap)
        await Changed(run.gate).until(run.gate.pending_requests)
        yield run, client


async def test_a_break_holds_the_traffic_until_it_goes_on():
    points = Breakpoints()
    points.add("/stop/", once=True)
    released = asyncio.Event()

    async def script(peer):
        await peer.request()
        await peer.send(SSE, http_chunk(delta("stop here")))
        await released.wait()
        await peer.send(http_chunk(delta(" and on") + END), b"0\r\n\r\n")
        await peer.until_gone()

    first = SSE + http_chunk(delta("stop here"))
    rest = http_chunk(delta(" and on") + END) + b"0\r\n\r\n"
    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), make_gate=partial(Gate, breakpoints=points)) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/v1/chat/completions", BODY))
        run = await begun_run(tap)
        changed = Changed(run.gate)
        assert await client.exactly(len(first)) == first
        await changed.until(lambda: run.gate.hit is not None)
        released.set()
        reading = asyncio.create_task(client.exactly(len(rest)))
        done, _ = await asyncio.wait([reading], timeout=0.2)
        assert not done
        run.gate.resume()
        assert await reading == rest
        await run.wait()
    assert the(run, Done).response.text == "stop here and on"


async def test_who_comes_late_sees_what_the_gate_let_pass_and_then_the_rest_once():
    points = Breakpoints()
    points.add("/stop/", once=True)

    async def script(peer):
        await peer.request()
        await peer.send(SSE, http_chunk(delta("stop") + delta(" and on") + END), b"0\r\n\r\n")
        await peer.until_gone()

    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), make_gate=partial(Gate, breakpoints=points)) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/v1/chat/completions", BODY))
        run = await begun_run(tap)
        changed = Changed(run.gate)
        await changed.until(lambda: run.gate.hit is not None)
        assert max(event.seq for event in run.history()) > run.gate.hit.event.seq
        batches = run.batches()
        told = await anext(batches)
        assert told[-1] == run.gate.hit.event
        run.gate.resume()
        async for batch in batches:
            told += batch
    assert told == list(run.history())


async def test_in_mode_buffer_the_traffic_goes_on_and_the_events_wait():
    points = Breakpoints()
    points.add("lane:text")
    whole = SSE + http_chunk(delta("a")) + http_chunk(delta("b") + END) + b"0\r\n\r\n"

    async def script(peer):
        await peer.request()
        await peer.send(whole)
        await peer.until_gone()

    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), make_gate=partial(Gate, breakpoints=points, mode="buffer")) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/v1/chat/completions", BODY))
        assert await client.exactly(len(whole)) == whole
        run = await begun_run(tap)
        changed = Changed(run.gate)
        await changed.until(lambda: run.gate.hit is not None and run.gate.waiting() > 2)
        points.clear()
        run.gate.resume()
        await run.wait()
        texts = [event.content for event in run.history() if isinstance(event, Delta)]
    assert texts == ["a", "b"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_request_is_edited_before_it_is_sent(chunked):
    got = []

    async def script(peer):
        got.extend(await peer.request())
        await peer.send(plain(b"{}"))
        await peer.until_gone()

    async def ask_in_chunks(client):
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        await client.send(head + b"Expect: 100-continue\r\n\r\n")
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(http_chunk(BODY[:9]), http_chunk(BODY[9:]), b"0\r\n\r\n")

    async with (
        serving(script) as server,
        held_request(server.url(""), ask_in_chunks if chunked else ask) as (run, client),
    ):
        assert server.peers == []
        run.gate.edit_request("request", b'{"model":"other","messages":[]}')
        run.gate.resume()
        assert (await client.answer())[1] == b"{}"
        await run.wait()
    assert json.loads(got[1]) == {"model": "other", "messages": []}
    assert b"Expect" not in got[0]
    assert the(run, AttemptStarted).request.body["model"] == "other"


async def test_a_secret_in_a_held_request_is_not_shown_and_is_sent_as_it_was():
    got = []
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": f"my key is {KEY}"}]}).encode()

    async def script(peer):
        got.extend(await peer.request())
        await peer.send(plain(b"{}"))
        await peer.until_gone()

    async def ask_with_a_key(client):
        await client.send(post("/v1/chat/completions", body, b"Authorization: Bearer " + KEY.encode()))

    async with serving(script) as server, held_request(server.url(""), ask_with_a_key) as (run, client):
        shown = run.gate.editable_request("request")
        assert KEY not in shown.text
        run.gate.edit_request("request", shown.applied(shown.text.replace("my key", "the key")))
        assert "the key is <masked" in run.gate.editable_request("request").text
        run.gate.resume()
        await client.answer()
        await run.wait()
    assert json.loads(got[1])["messages"][0]["content"] == f"the key is {KEY}"
    assert b"Bearer " + KEY.encode() in got[0]
    assert KEY not in run.log_path.read_text()


async def test_a_held_request_that_is_cancelled_is_told_to_the_client():
    async with held_request() as (run, client):
        run.cancel()
        await run.wait()
        assert await client.rest() == b""
    assert (run.result.status, the(run, Error).type) == ("cancelled", "cancelled")


async def test_a_client_that_leaves_while_its_request_is_held():
    async with held_request() as (run, client):
        client.close()
        await asyncio.wait_for(run._passage.over.wait(), DEADLINE)
        run.gate.resume()
        await run.wait()
    assert the(run, Error).type == "client_disconnected"


async def test_a_client_that_reads_slowly_holds_the_upstream():
    """What the client has not taken is not read from the upstream without end."""
    piece = b"\0" * 65536
    sent = 0
    total = 400
    full = asyncio.Event()

    async def script(peer):
        nonlocal sent
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(piece) * total))
        for _ in range(total):
            peer.writer.write(piece)
            try:
                async with asyncio.timeout(0.3):
                    await peer.writer.drain()
            except TimeoutError:
                full.set()
                await peer.writer.drain()
            sent += 1
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/x", b"{}"))
        await asyncio.wait_for(full.wait(), DEADLINE)
        assert sent < total
        await client.head()
        assert len(await client.exactly(len(piece) * total)) == len(piece) * total
        run = await next_run(tap)
    assert run.result.status == "ok"

"""Faults on the tap: the client gets the broken response, and the run shows what the client got."""

from __future__ import annotations

import asyncio
import zlib

import pytest

from helpers_tap import BODY, DEADLINE, END, SSE, begun_run, client_of, delta, get, next_run, post, the
from helpers_transport import SOON, answering, http_chunk, plain, serving
from pipeline_runtime.debugging import Breakpoints, Gate
from pipeline_runtime.errors import InputError
from pipeline_runtime.events import AttemptStarted, Done, Error, ResponseOpened, RunStarted
from pipeline_runtime.runlog.lines import ChunkLine
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.tap import TapServer

pytestmark = pytest.mark.usefixtures("nothing_left")

WORDS = ["zero", " one", " two", " three"]
FRAMES = [*map(delta, WORDS), END]
STREAM = answering(SSE, *map(http_chunk, FRAMES), http_chunk(b""))
ASK = post("/v1/chat/completions", BODY, b"Connection: close")


def unchunked(body):
    """The bytes in the chunks, and whether their end came."""
    data = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return data, True
        data, body = data + rest[:length], rest[length + 2 :]
    return data, False


def logged(run):
    """The body as the run log has it."""
    return b"".join(line.chunk().data for line in RunLog(run.log_path).lines() if isinstance(line, ChunkLine))


async def broken(*faults, script=STREAM, ask=ASK):
    """What the client got (head, body, whether it ended), and the run."""
    async with serving(script) as server, TapServer(upstream=server.url(""), faults=faults) as tap:
        async with client_of(tap) as client:
            await client.send(ask)
            head = await client.head()
            body, ended = unchunked(await client.rest())
        return head, body, ended, await next_run(tap)


@pytest.mark.parametrize(
    ("fault", "body", "ended", "error"),
    [
        ("drop@1", [0, 2, 3, 4], True, None),
        ("duplicate@2", [0, 1, 2, 2, 3, 4], True, None),
        ("reorder@1", [0, 2, 1, 3, 4], True, None),
        ("stall@1:1ms", [0, 1, 2, 3, 4], True, None),
        ("split@1:3", [0, 1, 2, 3, 4], True, None),
        ("disconnect@2", [0, 1], False, "disconnected"),
    ],
)
async def test_the_client_gets_what_the_faults_make_of_it(fault, body, ended, error):
    head, given, was_ended, run = await broken(fault)
    assert given == b"".join(FRAMES[n] for n in body)
    assert was_ended is ended
    assert logged(run) == given
    assert b"\r\nx-injected-faults: " + fault.encode() in head
    assert b"\r\nx-odd: a  b" in head
    started = the(run, RunStarted)
    assert started.faults == (fault,)
    assert started.note.endswith(f"; faults are injected: {fault}")
    assert run.result.status == ("failed" if error else "ok")
    if error:
        assert the(run, Error).type == error


@pytest.mark.parametrize(
    ("fault", "fails"),
    [("truncate@2", True), ("malform@1", False), ("unknown@1", False), ("error@2", True)],
)
async def test_other_damage_is_in_the_log_as_the_client_had_it(fault, fails):
    _, given, ended, run = await broken(fault)
    assert logged(run) == given != b"".join(FRAMES)
    assert ended
    assert (run.result.status == "failed") is fails


async def test_a_failure_of_ours_sends_nothing_on_and_counts_requests():
    asked = []

    async def script(peer):
        asked.append(await peer.request())
        await peer.send(plain(b"{}"))

    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), faults=["status:429*2:retry-after=1"]) as tap,
    ):
        for status in (b"429", b"429", b"200", b"429"):
            async with client_of(tap) as client:
                await client.send(ASK)
                head = await client.head()
                assert head.startswith(b"HTTP/1.1 " + status)
                assert (b"\r\nretry-after: 1\r\n" in head) is (status == b"429")
                assert (await client.rest()).endswith(b"0\r\n\r\n")
            run = await next_run(tap)
            assert the(run, ResponseOpened).status == int(status)
            the(run, AttemptStarted)
    assert len(asked) == 1


async def test_they_can_be_set_and_taken_back_between_requests():
    async with serving(STREAM) as server, TapServer(upstream=server.url("")) as tap:
        for faults, text in (((), "zero one two three"), (("drop@0",), " one two three"), ((), None)):
            tap.faults = faults
            async with client_of(tap) as client:
                await client.send(ASK)
                await client.rest()
            run = await next_run(tap)
            assert the(run, Done).response.text == (text or "zero one two three")
            assert the(run, RunStarted).faults == faults
        with pytest.raises(InputError, match="not a fault"):
            tap.faults = ("disconect@1",)
        assert tap.faults == ()
    with pytest.raises(InputError, match="not a fault"):
        TapServer(faults=["keepalive:1s"])


async def test_a_client_that_leaves_in_a_silence_of_ours_is_named_at_once():
    async def script(peer):
        await peer.request()
        await peer.send(SSE, *map(http_chunk, FRAMES))
        await peer.until_gone()

    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), faults=["stall@1:10m"]) as tap,
        client_of(tap) as client,
    ):
        await client.send(ASK)
        await client.head()
        await client.exactly(len(http_chunk(FRAMES[0])))
        run = await begun_run(tap)
        client.close()
        async with asyncio.timeout(SOON):
            await run.wait()
        await asyncio.wait_for(server.peers[0].gone.wait(), SOON)
    assert (run.result.status, the(run, Error).type) == ("cancelled", "client_disconnected")
    assert the(run, Error).response.text == "zero"


@pytest.mark.parametrize("fault", ["slow-headers:10m", "stall@0:10m"])
async def test_the_tap_closes_while_a_fault_is_silent(fault):
    async with (
        serving(STREAM) as server,
        TapServer(upstream=server.url(""), faults=[fault]) as tap,
        client_of(tap) as client,
    ):
        await client.send(ASK)
        run = await begun_run(tap)
        async with asyncio.timeout(DEADLINE):
            await tap.close()
    assert run.result.status == "cancelled"


async def test_an_upstream_that_breaks_by_itself_breaks_the_client():
    script = answering(SSE, http_chunk(FRAMES[0]), close=True)
    _, given, ended, run = await broken("seed:1", script=script)
    assert (given, ended) == (FRAMES[0], False)
    assert the(run, Error).type == "disconnected"


async def test_an_upstream_that_is_not_there_is_told_as_without_faults():
    async with TapServer(upstream="http://127.0.0.1:9", faults=["drop@1"]) as tap, client_of(tap) as client:
        await client.send(ASK)
        assert (await client.head()).startswith(b"HTTP/1.1 502 ")
        assert b"connect_failed" in await client.rest()
        assert the(await next_run(tap), Error).type == "connect_failed"


async def test_a_compressed_answer_is_given_as_it_is_read():
    packed = zlib.compress(b"".join(FRAMES))
    script = answering(plain(packed, b"content-encoding: deflate", b"content-type: text/event-stream"))
    head, given, ended, run = await broken("drop@0", script=script)
    assert (given, ended) == (b"".join(FRAMES[1:]), True)
    assert b"content-encoding" not in head.lower()
    assert b"content-length" not in head.lower()
    assert logged(run) == given


async def test_the_connection_is_kept_where_the_client_wants_it():
    keep = post("/v1/chat/completions", BODY)

    async def script(peer):
        for _ in range(2):
            await peer.request()
            await peer.send(SSE, *map(http_chunk, FRAMES), http_chunk(b""))

    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), faults=["drop@1"]) as tap,
        client_of(tap) as client,
    ):
        for _ in range(2):
            await client.send(keep)
            await client.head()
            body = b""
            while not unchunked(body)[1]:
                body += await client.exactly(1)
                body += await asyncio.wait_for(client.reader.readuntil(b"\r\n\r\n"), DEADLINE)
            assert unchunked(body)[0] == b"".join(FRAMES[n] for n in (0, 2, 3, 4))
            assert (await next_run(tap)).result.status == "ok"
    assert len(server.peers) == 1


async def test_an_answer_without_a_body():
    script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    ask = get("/v1/models", b"Connection: close", method=b"HEAD")
    head, body, _, _ = await broken("drop@1", script=script, ask=ask)
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == b""


async def test_a_breakpoint_holds_the_client_at_the_broken_stream():
    points = Breakpoints()
    points.add("type:delta n:2")
    async with (
        serving(STREAM) as server,
        TapServer(
            upstream=server.url(""), faults=["drop@1"], make_gate=lambda: Gate(breakpoints=points)
        ) as tap,
        client_of(tap) as client,
    ):
        await client.send(ASK)
        run = await begun_run(tap)
        stopped = asyncio.Event()
        run.gate.listen(stopped.set)
        async with asyncio.timeout(DEADLINE):
            while run.gate.hit is None:
                stopped.clear()
                await stopped.wait()
        points.clear()
        run.gate.resume()
        await client.head()
        assert unchunked(await client.rest()) == (b"".join([FRAMES[0], *FRAMES[2:]]), True)
        async with asyncio.timeout(DEADLINE):
            assert (await run.wait()).status == "ok"


async def test_a_client_of_http_1_0_that_would_keep_its_connection_gets_an_end():
    ask = post("/v1/chat/completions", BODY, b"Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    async with (
        serving(STREAM) as server,
        TapServer(upstream=server.url(""), faults=["drop@1"]) as tap,
        client_of(tap) as client,
    ):
        await client.send(ask)
        assert b"\r\nconnection: close\r\n" in await client.head()
        assert await client.rest() == b"".join(FRAMES[n] for n in (0, 2, 3, 4))


@pytest.mark.parametrize("fault", ["status:529", "drop@1"])
async def test_a_connection_that_will_be_closed_is_announced(fault):
    script = answering(
        SSE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), *map(http_chunk, FRAMES), http_chunk(b"")
    )
    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), faults=[fault]) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/v1/chat/completions", BODY))
        assert b"\r\nconnection: close\r\n" in await client.head()
        assert (await client.rest()).endswith(b"0\r\n\r\n")

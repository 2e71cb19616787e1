"""Bytes go through unchanged, in both directions, at once."""

from __future__ import annotations

import asyncio
import gzip
import random

import pytest

from helpers_tap import BODY, END, KEY, SSE, client_of, delta, get, kinds, next_run, post, the
from helpers_transport import CHUNKED_HEAD, answering, http_chunk, plain, serving
from pipeline_runtime.events import AttemptStarted, Done, Error, FrameReceived, ResponseOpened, RunStarted
from pipeline_runtime.tap import TapServer

pytestmark = pytest.mark.usefixtures("nothing_left")


async def test_each_read_is_written_on_before_the_next_one_comes():
    """The server sends a piece only when the client has had the one before: nothing may be held back."""
    pieces = [
        SSE,
        http_chunk(delta("one")),
        http_chunk(delta("two"))[:9],
        http_chunk(delta("two"))[9:],
        http_chunk(END),
    ]
    had = asyncio.Semaphore(0)

    async def script(peer):
        await peer.request()
        for piece in pieces:
            await peer.send(piece)
            await had.acquire()
        await peer.send(b"0\r\n\r\n")
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        for piece in pieces:
            assert await client.exactly(len(piece)) == piece
            had.release()
        assert await client.exactly(5) == b"0\r\n\r\n"
        run = await next_run(tap)
    assert (run.result.status, the(run, Done).response.text) == ("ok", "onetwo")


@pytest.mark.parametrize("seed", range(6))
async def test_any_bytes_come_through_as_they_are(seed):
    chance = random.Random(seed)
    body = chance.randbytes(chance.choice([0, 1, 70_000, 700_000]))
    cuts = sorted(chance.randrange(len(body) + 1) for _ in range(5))
    parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    chunked = seed % 2
    head = CHUNKED_HEAD if chunked else b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    response = [head, *([http_chunk(part) for part in parts if part] if chunked else parts)]
    response += [b"0\r\nX-Trailer: t\r\n\r\n"] if chunked else []
    upload = chance.randbytes(chance.choice([3, 300_000]))
    got = []

    async def script(peer):
        got.extend(await peer.request())
        await peer.send(*response)
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(
            post("/upload?x=1", upload, b"Content-Type: application/octet-stream", b"x-CASE: kEpt")
        )
        whole = b"".join(response)
        assert await client.exactly(len(whole)) == whole
        run = await next_run(tap)
    assert got[1] == upload
    assert got[0] == (
        b"POST /upload?x=1 HTTP/1.1\r\nHost: %b\r\nContent-Length: %d\r\n"
        b"Content-Type: application/octet-stream\r\nx-CASE: kEpt\r\n\r\n"
        % (server.name.encode(), len(upload))
    )
    assert run.result.status == "ok"
    assert run.asked.protocol == "raw"


async def test_a_request_goes_on_while_it_comes():
    seen = asyncio.Semaphore(0)

    async def script(peer):
        await peer.head()
        seen.release()
        assert await peer.reader.readexactly(5) == b"first"
        seen.release()
        assert await peer.reader.readexactly(6) == b"second"
        await peer.send(plain(b"{}"))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/upload", b"")[:-4].replace(b"Length: 0", b"Length: 11") + b"\r\n\r\n")
        await seen.acquire()
        await client.send(b"first")
        await seen.acquire()
        await client.send(b"second")
        assert (await client.answer())[1] == b"{}"


async def test_a_chunked_request_keeps_its_chunks_and_trailers():
    sent = http_chunk(b'{"a":') + http_chunk(b"1}") + b"0\r\nX-Sum: 7\r\n\r\n"
    got = []

    async def script(peer):
        await peer.head()
        got.append(await peer.reader.readexactly(len(sent)))
        await peer.send(plain(b"ok"))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(b"PUT /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", sent)
        assert (await client.answer())[1] == b"ok"
        run = await next_run(tap)
    assert got == [sent]
    assert the(run, AttemptStarted).request.body == {"a": 1}


async def test_expect_100_continue_goes_through():
    async def script(peer):
        assert b"Expect: 100-continue" in await peer.head()
        await peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await peer.reader.readexactly(2) == b"{}"
        await peer.send(plain(b"done"))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/x", b"{}", b"Expect: 100-continue")[:-2])
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"{}")
        assert (await client.answer())[1] == b"done"


async def test_a_connection_serves_one_request_after_the_other_over_one_connection():
    async def script(peer):
        while True:
            head, _ = await peer.request()
            if head.startswith(b"HEAD"):
                await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
            elif head.startswith(b"DELETE"):
                await peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")
            else:
                await peer.send(plain(head.split()[1]))

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(get("/a"))
        assert (await client.answer())[1] == b"/a"
        await client.send(get("/d", method=b"DELETE"))
        assert await client.head() == b"HTTP/1.1 204 No Content\r\n\r\n"
        await client.send(get("/p1") + get("/p2"))  # pipelined
        assert [(await client.answer())[1] for _ in range(2)] == [b"/p1", b"/p2"]
        await client.send(get("/h", method=b"HEAD"))
        assert (await client.rest()).endswith(b"Content-Length: 99\r\n\r\n")
        runs = [await next_run(tap) for _ in range(5)]
    assert len(server.peers) == 1
    assert [run.result.status for run in runs] == ["ok"] * 5
    assert len({run.id for run in runs}) == 5


async def test_a_body_that_ends_with_its_connection():
    async def script(peer):
        await peer.request()
        await peer.send(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n", b'{"a":', b"1}")

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(get("/x"))
        assert (await client.rest()).endswith(b'\r\n\r\n{"a":1}')
        run = await next_run(tap)
    assert (run.result.status, the(run, Done).response.text) == ("ok", '{"a":1}')


async def test_errors_of_the_upstream_pass_as_they_are():
    answer = plain(
        b'{"error":{"type":"rate_limit","message":"slow down"}}', b"Retry-After: 3", status=b"429 Slow"
    )

    async def script(peer):
        await peer.request()
        await peer.send(answer)
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        assert await client.exactly(len(answer)) == answer
        run = await next_run(tap)
    error = the(run, Error)
    assert (run.result.status, error.status, error.message) == ("failed", 429, "slow down")


async def test_a_refused_stream_is_the_clients_to_send_again():
    """Our own calls would ask anew without a stream; the tap sends nothing that the client did not."""
    answer = plain(
        b'{"error":{"message":"Your organization must be verified to stream this model.",'
        b'"type":"invalid_request_error","param":"stream","code":"unsupported_value"}}',
        b"Content-Type: application/json",
        status=b"400 Bad Request",
    )

    async def script(peer):
        await peer.request()
        await peer.send(answer)
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        assert await client.exactly(len(answer)) == answer
        run = await next_run(tap)
    assert len(server.peers[0].requests) == 1
    assert "must be verified" in the(run, Error).message
    assert "Fallback" not in kinds(run)


async def test_a_compressed_stream_passes_as_it_is_and_is_read():
    content = gzip.compress(delta("zip") + END)

    async def script(peer):
        head, _ = await peer.request()
        assert b"accept-encoding: gzip, deflate\r\n" in head  # what we cannot undo is not asked for
        await peer.send(plain(content, b"Content-Type: text/event-stream", b"Content-Encoding: gzip"))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY, b"accept-encoding: gzip, deflate, zstd"))
        assert (await client.answer())[1] == content
        run = await next_run(tap)
    assert the(run, Done).response.text == "zip"


async def test_a_coding_that_cannot_be_undone_ends_our_view_and_not_the_traffic():
    content = random.Random(1).randbytes(900_000)

    async def script(peer):
        await peer.request()
        await peer.send(plain(content, b"Content-Encoding: zstd"))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(get("/x"))
        assert (await client.answer())[1] == content
        run = await next_run(tap)
    assert "zstd" in the(run, Error).message


async def test_frames_of_an_unknown_protocol_are_shown():
    body = b"event: tick\ndata: 1\n\n: keepalive\n\nevent: tick\ndata: two\n\n"

    async def script(peer):
        await peer.request()
        await peer.send(plain(body, b"Content-Type: text/event-stream"))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(get("/events"))
        assert (await client.answer())[1] == body
        run = await next_run(tap)
        frames = [event for event in run.history() if isinstance(event, FrameReceived)]
        assert run.raw_bytes("request", 1, frames[2].offset, frames[2].size) == b"event: tick\ndata: two\n\n"
    assert [(frame.event, frame.data, frame.comment) for frame in frames] == [
        ("tick", "1", None), ("message", None, "keepalive"), ("tick", "two", None),
    ]  # fmt: skip
    assert the(run, Done).response.text == "1\ntwo\n"


async def test_keys_pass_through_and_are_kept_nowhere():
    """In headers and query, in the answer that echoes them, cut between two reads, and in the run log."""
    got = []
    echo = b'data: {"you sent": "' + KEY.encode() + b'"}\n\n'

    async def script(peer):
        got.extend(await peer.request())
        await peer.send(SSE, http_chunk(echo)[:30])
        await peer.send(http_chunk(echo)[30:], b"0\r\n\r\n")
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        whole = SSE + http_chunk(echo) + b"0\r\n\r\n"
        body = b'{"note":"' + KEY.encode() + b'"}'
        key = KEY.encode()
        headers = (b"Authorization: Bearer " + key, b"x-api-key: " + key, b"Cookie: session=" + key)
        await client.send(post(f"/stream?key={KEY}&alt=sse", body, *headers))
        assert await client.exactly(len(whole)) == whole
        run = await next_run(tap)
        shown = repr(list(run.history())) + repr(run.inputs) + str(run.note)
        log = run.log_path.read_text()
    assert got[0].count(KEY.encode()) == 4
    assert got[1] == body
    assert KEY not in shown
    assert KEY not in log
    assert "***" in the(run, AttemptStarted).request.url
    assert run.result.status == "ok"


async def test_a_run_says_whose_request_it_was():
    async def script(peer):
        await peer.request()
        await peer.send(plain(b"{}"))
        await peer.until_gone()

    async with (
        serving(script) as server,
        TapServer(named={"openai": server.url("/v1")}) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/openai/chat/completions", BODY, b"User-Agent: my-agent/7"))
        await client.answer()
        run = await next_run(tap)
    started = the(run, RunStarted)
    assert (run.workflow.name, run.mode, run.note) == ("tap openai", "tap", "tapped from my-agent/7")
    assert started.inputs == {
        "method": "POST",
        "path": "/openai/chat/completions",
        "upstream": server.url(""),
        "client": "my-agent/7",
    }
    assert server.peers[0].requests[0].startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert the(run, ResponseOpened).status == 200
    assert run.log_path.name == f"{run.id}.jsonl"


@pytest.mark.parametrize("faults", [(), ("seed:1",)])
async def test_a_request_nested_too_deeply_is_told_as_text(faults):
    body = b"[" * 5000 + b"]" * 5000
    async with (
        serving(answering(plain(b"{}"))) as server,
        TapServer(upstream=server.url(""), faults=faults) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/x", body, b"Connection: close"))
        await client.rest()
        run = await next_run(tap)
    assert run.result.status == "ok"
    assert the(run, AttemptStarted).request.body == body.decode()

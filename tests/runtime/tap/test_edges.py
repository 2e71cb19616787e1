"""What seldom comes: huge bodies, old clients, offers of other protocols, early answers, broken handlers."""

from __future__ import annotations

import asyncio

import pytest

from helpers_tap import BODY, DEADLINE, END, SSE, begun_run, client_of, delta, get, next_run, post, the
from helpers_transport import answering, http_chunk, plain, serving
from pipeline_runtime.debugging import Gate
from pipeline_runtime.events import AttemptStarted, Delta, Done, Error, ResponseOpened
from pipeline_runtime.tap import TapServer, request

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.mark.parametrize("held", [False, True])
async def test_a_body_that_is_too_large_to_be_kept_goes_through(monkeypatch, held):
    monkeypatch.setattr(request, "KEPT_BYTES", 1 << 20)
    body = bytes(range(256)) * 8192
    got = []

    async def script(peer):
        got.append((await peer.request())[1])
        await peer.send(plain(b"taken"))
        await peer.until_gone()

    gate = Gate()
    gate.breakpoints.add("n:99999")
    make_gate = (lambda: gate) if held else None
    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), make_gate=make_gate) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/upload", body))
        assert (await client.answer())[1] == b"taken"
        run = await next_run(tap)
    assert got == [body]
    assert (run.result.status, the(run, AttemptStarted).request.body) == ("ok", None)


async def test_an_upload_that_is_no_text_is_told_by_its_size():
    async with (
        serving(answering(plain(b"{}"))) as server,
        TapServer(upstream=server.url("")) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/files", b"\xff\xfe\x00"))
        await client.answer()
        run = await next_run(tap)
    assert the(run, AttemptStarted).request.body == "<3 bytes that are no text>"


async def test_a_client_of_http_1_0_is_answered_and_closed():
    async def script(peer):
        head = await peer.head()
        assert head == b"GET /x HTTP/1.0\r\nHost: %b\r\n\r\n" % server.name.encode()
        await peer.send(b"HTTP/1.0 200 OK\r\n\r\nold")

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(b"GET /x HTTP/1.0\r\n\r\n")
        assert await client.rest() == b"HTTP/1.0 200 OK\r\n\r\nold"


async def test_an_offer_of_http_2_is_not_taken_up():
    """As Java's and curl's clients make it."""

    async def script(peer):
        for _ in range(2):
            head, _ = await peer.request()
            assert b"upgrade" not in head.lower()
            await peer.send(plain(b"one"))
        await peer.until_gone()

    offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAA")
    async with serving(script) as server, TapServer(upstream=server.url("")) as tap:
        for message in (get("/x", *offer), post("/x", b"{}", *offer)):
            async with client_of(tap) as client:
                await client.send(message)
                assert (await client.answer())[1] == b"one"
                assert (await next_run(tap)).result.status == "ok"


async def test_an_answer_that_comes_before_the_request_is_complete():
    refused = plain(b'{"error":{"message":"too large"}}', status=b"413 Content Too Large")

    async def script(peer):
        await peer.head()
        await peer.send(refused)
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/upload", b"x" * 100)[:-50])
        assert await client.rest() == refused
        run = await next_run(tap)
    assert (the(run, ResponseOpened).status, the(run, Error).message) == (413, "too large")


async def test_a_stream_of_thousands_of_chunks_is_whole_on_both_sides():
    pieces = [http_chunk(delta(f"{number} ")) for number in range(5000)]
    whole = SSE + b"".join(pieces) + http_chunk(END) + b"0\r\n\r\n"

    async def script(peer):
        await peer.request()
        await peer.send(whole)
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        assert await client.exactly(len(whole)) == whole
        run = await next_run(tap)
    assert the(run, Done).response.text == "".join(f"{number} " for number in range(5000))


async def test_handlers_see_tapped_streams_and_a_broken_one_stops_nothing():
    heard = []

    def listen(event):
        if isinstance(event, Delta):
            heard.append(event.content)

    class Broken:
        def __init__(self, options):
            raise RuntimeError("never")

        def handle_event(self, event):
            """Never called."""

    whole = SSE + http_chunk(delta("all") + END) + b"0\r\n\r\n"

    async def script(peer):
        for _ in range(2):
            await peer.request()
            await peer.send(whole)
        await peer.until_gone()

    for handlers, status in ((listen,), "ok"), ((Broken,), "failed"):
        async with (
            serving(script) as server,
            TapServer(upstream=server.url(""), handlers=handlers) as tap,
            client_of(tap) as client,
        ):
            for _ in range(2):
                await client.send(post("/v1/chat/completions", BODY))
                assert await client.exactly(len(whole)) == whole
                assert (await next_run(tap)).result.status == status
    assert heard == ["all", "all"]


async def test_without_a_log_the_run_is_still_told(tmp_path, monkeypatch):
    state = tmp_path / "none"
    monkeypatch.setenv("PIPELINE_STATE_DIR", str(state))
    whole = SSE + http_chunk(delta("all") + END) + b"0\r\n\r\n"
    go = asyncio.Event()

    async def script(peer):
        await peer.request()
        await go.wait()
        await peer.send(whole)
        await peer.until_gone()

    async with (
        serving(script) as server,
        TapServer(upstream=server.url(""), keep_log=False) as tap,
        client_of(tap) as client,
    ):
        await client.send(post("/v1/chat/completions", BODY))
        run = await begun_run(tap)
        events = []
        async with asyncio.timeout(DEADLINE):
            async for batch in run.batches():
                events += batch
                go.set()
    assert [event.content for event in events if isinstance(event, Delta)] == ["all"]
    assert not state.exists()

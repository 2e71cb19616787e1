"""How requests end that do not end well: who hung up, what the client is told, what is left."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path

import pytest

from helpers_tap import BODY, DEADLINE, END, SSE, begun_run, client_of, delta, get, next_run, post, the
from helpers_transport import SOON, answering, http_chunk, plain, serving
from pipeline_runtime.errors import InputError
from pipeline_runtime.events import Done, Error, Lint, StepFinished
from pipeline_runtime.tap import TapServer

pytestmark = pytest.mark.usefixtures("nothing_left")


async def test_a_client_that_hangs_up_closes_the_upstream_and_is_named():
    async def script(peer):
        await peer.request()
        await peer.send(SSE, http_chunk(delta("Half")))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        await client.exactly(len(SSE + http_chunk(delta("Half"))))
        client.close()
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()
        run = await next_run(tap)
    error = the(run, Error)
    assert (run.result.status, error.type) == ("cancelled", "client_disconnected")
    assert "the client (127.0.0.1:" in error.message
    assert (error.response.text, error.response.finish_reason) == ("Half", "cancelled")


@pytest.mark.parametrize("reset", [False, True])
async def test_a_client_that_hangs_up_before_the_response(reset):
    async def script(peer):
        await peer.request()
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        run = await begun_run(tap)
        client.reset() if reset else client.close()
        await run.wait()
        await server.peers[0].gone.wait()
    assert "hung up before the response" in the(run, Error).message


async def test_a_client_that_hangs_up_inside_its_own_request():
    came = asyncio.Event()

    async def script(peer):
        await peer.head()
        came.set()
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY)[:-5])
        await asyncio.wait_for(came.wait(), DEADLINE)
        client.close()
        run = await next_run(tap)
        await server.peers[0].gone.wait()
    assert the(run, Error).type == "client_disconnected"


async def test_a_client_that_leaves_after_the_answers_end_harms_nothing():
    """As SDKs do that stop reading at `[DONE]`."""

    async def script(peer):
        await peer.request()
        await peer.send(SSE, http_chunk(delta("All") + END))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        await client.exactly(len(SSE + http_chunk(delta("All") + END)))
        run = await begun_run(tap)
        async for batch in run.batches():
            if any(getattr(event, "data", None) == "[DONE]" for event in batch):
                client.close()
        assert (run.result.status, the(run, Done).response.text) == ("ok", "All")
        assert [event.code for event in run.history() if isinstance(event, Lint)] == []


@pytest.mark.parametrize("reset", [False, True])
async def test_an_upstream_that_hangs_up_is_named_and_the_client_sees_the_cut(reset):
    async def script(peer):
        await peer.request()
        await peer.send(SSE, http_chunk(delta("Half")))
        await had.wait()
        peer.reset() if reset else peer.close()

    had = asyncio.Event()
    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        await client.exactly(len(SSE + http_chunk(delta("Half"))))
        had.set()
        assert await client.rest() == b""
        run = await next_run(tap)
    error = the(run, Error)
    assert (run.result.status, error.type) == ("failed", "disconnected")
    assert error.message.startswith(f"{server.name} closed the connection")
    assert error.response.text == "Half"


async def test_an_upstream_that_cannot_be_reached_is_a_502_that_says_why(unused_tcp_port):
    async with TapServer(upstream=f"http://127.0.0.1:{unused_tcp_port}") as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        head, body = await client.answer()
        assert await client.rest() == b""
        run = await next_run(tap)
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    told = json.loads(body)["error"]
    assert (told["type"], "refused the connection" in told["message"]) == ("connect_failed", True)
    assert (run.result.status, the(run, Error).type) == ("failed", "connect_failed")


async def test_an_upstream_that_answers_nothing_is_a_502():
    async def script(peer):
        await peer.request()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(get("/x"))
        head, body = await client.answer()
        run = await next_run(tap)
    assert head.startswith(b"HTTP/1.1 502 ")
    assert json.loads(body)["error"]["type"] == the(run, Error).type == "disconnected"
    assert len(server.peers) == 1


async def test_what_is_no_http_goes_through_and_is_told():
    async def script(peer):
        await peer.request()
        await peer.send(b"SSH-2.0-OpenSSH\r\n")

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(get("/x"))
        assert await client.rest() == b"SSH-2.0-OpenSSH\r\n"
        run = await next_run(tap)
    assert the(run, Error).type == "bad_response"


async def test_a_kept_connection_that_the_upstream_closed_is_opened_anew():
    async def script(peer):
        await peer.request()
        await peer.send(plain(b"one"))
        if len(server.peers) == 1:
            await peer.request()  # and says nothing: as if it had been closed just then

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        for _ in range(2):
            await client.send(post("/x", b"{}"))
            assert (await client.answer())[1] == b"one"
        runs = [await next_run(tap) for _ in range(2)]
    assert len(server.peers) == 2
    assert [run.result.status for run in runs] == ["ok", "ok"]


async def test_tls_to_the_upstream_is_verified(certificates):
    async with serving(answering(plain(b"safe")), tls=certificates.server) as server:
        async with TapServer(verify=certificates.client) as tap, client_of(tap) as client:
            await client.send(get(f"/https/{server.name}/x"))
            assert (await client.answer())[1] == b"safe"
            assert (await next_run(tap)).result.status == "ok"
        async with TapServer() as tap, client_of(tap) as client:
            await client.send(get(f"/https/{server.name}/x"))
            head, body = await client.answer()
            run = await next_run(tap)
    assert head.startswith(b"HTTP/1.1 502 ")
    assert json.loads(body)["error"]["type"] == the(run, Error).type == "tls_failed"


@pytest.mark.parametrize(
    "headers",
    [
        b"Host: evil.example",
        b"Host: 127.0.0.1.evil.example:80",
        b"X: no host at all",
        b"Host: localhost\r\nOrigin: https://evil.example",
        b"Host: localhost\r\nOrigin: null",
        b"Host: localhost\r\nSec-Fetch-Site: cross-site",
    ],
)
async def test_a_web_page_gets_nothing(headers):
    async with serving(answering(plain(b"secret"))) as server, TapServer(upstream=server.url("")) as tap:
        async with client_of(tap) as client:
            await client.send(b"GET / HTTP/1.1\r\n" + headers + b"\r\n\r\n")
            head, body = await client.answer()
        assert head.startswith(b"HTTP/1.1 403 ")
        assert json.loads(body)["error"]["type"] == "forbidden"
        assert (server.peers, tap.open_requests) == ([], 0)


@pytest.mark.parametrize("host", [b"127.0.0.1:99", b"localhost", b"[::1]:7", b"tap.localhost"])
async def test_programs_of_this_machine_get_their_answer(host):
    origin = b"Origin: http://localhost:3000"
    async with (
        serving(answering(plain(b"yes"))) as server,
        TapServer(upstream=server.url("")) as tap,
        client_of(tap) as client,
    ):
        await client.send(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n" + origin + b"\r\n\r\n")
        assert (await client.answer())[1] == b"yes"


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /nowhere/x HTTP/1.1", b"404"),
        (b"GET /https/ HTTP/1.1", b"404"),
        (b"GET /https/ho$t/x HTTP/1.1", b"404"),
        (b"GET /http/host:99999/x HTTP/1.1", b"404"),
        (b"GET http://example.com/x HTTP/1.1", b"404"),
        (b"CONNECT example.com:443 HTTP/1.1", b"404"),
        (b"BREW / HTTP/1.1", b"400"),
    ],
)
async def test_a_request_that_names_no_upstream_is_told_what_to_do(request_line, status):
    async with TapServer() as tap, client_of(tap) as client:
        await client.send(request_line + b"\r\nHost: localhost\r\n\r\n")
        head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 " + status)
    assert json.loads(body)["error"]["message"]


async def test_headers_without_end_are_refused():
    async with TapServer() as tap, client_of(tap) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n", *[b"X: " + b"y" * 8000 + b"\r\n"] * 40)
        assert (await client.head()).startswith(b"HTTP/1.1 431 ")


async def test_the_tap_does_not_call_itself():
    async with TapServer() as tap, client_of(tap) as client:
        await client.send(get(f"/http/127.0.0.1:{tap.port}/x"))
        head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 502 ")
    assert "the tap itself" in json.loads(body)["error"]["message"]


async def test_cancelling_a_run_closes_both_sides():
    async def script(peer):
        await peer.request()
        await peer.send(SSE, http_chunk(delta("Half")))
        await peer.until_gone()

    async with serving(script) as server, TapServer(upstream=server.url("")) as tap, client_of(tap) as client:
        await client.send(post("/v1/chat/completions", BODY))
        await client.exactly(len(SSE + http_chunk(delta("Half"))))
        run = await begun_run(tap)
        run.cancel()
        await run.wait()
        async with asyncio.timeout(SOON):
            await server.peers[0].gone.wait()
            assert await client.rest() == b""
    assert (run.result.status, the(run, StepFinished).status) == ("cancelled", "cancelled")
    assert the(run, Error).type == "cancelled"


async def test_closing_the_tap_ends_what_is_open():
    async def script(peer):
        await peer.request()
        await peer.send(SSE)
        await peer.until_gone()

    async with serving(script) as server:
        tap = await TapServer(upstream=server.url("")).start()
        async with client_of(tap) as client:
            await client.send(post("/v1/chat/completions", BODY))
            await client.exactly(len(SSE))
            run = await begun_run(tap)
            await asyncio.wait_for(tap.close(), DEADLINE)
            await server.peers[0].gone.wait()
        await tap.close()
        assert [one async for one in tap.runs()] == []
    assert run.result.status == "cancelled"


async def test_a_port_that_is_taken_is_told():
    async with TapServer() as tap:
        with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{tap.port}"):
            await TapServer(port=tap.port).start()


def open_sockets():
    gc.collect()
    return sum(entry.is_socket() for entry in Path("/dev/fd").iterdir())


async def test_fifty_streams_at_once_leave_no_socket_and_no_task():
    """Each server answers when all fifty have asked; each client gets its own answer."""
    count = 50
    asked = asyncio.Semaphore(0)
    go = asyncio.Event()

    async def script(peer):
        _, body = await peer.request()
        asked.release()
        await go.wait()
        name = json.loads(body)["messages"][0]["content"]
        await peer.send(SSE, http_chunk(delta(name)), http_chunk(delta("!") + END), b"0\r\n\r\n")
        await peer.until_gone()

    async def one(tap, number):
        body = json.dumps(
            {"model": "m", "stream": True, "messages": [{"role": "user", "content": f"n{number}"}]}
        )
        async with client_of(tap) as client:
            await client.send(post("/v1/chat/completions", body.encode(), b"Connection: close"))
            return await client.rest()

    before = open_sockets()
    async with serving(script) as server, TapServer(upstream=server.url("")) as tap:
        clients = [asyncio.create_task(one(tap, number)) for number in range(count)]
        for _ in range(count):
            await asked.acquire()
        assert tap.open_requests == count
        go.set()
        answers = await asyncio.gather(*clients)
        runs = [await next_run(tap) for _ in range(count)]
        assert tap.open_requests == 0
    await asyncio.sleep(0)
    for number, answer in enumerate(answers):
        whole = SSE + http_chunk(delta(f"n{number}")) + http_chunk(delta("!") + END) + b"0\r\n\r\n"
        assert answer == whole
    assert {the(run, Done).response.text for run in runs} == {f"n{number}!" for number in range(count)}
    assert open_sockets() <= before

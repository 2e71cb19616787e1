"""Planted secrets are nowhere: not in the log, not in events, not in what is printed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers_core import (
    KEY,
    events_of,
    head,
    live,
    no_task_left,
    of,
    only,
    piece,
    pieces,
    replying,
    seen,
    text_of,
    watching,
    whole,
    workflow_for,
)
from helpers_transport import Peer, serving
from helpers_wire import chunks_of, cut
from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Response,
    ResponseOpened,
    RunStarted,
    Timings,
)
from pipeline_runtime.secrets import MASK, ChunkMasker, Masker, mask_headers, mask_url
from pipeline_runtime.wire.frames import Chunk

__all__ = ["no_task_left"]
TOKEN = 'team/"token"<9c1d77aa04>&'
ENVIRON = {"LOCAL_KEY": KEY, "TEAM_TOKEN": TOKEN}
FORMS = (KEY, TOKEN, json.dumps(TOKEN)[1:-1], TOKEN.replace("/", "\\/"), "9c1d77aa04")


# --- pure -------------------------------------------------------------------------------------------------


def test_headers_pass_by_an_allow_list() -> None:
    given_headers = [
        ("Content-Type", "text/plain"),
        ("X-RateLimit-Limit", "5"),
        ("authorization", "Bearer x"),
        ("X-Api-Key", "k"),
        ("set-cookie", "session=1"),
        ("x-something-new", "v"),
        ("openai-organization", "org-1"),
    ]
    shown = dict(mask_headers(given_headers))
    assert [name for name, value in shown.items() if value == MASK] == [
        "authorization",
        "X-Api-Key",
        "set-cookie",
        "x-something-new",
        "openai-organization",
    ]
    assert shown["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.example.test/v1?alt=sse", "https://api.example.test/v1?alt=sse"),
        ("https://user:pass@example.test:8/x", "https://***@example.test:8/x"),
        (
            "https://example.test/x?key=abc&alt=sse&API_KEY=z",
            "https://example.test/x?key=***&alt=sse&API_KEY=***",
        ),
        ("https://example.test/x?sig=&v=1", "https://example.test/x?sig=***&v=1"),
    ],
)
def test_mask_url(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_values_are_blanked_at_their_length() -> None:
    masker = Masker([KEY, None, "", "short", "schlüssel-ü"])
    assert masker.text(f"a {KEY} b short") == f"a {'*' * len(KEY)} b short"
    assert masker.bytes(f"<{KEY}>".encode()) == f"<{'*' * len(KEY)}>".encode()
    data = "schlüssel-ü".encode()
    assert masker.bytes(data) == b"*" * len(data)


def test_the_longer_of_two_goes_first() -> None:
    assert Masker(["abcdefgh", "abcdefgh-ijkl"]).text("abcdefgh-ijkl abcdefgh") == "************* ********"


def test_what_json_escapes_is_found() -> None:
    masker = Masker([TOKEN])
    go_style = json.dumps(TOKEN).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    for written in (TOKEN, json.dumps(TOKEN), go_style, json.dumps(TOKEN).replace("/", "\\/")):
        assert "9c1d77aa04" not in masker.text(written)
        assert len(masker.bytes(written.encode())) == len(written.encode())


def test_a_number_is_blanked_only_where_it_stands_alone() -> None:
    masker = Masker(["12345678"])
    assert masker.text("id 12345678, at 1712345678901") == "id ********, at 1712345678901"
    event = Response("12345678 and 1234567890", "stream", Timings(12345678))
    assert masker.struct(event) == Response("******** and 1234567890", "stream", Timings(12345678))


def test_nothing_to_blank_is_nothing_made() -> None:
    masker = Masker([KEY])
    chunk, data, response = Chunk(b"x", 0, 0), b"x", Response("x", "stream", Timings(1))
    assert masker.chunk(chunk) is chunk
    assert masker.bytes(data) is data
    assert masker.struct(response) is response


def test_names_of_ours_stay() -> None:
    event = RunStarted(
        "r", None, None, 0, 0, "anthropic flow", "mock", ("anthropic",), {"topic": "anthropic"}
    )
    masked = Masker(["anthropic"]).struct(event)
    assert (masked.workflow, masked.steps, masked.inputs) == (
        "********* flow",
        ("anthropic",),
        {"topic": "*********"},
    )


@given(st.text(min_size=8, alphabet=st.characters(codec="utf-8")), st.text(), st.text())
def test_no_secret_is_left_in_a_struct(secret: str, before: str, after: str) -> None:
    if secret.isdigit() or set(secret) == {"*"}:
        return
    before, after = (text.encode("utf-8", "replace").decode() for text in (before, after))
    masked = Masker([secret]).struct(Response(before + secret + after, "stream", Timings(1), model=secret))
    assert masked.model == "*" * len(secret.encode())
    assert masked.text == (before + secret + after).replace(secret, "*" * len(secret.encode()))


# --- whole runs -------------------------------------------------------------------------------------------


def echo(place: str):
    """A server that gives back what it was sent: the worst that one can do."""

    async def script(peer: Peer) -> None:
        request, _ = await peer.request()
        sent = re.search(rb"(?i)x-team: (.*)\r\n", request)
        assert KEY.encode() in request
        assert sent is not None
        assert sent.group(1) == TOKEN.encode()
        both = f"{KEY} {TOKEN}"
        if place == "header":
            extra = (f"x-request-id: {both}", f"x-odd: {both}", f"retry-after: {both}", f"server: {both}")
            await peer.send(head("200 OK", *extra), *pieces("fine"))
        elif place == "text":
            await peer.send(head(), *pieces(f"you sent {both}"))
        elif place == "thinking":
            choice = {"index": 0, "delta": {"reasoning_content": both}}
            body = json.dumps({"choices": [choice], "new": both}).encode()
            await peer.send(head(), b": " + both.encode() + b"\n\ndata: " + body + b"\n\n", *pieces("fine"))
        elif place == "error":
            body = json.dumps({"error": {"message": f"wrong key {both}", "type": both}}).encode()
            await peer.send(head("401 No", kind="application/json"), body)
        elif place == "refusal":
            body = json.dumps({"error": {"message": f"streaming is not supported for {both}"}}).encode()
            await peer.send(head("400 No", kind="application/json"), body)
        elif place == "broken":
            await peer.send(head(), piece(both), b"\xff\xfe" + both.encode())
        elif place == "redirect":
            await peer.send(head("307 Go", f"location: https://{KEY}.example.test/"))
        elif place == "html":
            await peer.send(head(kind=f"text/html; x={KEY}"), f"<html>{both}".encode())

    return script


PLACES = ["header", "text", "thinking", "error", "refusal", "broken", "redirect", "html"]


@pytest.mark.streaming
@pytest.mark.parametrize("place", PLACES)
async def test_echoed_secrets_are_nowhere(place: str) -> None:
    told: list[object] = []
    async with serving(echo(place)) as server:
        step = {
            "id": "team",
            "prompt": f"my key is {KEY} and {TOKEN}",
            "system": KEY,
            "params": {"user": TOKEN},
        }
        run = live(workflow_for(server, step), environ=ENVIRON, handlers=(told.append,))
        events = await events_of(run)
    assert run.log_path is not None
    log = run.log_path.read_text()
    shown = "\n".join(msgspec.json.encode(event).decode() for event in (*events, *told))
    for form in FORMS:
        assert form not in log
        assert form not in shown
        assert not any(form in repr(event) for event in events if not of([event], Done))
    if place in ("header", "text"):
        assert only(events, Done)
        assert dict(only(events, ResponseOpened).headers)["connection"] == "close"
    sent = of(events, AttemptStarted)[0].request
    assert dict(sent.headers)["authorization"] == MASK
    assert dict(sent.headers)["x-team"] == MASK
    assert "*" * len(KEY) in str(sent.body)


@pytest.mark.streaming
async def test_a_key_in_pieces_is_masked_where_they_are_joined() -> None:
    async with serving(replying(head(), *pieces("it is ", KEY[:9], KEY[9:]))) as server:
        run = live(workflow_for(server))
        events = await events_of(run)
    assert only(events, Done).response.text == "it is " + "*" * len(KEY)
    assert run.log_path is not None
    assert KEY not in run.log_path.read_text()


@pytest.mark.streaming
async def test_a_handler_that_raises_the_key_is_masked() -> None:
    def bad(_: object) -> None:
        raise ValueError(f"{KEY} {TOKEN}")

    async with serving(echo("header")) as server:
        run = live(workflow_for(server, {"id": "team"}), environ=ENVIRON, handlers=(bad,))
        events = await events_of(run)
    for error in of(events, Error):
        assert KEY not in str(error)
        assert "9c1d77aa04" not in str(error)


@pytest.mark.streaming
@pytest.mark.parametrize("place", ["text", "error", "thinking"])
@pytest.mark.parametrize("options", [["--json"], ["--debug"]])
async def test_the_command_line_shows_no_secret(place: str, options: list[str], tmp_path: Path) -> None:
    async with serving(echo(place)) as server:
        flow = tmp_path / "flow.yaml"
        flow.write_text(
            "providers:\n  local:\n    protocol: openai-chat\n"
            f"    base_url: {server.url('/v1')}\n    api_key_env: LOCAL_KEY\n"
            "    headers: {x-team: '${TEAM_TOKEN}'}\n"
            "steps: [{id: s, provider: local, model: m, prompt: hi, stream: true}]\n"
        )
        environment = {**os.environ, **ENVIRON, "PIPELINE_STATE_DIR": str(tmp_path / "state")}
        command = [sys.executable, "-c", "from pipeline_runtime.cli import main; raise SystemExit(main())"]
        done = await asyncio.to_thread(
            subprocess.run,
            [*command, "run", str(flow), "--mode", "live", *options],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == (1 if place == "error" else 0), done.stderr
    assert done.stdout or place == "error"
    for form in FORMS:
        assert form not in done.stdout
        assert form not in done.stderr
    assert "Traceback" not in done.stderr


# --- secrets cut between chunks ---------------------------------------------------------------------------


@given(st.lists(st.integers(0, 90)), st.sampled_from([KEY, TOKEN, "aaaaaaaaab", "aabaabaab"]))
def test_a_secret_cut_anywhere_is_blanked_whole(places: list[int], secret: str) -> None:
    body = f"aa{secret[:5]} {secret}{secret} x {secret[:-1]} aa{secret}a".encode() + secret[:3].encode()
    masker = ChunkMasker(Masker([secret]))
    chunks = [masker.feed(chunk) for chunk in chunks_of(cut(body, places))]
    told = [chunk for chunk in (*chunks, masker.rest()) if chunk is not None]
    joined = b"".join(chunk.data for chunk in told)
    assert joined == Masker([secret]).bytes(body)
    assert [chunk.offset for chunk in told] == [
        sum(len(one.data) for one in told[:number]) for number in range(len(told))
    ]
    assert all(chunk.data for chunk in told)


@pytest.mark.streaming
@pytest.mark.parametrize("place", [1, 4, 11, len(KEY) - 1])
async def test_a_key_cut_between_two_reads_is_nowhere(place: int) -> None:
    go_on = asyncio.Event()
    part = piece(f"it is {KEY}!")
    cut_at = part.index(KEY.encode()) + place

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(), piece("first "), part[:cut_at])
        await go_on.wait()
        await peer.send(part[cut_at:], *pieces("last"))

    async with watching(script) as (run, _):
        await seen(run, Delta)
        go_on.set()
        await run.wait()
        events = list(run.history())
    assert f"it is {'*' * len(KEY)}!" in text_of(events)
    assert run.log_path is not None
    assert KEY not in run.log_path.read_text()
    assert not any(KEY in repr(event) for event in events)


@pytest.mark.streaming
async def test_what_only_began_like_a_key_is_kept() -> None:
    async with serving(
        replying(head(kind="application/json"), whole()[:-1], b"}" + KEY[:6].encode())
    ) as server:
        run = live(workflow_for(server, {"stream": False}))
        await events_of(run)
    assert run.raw_bytes("s1", 1, 0, 9999) == whole() + KEY[:6].encode()

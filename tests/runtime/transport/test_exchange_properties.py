"""However a response is split into reads, it is the same response."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_transport import chunked, plain
from pipeline_runtime.transport.exchange import Exchange


class Wire:
    """Takes note of what the exchange asks of its connection."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")

    def abort(self) -> None:
        self.asked.append("abort")


def feed(reads: list[bytes]) -> tuple[Exchange, list[tuple[int, bytes]]]:
    loop = asyncio.new_event_loop()
    try:
        exchange = Exchange(loop, Wire(), "127.0.0.1:1", "POST")
        for at, read in enumerate(reads, start=1):
            exchange.feed(at, memoryview(read))
        return exchange, list(exchange.inbox.queue)
    finally:
        loop.close()


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(st.binary(min_size=1, max_size=60), max_size=8),
    cuts=st.lists(st.integers(min_value=0, max_value=2000), max_size=40),
    interim=st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 E\r\nlink: x\r\n\r\n"]),
    trailers=st.sampled_from([b"", b"x-sum: 1\r\n"]),
    extra=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n\r\n"]),
)
def test_any_split_of_a_chunked_response_gives_the_same(
    parts: list[bytes], cuts: list[int], interim: bytes, trailers: bytes, extra: bytes
) -> None:
    response = interim + chunked(*parts, headers=b"x-a: b\r\n", trailers=trailers)
    exchange, queue = feed(split(response + extra, cuts))
    assert exchange.complete
    assert exchange.inbox.ended
    assert exchange.inbox.error is None
    assert exchange.status == 200
    assert exchange.headers == [(b"x-a", b"b"), (b"transfer-encoding", b"chunked")]
    assert exchange.trailers == ([(b"x-sum", b"1")] if trailers else [])
    assert b"".join(data for _, data in queue) == b"".join(parts)
    stamps = [at for at, _ in queue]
    assert stamps == sorted(set(stamps)), "one entry for each read that held body bytes"


@settings(max_examples=200, deadline=None)
@given(body=st.binary(min_size=1, max_size=300), keep=st.integers(min_value=0, max_value=400))
def test_a_response_that_is_cut_never_looks_whole(body: bytes, keep: int) -> None:
    for whole in (plain(body), chunked(body)):
        exchange, _ = feed([whole[: keep % len(whole)] or b"H"])
        exchange.eof()
        assert exchange.inbox.error is not None
        assert not exchange.complete


@settings(max_examples=300, deadline=None)
@given(reads=st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=10))
def test_no_bytes_break_it(reads: list[bytes]) -> None:
    exchange, _ = feed(reads)
    exchange.eof()
    assert exchange.inbox.ended


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_package_is_imported_without_httpx() -> None:
    assert "httpx" not in modules_after("import pipeline_runtime.transport")


def test_the_transport_brings_no_terminal_library() -> None:
    loaded = modules_after("from pipeline_runtime.transport import Transport")
    assert "httpx" in loaded
    assert not loaded & {"rich", "click", "pygments", "textual", "h11", "httpcore"}


def test_an_httpx_that_is_there_already_is_left_alone() -> None:
    loaded = modules_after(
        "import httpx; before = httpx.main; import pipeline_runtime.transport.client; assert httpx.main is before"
    )
    assert "httpx" in loaded

"""What only the clock and the whole answer show: how a silent stream is kept alive, and missing usage."""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING

import pytest

from pipeline_runtime.errors import Disconnected
from pipeline_runtime.events import Done, Error, Lint
from pipeline_runtime.metrics import SECOND
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.protocols.base import Endpoint, Message, ModelRequest
from pipeline_runtime.secrets import Masker
from pipeline_runtime.stream.call import ModelCall, call_model
from pipeline_runtime.stream.keepalives import KeepaliveWatch
from pipeline_runtime.stream.retries import RetryPolicy
from pipeline_runtime.transport import Timeouts
from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.protocols.base import HttpRequest

pytestmark = pytest.mark.streaming


def watch(
    *reads: float, limit: float | None = 60.0, end: float | None = None
) -> list[tuple[str, dict[str, str]]]:
    """The findings of reads at these seconds: a negative one is a keepalive."""
    watching = KeepaliveWatch(limit)
    watching.begin(0)
    found = [watching.feed(int(abs(at) * SECOND), progressed=at > 0) for at in reads]
    found += [watching.end(int(end * SECOND))] if end is not None else []
    return [(finding.code, finding.facts) for finding in found if finding is not None]


def test_a_steady_cadence_is_no_finding():
    assert watch(-15, -30, -45, 50, 51, -66, 70, end=71) == []


def test_a_stream_without_keepalives_is_no_finding():
    assert watch(1, 2, 59, end=200) == []


def test_a_late_keepalive_is_told_once():
    assert watch(-31, -62, -100, 101, end=102) == [("keepalive_slow", {"gap": "31.0", "limit": "60"})]
    assert watch(-30, 31, end=32) == []


def test_a_shorter_idle_timeout_makes_late_earlier():
    assert watch(-6, limit=10) == [("keepalive_slow", {"gap": "6.0", "limit": "10"})]
    assert watch(-6, limit=600) == []
    assert watch(-31, limit=None) == [("keepalive_slow", {"gap": "31.0", "limit": "60"})]


def test_keepalives_that_stop_are_told_when_the_next_frame_comes():
    assert watch(-5, -10, -15, 40, -45, 80) == [("keepalive_missing", {"usual": "5.0", "gap": "25.0"})]


def test_keepalives_that_stop_are_told_when_the_connection_ends():
    found = [("keepalive_missing", {"usual": "5.0", "gap": "50.0"})]
    assert watch(-5, -10, end=60) == found
    assert watch(-5, -10, end=24) == []


def test_one_keepalive_is_no_habit_and_a_short_silence_no_loss():
    assert watch(-5, 29, end=30) == []
    assert watch(-0.1, -0.2, -0.3, 5.2) == []


def test_a_keepalive_after_a_long_silence_is_one_finding_not_two():
    assert watch(-5, -10, -60) == [("keepalive_missing", {"usual": "5.0", "gap": "50.0"})]


def test_a_body_that_was_held_from_here_is_not_the_server_s_silence():
    watching = KeepaliveWatch(60.0)
    for at in (0, 5, 10):
        watching.feed(at * SECOND, progressed=False)
    watching.begin(100 * SECOND)
    assert watching.feed(101 * SECOND, progressed=True) is None


class Clocked:
    """A connection whose reads come at chosen seconds: a transport and its one response."""

    status, http_version, opened_at = 200, "HTTP/1.1", 0
    headers = (("content-type", "text/event-stream"),)

    def __init__(self, *reads: tuple[float, bytes], broken: bool = False) -> None:
        self.reads = reads
        self.broken = broken

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> Clocked:
        return self

    async def chunks(self) -> AsyncIterator[Chunk]:
        offset = 0
        for at, data in self.reads:
            yield Chunk(data, int(at * SECOND), offset)
            offset += len(data)
        if self.broken:
            raise Disconnected("the connection was closed")

    async def aclose(self) -> None:
        pass


class Told:
    """An outlet that keeps what it is told."""

    congested = False

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []

    async def approve(self, event, request):
        return request

    def emit(self, event: AnyEvent) -> None:
        self.events.append(event)

    def emit_derived(self, events: Sequence[AnyEvent]) -> None:
        self.events += events

    def chunk(self, origin: Origin, chunk: Chunk) -> None: ...

    def body_end(self, origin: Origin, at: int, *, given_up: bool) -> None: ...

    async def ready(self) -> None: ...


async def told_of(connection: Clocked, protocol: str, **params: object) -> list[AnyEvent]:
    request = ModelRequest("m", (Message("user", "hi"),), stream=True, params=params)
    wire, endpoint = get_protocol(protocol), Endpoint("p", protocol, "http://127.0.0.1:9")
    policy = RetryPolicy(attempts=1)
    call = ModelCall(wire, endpoint, request, Timeouts(), policy, Masker([]), epoch=monotonic_ns())
    outlet = Told()
    await call_model(call, transport=connection, outlet=outlet, origin=Origin.of_run("r").of_step("s"))
    return outlet.events


def lints(events: list[AnyEvent]) -> list[str]:
    return [event.code for event in events if isinstance(event, Lint)]


PING = b'event: ping\ndata: {"type": "ping"}\n\n'
TEXT = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n'
EVENT = b'event: keepalive\ndata: {"type": "keepalive", "sequence_number": 0}\n\n'


@pytest.mark.parametrize(
    ("protocol", "sign"), [("anthropic", PING), ("openai-responses", EVENT), ("openai-chat", b": hi\n\n")]
)
async def test_what_a_keepalive_is_each_protocol_says(protocol, sign):
    assert "keepalive_slow" in lints(await told_of(Clocked((40, sign)), protocol))
    assert "keepalive_slow" not in lints(await told_of(Clocked((10, sign), (20, sign)), protocol))


async def test_a_connection_that_breaks_after_the_keepalives_stopped_says_both():
    events = await told_of(
        Clocked((0.1, PING), (0.2, PING), (0.3, TEXT), (9, TEXT), broken=True), "anthropic"
    )
    assert "missing_terminator" in lints(events)
    assert "keepalive_missing" in lints(events)
    assert isinstance(events[-1], Error)
    assert events[-1].type == "disconnected"


# --- usage ---

END = b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["usage_missing"]),
        ({"stream_options": {"include_usage": True}}, ["usage_missing"]),
        ({"stream_options": {"include_usage": False}}, []),
        ({"stream_options": None}, []),
    ],
)
async def test_usage_is_missed_only_where_it_was_asked_for(params, found):
    events = await told_of(Clocked((0.1, END)), "openai-chat", **params)
    assert lints(events) == found
    assert isinstance(events[-1], Done), "the lint stands before the end"


@pytest.mark.parametrize(
    ("file", "protocol", "found"),
    [
        ("compat/perplexity-crlf.sse", "openai-chat", False),
        ("openai-chat/long-gpt4.sse", "openai-chat", True),
        ("openai-chat/tool-index-starts-at-1.sse", "openai-chat", True),
        ("anthropic/tool-use-no-args.sse", "anthropic", False),
    ],
)
async def test_recordings_with_and_without_usage(file, protocol, found, wire_corpus):
    events = await told_of(Clocked((0.1, (wire_corpus / file).read_bytes())), protocol)
    assert ("usage_missing" in lints(events)) is found


async def test_a_model_that_was_only_loaded_has_no_usage_to_miss():
    line = b'{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}\n'
    assert lints(await told_of(Clocked((0.1, line)), "ollama")) == []

"""What holds of every recording in all five protocols, however it is cut, broken off or damaged."""

from __future__ import annotations

import asyncio
import tracemalloc
from functools import cache

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from helpers_core import PATIENCE, check_run, gather, head, live, of, only, replying, workflow_for
from helpers_damage import cuts, damaged, edits, fractions, places_of
from helpers_recordings import recordings_of
from helpers_transport import serving
from helpers_wire import cut, run_decoder
from pipeline_runtime.errors import FrameTooLarge
from pipeline_runtime.events import Delta, Done, Error, FrameReceived, RunFinished, Timings
from pipeline_runtime.protocols import PROTOCOL_NAMES
from pipeline_runtime.runlog.lines import ChunkLine
from pipeline_runtime.runlog.reader import RunLog

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

VERDICTS = {"complete", "truncated", "refused", "cut_by_limit", "error"}
SMALL = 60_000
"""Bytes: what is larger repeats itself, and is cut and damaged only where one pass does for all."""
EACH = pytest.mark.parametrize("protocol", PROTOCOL_NAMES)


def examples(count):
    """So many, each over all recordings of a protocol."""
    return settings(deadline=None, max_examples=count, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def recorded(wire_corpus):
    """The recordings of a protocol; those that nobody here speaks come too, as traffic not understood."""

    @cache
    def bodies(protocol, largest=SMALL):
        of_it = [one for one in recordings_of(wire_corpus) if one.protocol == protocol]
        return [(one, body) for one in of_it if len(body := one.body) <= largest]

    return bodies


@cache
def decoded(protocol, body):
    """The whole body in one chunk: what any split is held against."""
    decoder, events, verdict = run_decoder(protocol, [body])
    return answer_of(decoder, verdict), content(events, body), verdict


def answer_of(decoder, verdict):
    return decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)


def content(events, body):
    """The events without arrival times and chunk numbers, which a split changes.

    In a body with characters of several bytes a border inside one is told, which moves `seq`.
    """
    rows = []
    for event in events:
        fields = msgspec.structs.asdict(event) | {"kind": event.__struct_config__.tag, "at": 0}
        if isinstance(event, FrameReceived):
            fields["chunks"] = None
        if not body.isascii():
            fields["seq"] = 0
        if fields.get("code") != "split_utf8":
            rows.append(fields)
    return rows


def check_split(protocol, recording, body, pieces):
    answer, events, verdict = decoded(protocol, body)
    split_decoder, split, split_verdict = run_decoder(protocol, pieces)
    assert split_verdict == verdict, recording.name
    assert [event.seq for event in split] == list(range(len(split))), recording.name
    assert content(split, body) == events, recording.name
    assert answer_of(split_decoder, verdict) == answer, recording.name


@EACH
@examples(40)
@given(drawn=cuts)
def test_any_split_gives_the_same_events_and_answer(recorded, protocol, drawn):
    for recording, body in recorded(protocol):
        check_split(protocol, recording, body, cut(body, places_of(body, drawn)))


@EACH
def test_byte_by_byte_too(recorded, protocol):
    for recording, body in recorded(protocol):
        check_split(protocol, recording, body, [body[at : at + 1] for at in range(len(body))])


@EACH
def test_the_largest_recordings_too(recorded, protocol):
    for recording, body in recorded(protocol, 1 << 20):
        check_split(protocol, recording, body, cut(body, range(0, len(body), 1460)))


def check_prefix(protocol, recording, body, length):
    decoder, events, verdict = run_decoder(protocol, [body[:length]])
    assert verdict in VERDICTS, recording.name
    response = answer_of(decoder, verdict)
    text = "".join(e.content for e in events if isinstance(e, Delta) and e.lane == "text")
    assert response.text == text, recording.name
    assert decoded(protocol, body)[0].text.startswith(text), recording.name
    assert msgspec.json.encode(response), recording.name


@EACH
@examples(40)
@given(place=fractions)
def test_any_prefix_ends_in_a_verdict_and_keeps_what_came(recorded, protocol, place):
    for recording, body in recorded(protocol):
        check_prefix(protocol, recording, body, int(place * len(body)))


@EACH
def test_every_prefix_of_the_shortest_recording(recorded, protocol):
    recording, body = min(recorded(protocol), key=lambda found: (not found[0].spoken, len(found[1])))
    for length in range(len(body)):
        check_prefix(protocol, recording, body, length)


FINISHES = [
    ("anthropic/tool-use-parallel.sse", b"event: message_delta"),
    ("openai-chat/tool-call-usage-chunk.sse", b'"finish_reason":"tool_calls"'),
    ("openai-responses/function-call.sse", b"event: response.completed"),
    ("gemini/thinking.sse", b'"finishReason"'),
    ("ollama/chat-basic.ndjson", b'"done":true'),
]


@pytest.mark.parametrize(("name", "finish"), FINISHES, ids=PROTOCOL_NAMES)
def test_a_broken_off_answer_is_truncated_at_every_frame_before_its_finish(recorded, name, finish):
    protocol = name.partition("/")[0]
    (body,) = [body for recording, body in recorded(protocol) if recording.name == name]
    _, events, _ = run_decoder(protocol, [body])
    ends = [frame.offset + frame.size for frame in of(events, FrameReceived)]
    before = [end for end in ends if end <= body.index(finish)]
    assert len(before) > 5
    assert {run_decoder(protocol, [body[:end]])[2] for end in before} == {"truncated"}
    assert {run_decoder(protocol, [body[:end]])[2] for end in ends[len(before) :]} == {"complete"}


@EACH
@examples(100)
@given(drawn=edits, where=cuts)
def test_no_damage_makes_a_decoder_raise_or_lose_a_byte(recorded, protocol, drawn, where):
    for recording, body in recorded(protocol):
        broken = damaged(body, drawn)
        decoder, events, verdict = run_decoder(protocol, cut(broken, places_of(broken, where)))
        assert verdict in VERDICTS, recording.name
        assert sum(frame.size for frame in of(events, FrameReceived)) == len(broken), recording.name
        assert msgspec.json.encode([*events, answer_of(decoder, verdict)]), recording.name


async def run_damaged(recording, parts):
    """A run against a server that sends these parts: its events, and the body that its log holds."""
    script = replying(head(kind=recording.content_type), *parts)
    async with serving(script) as server, asyncio.timeout(PATIENCE):
        run = live(workflow_for(server.url(""), protocol=recording.protocol), remember=False)
        events = await gather(run)
    check_run(events)
    log = RunLog(run.log_path)
    # As JSON: a NaN that was read leniently is null in the log, as in `--json`.
    assert [msgspec.json.encode(one) for one in log.events()] == [msgspec.json.encode(one) for one in events]
    return events, b"".join(line.chunk().data for line in log.lines() if isinstance(line, ChunkLine))


@EACH
@examples(60)
@given(which=fractions, drawn=edits, where=cuts)
def test_a_run_over_a_damaged_body_ends_and_its_log_has_every_byte(recorded, protocol, which, drawn, where):
    found = recorded(protocol)
    recording, body = found[int(which * len(found))]
    broken = damaged(body, drawn)
    events, logged = asyncio.run(run_damaged(recording, cut(broken, places_of(broken, (None, where[1][:3])))))
    assert logged == broken
    assert len(of(events, Done)) + len([one for one in of(events, Error) if one.fatal]) == 1
    assert only(events, RunFinished).status in {"ok", "failed"}


FINE = {
    "anthropic": (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"fine"}}\n\n'
    ),
    "openai-chat": b'data: {"choices":[{"index":0,"delta":{"content":"fine"}}]}\n\n',
    "openai-responses": (
        b'data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"fine"}\n\n'
    ),
    "gemini": b'data: {"candidates":[{"content":{"parts":[{"text":"fine"}]}}]}\r\n\r\n',
    "ollama": b'{"message":{"role":"assistant","content":"fine"},"done":false}\n',
}
ARRAY = b'[{"candidates":[{"content":{"parts":[{"text":"fine"}]}}]}\n,\r\n'
ENDLESS = {
    **{f"line of {name}": (name, fine, b"x" * 65_536) for name, fine in FINE.items()},
    "lines of one block": ("anthropic", FINE["anthropic"], b"data: 1\n" * 8192),
    "comment": ("openai-chat", FINE["openai-chat"] + b": ", b"\xff" * 65_536),
    "cut characters": ("gemini", FINE["gemini"] + b"data: \xc3", "é".encode()[::-1] * 32_768),
    "array's text": ("gemini", ARRAY + b'{"candidates":"', b"\\n" + b"x" * 65_534),
    "array's depth": ("gemini", ARRAY, b"[" * 4096 + b" " * 61_440),
    "array's number": ("gemini", ARRAY, b"1" * 65_536),
    "array's white space": ("gemini", ARRAY, b" \n" * 32_768),
}
LIMIT = 1 << 20
MOST_SENT = 64 * LIMIT
"""Bytes after which the server gives up: a client without a limit has taken all of it by then."""
MOST_HELD = 24 * LIMIT
"""Bytes: a block of two-byte lines takes twelve times its size while its fields are read."""


@pytest.fixture
def limited(monkeypatch):
    """All framings with a limit of 1 MiB: the default one is only larger."""
    monkeypatch.setattr("pipeline_runtime.wire.sse.SSEParser.__init__.__defaults__", (LIMIT,))
    for parser in ("units.UnitParser", "json_array.JSONArrayParser"):
        monkeypatch.setattr(f"pipeline_runtime.wire.{parser}.__init__.__defaults__", (LIMIT,))


def endless(start, filler):
    async def script(peer):
        await peer.request()
        await peer.send(head(kind=None), start)
        for _ in range(MOST_SENT // len(filler)):
            await peer.send(filler)

    return script


async def run_traced(script, protocol, logs):
    """The events of a run, its log, and the most memory that it held at a time."""
    async with serving(script) as server:
        run = live(workflow_for(server.url(""), protocol=protocol), logs=logs, remember=False)
        tracemalloc.start()
        try:
            events = await gather(run)
            return events, RunLog(run.log_path), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("case", ENDLESS)
def test_an_endless_frame_is_bounded_and_told(case, tmp_path):
    protocol, start, filler = ENDLESS[case]
    events, log, held = asyncio.run(run_traced(endless(start, filler), protocol, tmp_path))
    error = only(events, Error)
    assert error.type == FrameTooLarge.type
    assert f"larger than {LIMIT} bytes" in error.message
    assert error.cure
    assert error.response.text == "fine"
    assert held < MOST_HELD
    assert list(log.events()) == events

"""The SSE parser against the conformance cases, and against itself under every split."""

from __future__ import annotations

import base64
import json
from unittest import mock

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers_wire import chunks_of, cut, frames_of
from pipeline_runtime.errors import FrameTooLarge
from pipeline_runtime.wire import sse
from pipeline_runtime.wire.block import Block, BlockReader, parse_any, parse_plain
from pipeline_runtime.wire.sse import SSEParser

pytestmark = pytest.mark.streaming

BITS = [
    b"data: ", b"data:", b"data", b"event: x", b"event:", b"id: 7", b"id: a\0b", b"id", b"retry: 10", b"retry: x",
    b": hi", b":", b" data: y", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xff",
    "é\u2028🌍\u0085".encode(), b'{"a":1}', b" ", b"x",
]  # fmt: skip
bodies = st.lists(st.sampled_from(BITS) | st.binary(max_size=3), max_size=24).map(b"".join)
tokens = st.lists(st.sampled_from([*BITS, b"data: a\n\n", b"event: e\ndata: b\n\n"]), max_size=16)
places = st.lists(st.integers(0, 200), max_size=12)


def plain(frame):
    """A frame without what a split may change: chunk numbers, arrival, and the note that it was split."""
    fields = msgspec.structs.asdict(frame)
    for name in ("at", "chunks"):
        del fields[name]
    fields["flaws"] = tuple(flaw for flaw in frame.flaws if flaw != "split_utf8")
    return fields


@pytest.mark.conformance
def test_every_conformance_case(wire_corpus, subtests_failures):
    for case in json.loads((wire_corpus / "sse-conformance" / "cases.json").read_text()):
        parser = SSEParser()
        pieces = [base64.b64decode(piece) for piece in case["chunks_b64"]]
        frames = frames_of(pieces, parser)
        dispatched = []
        last_id = ""
        for frame in frames:
            if not frame.complete:
                continue
            last_id = last_id if frame.id is None else frame.id
            if frame.data is not None:
                dispatched.append({"event": frame.event, "data": frame.data, "id": last_id})
        with subtests_failures(case["name"]):
            assert dispatched == case["expect"]
            assert parser.retry == case["retry"]
            assert parser.last_event_id == (case["last_event_id"] or "")
            assert b"".join(pieces) == rebuild(frames, b"".join(pieces))


def rebuild(frames, body):
    """The body, from the frames' offsets and sizes; fails where they leave a hole."""
    out = b""
    for n, frame in enumerate(frames):
        assert frame.n == n
        assert frame.offset == len(out)
        out += body[frame.offset : frame.offset + frame.size]
    return out


@settings(deadline=None)
@given(bodies, places)
@example(b"data: A\r\ndata: B\r\r\ndata: C\n\r\n", [16, 17, 18])
@example(b"\xef\xbb\xbf\r\n\r\ndata\r\r", [1, 2, 3, 4, 5])
def test_any_split_gives_the_same_frames_and_they_tile_the_body(body, where):
    whole = frames_of([body])
    split = frames_of(cut(body, where))
    assert [plain(frame) for frame in split] == [plain(frame) for frame in whole]
    assert rebuild(split, body) == body


@settings(deadline=None, max_examples=400)
@given(tokens)
@example([b"\r", b"data: b\n\n"])
@example([b"x\r\n\r\n\r", b"data: b\n\n"])
def test_pieces_of_one_token_give_the_same_frames(pieces):
    body = b": begin\n\n" + b"".join(pieces)
    split = frames_of([b": begin\n\n", *pieces])
    assert [plain(frame) for frame in split] == [plain(frame) for frame in frames_of([body])]
    check_chunk_numbers([b": begin\n\n", *pieces])


@settings(deadline=None)
@given(bodies)
def test_byte_by_byte_gives_the_same_frames_and_the_same_state(body):
    one, many = SSEParser(), SSEParser()
    assert [plain(f) for f in frames_of([body], one)] == [
        plain(f) for f in frames_of([body[i : i + 1] for i in range(len(body))], many)
    ]
    assert (one.retry, one.last_event_id) == (many.retry, many.last_event_id)


@settings(deadline=None)
@given(bodies, places)
def test_chunk_numbers_name_the_chunks_that_hold_the_bytes(body, where):
    check_chunk_numbers(cut(body, where))


@settings(deadline=None)
@given(bodies, places)
@example(b"data: a\ndata: b\rid: 1\r\nretry: 5\n\n\n", [8, 16, 17, 24, 30])
@example(b"\xef\xbb\xbfdata: a\ndata", [2, 12])
def test_a_block_that_is_read_while_it_comes_is_the_block_read_at_its_end(body, where):
    one, many = SSEParser(), SSEParser()
    whole = frames_of([body], one)
    with mock.patch.object(sse, "AHEAD", 0):
        split = frames_of(cut(body, where), many)
    assert [plain(frame) for frame in split] == [plain(frame) for frame in whole]
    assert (one.retry, one.last_event_id) == (many.retry, many.last_event_id)


def test_a_block_of_endless_tiny_lines_is_not_read_in_one_go():
    lines = b"data: x\n: y\nid: 7\n" * 40_000
    pieces = [lines[begin : begin + 4096] for begin in range(0, len(lines), 4096)]
    sizes = []
    feed = BlockReader.feed

    def counting(reader, stretch):
        sizes.append(len(stretch))
        feed(reader, stretch)

    with mock.patch.object(BlockReader, "feed", counting):
        frame, after = frames_of([*pieces, b"\n", b"data: z\n\n"])
    assert max(sizes) <= sse.AHEAD + 2 * 4096
    assert frame.data == "\n".join(["x"] * 40_000)
    assert frame.comment == "\n".join(["y"] * 40_000)
    assert (frame.id, frame.size, after.data) == ("7", len(lines) + 1, "z")


def check_chunk_numbers(pieces):
    chunks = chunks_of(pieces)
    parser = SSEParser()
    frames = []
    for chunk in chunks:
        frames += parser.feed(chunk)
    frames += parser.close(10**9)
    for frame in frames:
        first, last = chunks[frame.chunks[0]], chunks[frame.chunks[1]]
        assert first.offset <= frame.offset < first.offset + len(first.data)
        end = frame.offset + frame.size - 1
        assert last.offset <= end < last.offset + len(last.data)
        assert frame.at >= last.at


@settings(deadline=None)
@given(
    st.sampled_from([b"data: ", b"event: ping\ndata: ", b"event: \ndata: ", b"data:", b"event:x\ndata: "]),
    st.binary(max_size=12) | st.text(max_size=8).map(str.encode),
    st.sampled_from([b"\nid: 1", b"\n", b"\r\n\r\n", b"", b"\ndata: more"]),
)
def test_the_fast_path_agrees_with_the_slow_one(start, middle, end):
    block = start + middle + end
    plain = parse_plain(block)
    if b"\r" not in block and not block.endswith(b"\n"):
        assert plain is None or Block(*plain) == parse_any(block + b"\n\n")


def test_the_fast_path_is_taken_for_the_usual_shapes():
    assert parse_plain(b'data: {"a":1}') == ("message", '{"a":1}')
    assert parse_plain(b'event: ping\ndata: {"type": "ping"}') == ("ping", '{"type": "ping"}')


usual = st.lists(
    st.sampled_from(
        [
            b"data: a\n\n",
            b"event: e\ndata: b\n\n",
            b": c\n\n",
            b"\n",
            b"x\r\r",
            b"id: 1\n\n",
            b"data: \xff\n\n",
            b"data: a\r\n\r\n",
            b"event: e\r\ndata: b\r\n\r\n",
            b"event: \r\ndata: c\r\n\r\n",
            b"data: d\ndata: e\r\n\r\n",
        ]
    )
)


@settings(deadline=None)
@given(usual, places)
def test_bursts_of_usual_frames_come_out_as_byte_by_byte(blocks, where):
    body = b"".join(blocks)
    slow = frames_of([body[i : i + 1] for i in range(len(body))])
    assert [plain(f) for f in frames_of([b":\n\n" + body])][1:] == [
        plain(f) for f in frames_of(cut(b":\n\n" + body, where))
    ][1:]
    assert [(f.event, f.data, f.comment, f.id, f.size) for f in slow] == [
        (f.event, f.data, f.comment, f.id, f.size) for f in frames_of(cut(body, where))
    ]


def test_a_frame_comes_with_the_chunk_that_ends_it():
    parser = SSEParser()
    first, second, third = chunks_of([b"data: a\n", b"\ndata: b\n\ndata", b": c\n\n"])
    assert parser.feed(first) == []
    frames = parser.feed(second)
    assert [(f.data, f.at, *f.chunks) for f in frames] == [
        ("a", 1000, 0, 1),
        ("b", 1000, 1, 1),
    ]
    assert [(f.data, f.at, *f.chunks) for f in parser.feed(third)] == [("c", 2000, 1, 2)]


def test_keepalives_and_bare_lines_are_frames_without_data():
    frames = frames_of([b": keepalive\n\n\nretry: 5\n\n: a\n: b\ndata: x\n\n"])
    assert [(f.data, f.comment, f.retry) for f in frames] == [
        (None, "keepalive", None),
        (None, None, None),
        (None, None, 5),
        ("x", "a\nb", None),
    ]


def test_what_is_left_at_the_end_is_an_incomplete_frame_and_its_id_does_not_count():
    parser = SSEParser()
    *_, tail = frames_of([b"id: 1\ndata: a\n\nid: 2\nretry: 7\ndata: cut"], parser)
    assert (tail.data, tail.id, tail.complete) == ("cut", "2", False)
    assert (parser.last_event_id, parser.retry) == ("1", 7)


def test_a_block_held_for_its_last_lf_is_complete_at_the_end():
    (frame,) = frames_of([b"data: dog\r\r"])
    assert (frame.data, frame.complete) == ("dog", True)


def test_unicode_line_separators_are_data():
    (frame,) = frames_of(["data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode()])
    assert frame.data == "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"


def test_flaws_say_what_is_wrong_with_the_bytes():
    invalid, unknown, good = frames_of([b"data: a\xffb\n\n data: x\n\ndata: ok\n\n"])
    assert (invalid.data, invalid.flaws) == ("a\ufffdb", ("invalid_utf8",))
    assert (unknown.data, unknown.flaws) == (None, ("unknown_field",))
    assert good.flaws == ()


def test_a_split_character_is_joined_and_noted():
    split, after = frames_of(
        ["data: 我\n\ndata: 你\n\n".encode()[:7], "data: 我\n\ndata: 你\n\n".encode()[7:]]
    )
    assert (split.data, split.flaws) == ("我", ("split_utf8",))
    assert after.flaws == ()


def test_a_frame_over_the_limit_is_an_error_after_the_frames_before_it():
    parser = SSEParser(max_frame=20)
    whole, endless, more = chunks_of([b"data: ok\n\ndata: ", b"x" * 30, b"y"])
    assert [f.data for f in parser.feed(whole)] == ["ok"]
    with pytest.raises(FrameTooLarge, match="20 bytes"):
        parser.feed(endless)
    with pytest.raises(FrameTooLarge):
        parser.feed(more)
    (rest,) = parser.close(9)
    assert (rest.offset, rest.size, rest.complete) == (10, 36, False)


def test_a_finished_frame_over_the_limit_does_not_hide_the_one_before():
    parser = SSEParser(max_frame=20)
    both, more = chunks_of([b"data: ok\n\ndata: " + b"x" * 30 + b"\n\n", b"data: z\n\n"])
    assert [f.data for f in parser.feed(both)] == ["ok"]
    with pytest.raises(FrameTooLarge):
        parser.feed(more)
    assert [f.size for f in parser.close(9)] == [38]


def test_the_note_of_a_split_character_stays_with_its_frame():
    body = ": a\n\ndata: 我\n\ndata: plain and longer".encode()
    frames = frames_of([body[:13], body[13:], b" still\n\n"])
    assert [frame.flaws for frame in frames] == [(), ("split_utf8",), ()]
    mixed = "data: 我\r\n\r\ndata: plain and longer".encode()
    assert [f.flaws for f in frames_of([mixed[:7], mixed[7:], b" still\n\n"])] == [("split_utf8",), ()]


def test_only_one_space_is_stripped_on_either_path():
    fast, slow = frames_of([b"data:  a\n\nid: 1\ndata:  a\nevent:  e\n\n"])
    assert (fast.data, slow.data, slow.event) == (" a", " a", " e")


def test_a_reconnection_time_that_is_cut_does_not_count():
    parser = SSEParser()
    frames_of([b"retry: 70\n\ndata: x\nretry: 1"], parser)
    assert parser.retry == 70


@pytest.mark.parametrize("border", [12, 25])
def test_the_limit_holds_for_frames_that_end_in_a_burst_or_behind_a_tail(border):
    body = b": a\n\ndata: ok\n\ndata: " + b"x" * 30 + b"\n\ndata: z\n\n"
    first, second, third = chunks_of([body[:5], body[5:border], body[border:]])
    parser = SSEParser(max_frame=20)
    frames = []
    with pytest.raises(FrameTooLarge):
        feed_all(parser, [first, second, third, third], frames)
    assert [frame.data for frame in frames] == [None, "ok"]


def feed_all(parser, chunks, frames):
    for chunk in chunks:
        frames += parser.feed(chunk)

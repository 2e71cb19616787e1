"""NDJSON and JSON arrays: against what they must give, and against themselves under every split."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers_wire import chunks_of, cut, frames_of
from pipeline_runtime.errors import FrameTooLarge
from pipeline_runtime.wire.json_array import JSONArrayParser
from pipeline_runtime.wire.ndjson import NDJSONParser

pytestmark = pytest.mark.streaming

PARSERS = [NDJSONParser, JSONArrayParser]
BITS = [
    b"[", b"]", b"{", b"}", b",", b'"', b"\\", b":", b"\n", b"\r\n", b"\r", b" ", b"\t", b"1", b"null",
    b'{"a":1}', b'[{"a":[2]}\n,\r\n{"b":"]}"}\n]', b'"\\"]', b'{"a":1}\n', b"\xef\xbb\xbf", b"\xff",
    "é\u2028🌍\u0085".encode(), b"x",
]  # fmt: skip
bodies = st.lists(st.sampled_from(BITS) | st.binary(max_size=3), max_size=24).map(b"".join)
places = st.lists(st.integers(0, 200), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
separators = st.sampled_from([b",", b"\n,\r\n", b" , ", b",\n"])


def plain(frame):
    """A frame without what a split may change."""
    fields = msgspec.structs.asdict(frame)
    for name in ("at", "chunks"):
        del fields[name]
    fields["flaws"] = tuple(flaw for flaw in frame.flaws if flaw != "split_utf8")
    return fields


def check_tiling(frames, body):
    end = 0
    for n, frame in enumerate(frames):
        assert (frame.n, frame.offset) == (n, end)
        assert frame.size > 0
        end += frame.size
    assert end == len(body)


@pytest.mark.parametrize("parser", PARSERS)
@settings(deadline=None, max_examples=300)
@given(body=bodies, where=places)
@example(b'[1,"a\\"]",{"b":[]}]\n', [2, 3, 6, 7, 8])
@example(b'\xef\xbb\xbf[{"a":1}', [1, 2, 4])
@example(b"][,,1]2", [1, 5, 6])
def test_any_split_gives_the_same_frames_and_they_tile_the_body(parser, body, where):
    whole = frames_of([body], parser())
    check_tiling(whole, body)
    pieces = cut(body, where)
    assert [plain(frame) for frame in frames_of(pieces, parser())] == [plain(frame) for frame in whole]
    single = [body[i : i + 1] for i in range(len(body))]
    assert [plain(frame) for frame in frames_of(single, parser())] == [plain(frame) for frame in whole]


@pytest.mark.parametrize("parser", PARSERS)
@settings(deadline=None)
@given(body=bodies, where=places)
@example(b"[1,2]", [2])
def test_chunk_numbers_name_the_chunks_that_hold_the_bytes(parser, body, where):
    chunks = chunks_of(cut(body, where))
    for frame in frames_of(cut(body, where), parser()):
        first, last = chunks[frame.chunks[0]], chunks[frame.chunks[1]]
        assert first.offset <= frame.offset < first.offset + len(first.data)
        assert last.offset < frame.offset + frame.size <= last.offset + len(last.data)
        assert frame.at >= last.at


@pytest.mark.parametrize("parser", PARSERS)
@settings(deadline=None)
@given(body=bodies, length=st.integers(0, 100))
def test_a_prefix_gives_the_first_of_the_frames(parser, body, length):
    whole = [plain(frame) for frame in frames_of([body], parser())]
    complete = (
        [plain(frame) for frame in parser().feed(chunks_of([body[:length]])[0])] if body[:length] else []
    )
    assert complete == whole[: len(complete)]


@settings(deadline=None)
@given(values=st.lists(json_values, max_size=5), separator=separators, indent=st.sampled_from([None, 2]))
@example(values=["]", [["["]], {"}": '"\\'}], separator=b",", indent=None)
def test_the_elements_of_any_array_come_out(values, separator, indent):
    body = b"[" + separator.join(json.dumps(value, indent=indent).encode() for value in values) + b"]\n"
    frames = frames_of([body], JSONArrayParser())
    assert [json.loads(frame.data) for frame in frames if frame.data is not None] == values
    assert all(frame.complete for frame in frames)


@settings(deadline=None)
@given(values=st.lists(json_values, max_size=6), end=st.sampled_from([b"\n", b"\r\n"]))
def test_the_lines_of_any_values_come_out(values, end):
    body = b"".join(json.dumps(value, ensure_ascii=False).encode() + end for value in values)
    frames = frames_of([body], NDJSONParser())
    assert [json.loads(frame.data) for frame in frames] == values
    assert all(frame.complete and frame.event == "" for frame in frames)


def test_lines_end_at_lf_only_and_blank_ones_have_no_data():
    body = '{"a":"\u2028\u0085"}\r\n\n \t\r\n{"b":1}\r{"c":2}\n{"d'.encode()
    assert [(f.data, f.complete) for f in frames_of([body], NDJSONParser())] == [
        ('{"a":"\u2028\u0085"}', True),
        (None, True),
        (None, True),
        ('{"b":1}\r{"c":2}', True),
        ('{"d', False),
    ]


def test_a_mark_at_the_beginning_is_no_data():
    assert [f.data for f in frames_of([b'\xef\xbb\xbf{"a":1}\n'], NDJSONParser())] == ['{"a":1}']
    assert [f.data for f in frames_of([b'\xef\xbb\xbf[{"a":1}]'], JSONArrayParser())] == ['{"a":1}', None]


@pytest.mark.parametrize(
    ("body", "frames"),
    [
        (b"[]", [(None, 2, True)]),
        (b"[]\n", [(None, 2, True), (None, 1, True)]),
        (b"[", [(None, 1, False)]),
        (b'[{"a":1}', [('{"a":1}', 8, True)]),
        (b'[{"a":1}\n,\r\n', [('{"a":1}', 8, True), (None, 4, False)]),
        (b'[{"a":1},{"b', [('{"a":1}', 8, True), ('{"b', 4, False)]),
        (b'[{"a":1}]x', [('{"a":1}', 8, True), (None, 1, True), ("x", 1, False)]),
        (
            b'[{"a":1}][{"b":2}]',
            [('{"a":1}', 8, True), (None, 1, True), ('{"b":2}', 8, True), (None, 1, True)],
        ),
        (b'{"a":1}{"b":2}', [('{"a":1}', 7, True), ('{"b":2}', 7, True)]),
    ],
)
def test_an_array_s_end_and_what_is_no_array(body, frames):
    assert [(f.data, f.size, f.complete) for f in frames_of([body], JSONArrayParser())] == frames


@pytest.mark.parametrize(("parser", "before"), [(NDJSONParser, b""), (JSONArrayParser, b"[")])
def test_bad_and_split_characters_are_noted(parser, before):
    body = before + '{"a":"我"}\n{"b":"\udcff"}\n{"c":1}\n'.encode("utf-8", "surrogateescape")
    place = body.index("我".encode()) + 1
    first, second, third, *_ = frames_of([body[:place], body[place:]], parser())
    assert (first.data, first.flaws) == ('{"a":"我"}', ("split_utf8",))
    assert (second.data, second.flaws) == ('{"b":"\ufffd"}', ("invalid_utf8",))
    assert third.flaws == ()


@pytest.mark.parametrize(("parser", "before"), [(NDJSONParser, b""), (JSONArrayParser, b"[")])
def test_a_frame_over_the_limit_is_an_error_after_the_frames_before_it(parser, before):
    body = before + b'{"a":1}\n{"b":"'
    reader = parser(max_frame=20)
    whole, endless, more = chunks_of([body, b"x" * 30, b'"}\n'])
    assert [f.data for f in reader.feed(whole)] == ['{"a":1}']
    with pytest.raises(FrameTooLarge, match="20 bytes"):
        reader.feed(endless)
    with pytest.raises(FrameTooLarge):
        reader.feed(more)
    (rest,) = reader.close(9)
    assert rest.complete is False
    assert rest.offset + rest.size == len(body) + 30


@pytest.mark.parametrize(("parser", "before"), [(NDJSONParser, b""), (JSONArrayParser, b"[")])
def test_a_finished_frame_over_the_limit_does_not_hide_the_one_before(parser, before):
    reader = parser(max_frame=20)
    both, more = chunks_of([before + b'{"a":1}\n{"b":"' + b"x" * 30 + b'"}\n', b"\n"])
    assert [f.data for f in reader.feed(both)] == ['{"a":1}']
    with pytest.raises(FrameTooLarge):
        reader.feed(more)


def test_a_frame_comes_with_the_chunk_that_ends_it():
    reader = JSONArrayParser()
    first, second, third = chunks_of([b'[{"a":', b'1}\n,\r\n{"b":2}', b"\n]"])
    assert reader.feed(first) == []
    assert [(f.data, f.at, *f.chunks) for f in reader.feed(second)] == [
        ('{"a":1}', 1000, 0, 1),
        ('{"b":2}', 1000, 1, 1),
    ]
    assert [(f.data, f.at, *f.chunks) for f in reader.feed(third)] == [(None, 2000, 2, 2)]


def test_a_mark_further_on_is_data():
    assert [f.data for f in frames_of([b"1\n\xef\xbb\xbf2\n"], NDJSONParser())] == ["1", "\ufeff2"]

"""Bytes, JSON, requests and headers as the detail of a row shows them."""

from __future__ import annotations

import pytest

from helpers_tui import MS, Script
from pipeline_runtime.events import Request, ResponseOpened
from pipeline_runtime.runlog.bodies import Chunk
from pipeline_runtime.runlog.index import BURST
from pipeline_tui.views.exchange_text import explain, request_text, response_text
from pipeline_tui.views.frame_row import FrameRow
from pipeline_tui.views.frame_text import frame_text, timing_text
from pipeline_tui.views.hexdump import SHOWN_HEX, bytes_text, hex_text
from pipeline_tui.views.json_fold import json_text

AT = ("r", "s", 1, 0, 0)
CHUNKS = (Chunk(b"data: \xc3", 5 * MS, 34), Chunk(b"\xa9\n\n", 22 * MS, 41))


def test_borders_of_reads_stand_in_the_text_also_inside_a_code_point() -> None:
    text = bytes_text(b"a: \xc3\xa9\n", CHUNKS, 37)
    assert text == "a: \\xc3\n╌╌ next read, 17.0 ms later ╌╌\n\\xa9␊\n"
    assert "╌" not in bytes_text(b"a", CHUNKS[:1], 37)


def test_hex_tells_where_in_the_body_and_what_is_ascii() -> None:
    assert hex_text(b"data: {}\xff") == "000000  64 61 74 61 3a 20 7b 7d  ff" + " " * 23 + "data: {}·"
    rows = hex_text(b"a: \xc3\xa9\n", CHUNKS, 37).splitlines()
    assert [row[:9] for row in rows] == ["000025  6", "╌╌ next r", "000029  a"]
    assert hex_text(bytes(SHOWN_HEX + 5)).endswith("… and 5 more bytes")


def test_json_is_folded_until_it_is_unfolded() -> None:
    data = '{"a": {"b": {"c": 1, "d": 2}, "e": [[1, 2], []]}, "t": "' + "x" * 100 + '", "n": {}}'
    folded = json_text(data)
    assert '"b": "{… 2 keys}"' in folded
    assert '"e": "[… 2 items]"' in folded
    assert f'"{"x" * 80}… 100 characters"' in folded
    assert '"n": {}' in folded
    assert '"d": 2' in json_text(data, unfolded=True)
    assert json_text("[DONE]").startswith("no JSON: ")
    assert "too deep" in json_text("[" * 100_000)
    assert "\x1b" not in json_text('{"a": "\\u001b"}')


def test_a_frame_can_be_seen_in_every_way() -> None:
    script = Script()
    script.attempt()
    row = FrameRow(script.frame(data='{"a": 1}'), 0)
    raw = b'data: {"a": 1}\n\n'
    assert '"a": 1}␊' in frame_text(row, raw)
    assert "64 61 74 61" in frame_text(row, raw, view="hex")
    assert '{\n  "a": 1\n}' in frame_text(row, raw, view="json")


def test_a_request_as_sent_and_as_curl() -> None:
    headers = (("x-api-key", "***"), ("content-type", "application/json"))
    script = Script()
    row = FrameRow(script.attempt(), 0)
    assert "as curl:" in frame_text(row, None, provider="claude")
    text = request_text(Request("POST", "http://h/v1", headers, {"a": [1]}), "claude")
    assert text.startswith("as sent, secrets masked:\n\nPOST http://h/v1\nx-api-key: ***\n")
    assert "x-api-key: $ANTHROPIC_API_KEY" in text
    assert "null" not in request_text(Request("GET", "http://h/v1", headers, None), "claude")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x-ratelimit-remaining-tokens", "tokens: left in this window"),
        ("X-RateLimit-Reset-Requests", "requests: when it is full again"),
        ("anthropic-ratelimit-input-tokens-limit", "input tokens: allowed in a window"),
        ("anthropic-ratelimit-requests-reset", "requests: when it is full again"),
        ("ratelimit-limit", "requests: allowed in a window"),
        ("retry-after", "wait so many seconds, or until this date, before the next try"),
        ("request-id", "the id to quote to the provider"),
        ("content-type", ""),
        ("x-ratelimit-policy", ""),
    ],
)
def test_headers_are_explained(name: str, words: str) -> None:
    assert explain(name) == words


def test_the_head_of_a_response() -> None:
    headers = (("content-type", "text/plain"), ("retry-after", "7\x1b"))
    text = response_text(ResponseOpened(*AT, 429, headers))
    assert text.startswith("HTTP/1.1 429\n\nretry-after: 7␛\n  → wait so many seconds")
    assert text.endswith("\n\ncontent-type: text/plain")


def test_when_a_frame_came() -> None:
    script = Script()
    script.attempt()
    row = FrameRow(script.wait(1500).frame(), 17 * MS)
    assert timing_text(row, 2 * MS) == "at 1.500 s · 17.0 ms after the frame before · the next 2.0 ms later"
    assert timing_text(row, None) == "at 1.500 s · 17.0 ms after the frame before"
    burst = FrameRow(row.event, BURST)
    assert (
        timing_text(burst, BURST)
        == "at 1.500 s · in one read with the frame before · the next in the same read"
    )
    assert timing_text(FrameRow(Script().attempt(), 0), None) == "at 0.000 s"

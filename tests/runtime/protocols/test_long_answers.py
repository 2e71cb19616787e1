"""An answer of any length costs what its text does, and each delta a bounded number of objects."""

from __future__ import annotations

import gc
import sys

import pytest

from pipeline_runtime.events import Delta
from pipeline_runtime.origin import Origin
from pipeline_runtime.pieces import MOST_PIECES
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.wire.frames import Frame

FRAMES = {
    "openai-chat": ("message", '{"id":"a","model":"m","choices":[{"index":0,"delta":{"content":"%s"}}]}'),
    "anthropic": (
        "content_block_delta",
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}',
    ),
}
BEGIN = {
    "openai-chat": ("message", '{"id":"a","model":"m","choices":[{"index":0,"delta":{"role":"assistant"}}]}'),
    "anthropic": (
        "content_block_start",
        '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
    ),
}


def frames(protocol, count):
    event, data = FRAMES[protocol]
    first = Frame(0, *BEGIN[protocol], 1, 0, 1, (0, 0))
    return [first, *(Frame(n, event, data % f" w{n}", n, n, 1, (n, n)) for n in range(1, count + 1))]


@pytest.mark.parametrize("protocol", FRAMES)
def test_a_long_answer_is_kept_as_text_and_not_as_pieces(protocol):
    decoder = get_protocol(protocol).decoder(Origin.of_run("r").of_step("s").of_attempt(1))
    contents = []
    for frame in frames(protocol, 10 * MOST_PIECES):
        contents += [event.content for event in decoder.decode(frame) if isinstance(event, Delta)]
    pieces = decoder.assembly.choice().text
    assert len(pieces) < 2.5 * MOST_PIECES
    assert "".join(pieces) == "".join(contents) == "".join(f" w{n}" for n in range(1, 10 * MOST_PIECES + 1))


@pytest.mark.parametrize("protocol", FRAMES)
def test_objects_per_delta_do_not_grow(protocol):
    def blocks(count):
        given = frames(protocol, count)
        decoder = get_protocol(protocol).decoder(Origin.of_run("r").of_step("s").of_attempt(1))
        gc.collect()
        before = sys.getallocatedblocks()
        events = decoder.decode_all(given)
        return (sys.getallocatedblocks() - before) / len(events)

    blocks(100)
    assert blocks(2000) < 6
    assert blocks(2000) < 1.1 * blocks(500)


def test_a_read_of_many_frames_gives_the_events_of_each():
    def stamps(events):
        return [
            (event.seq, event.at, event.frame if isinstance(event, Delta) else event.n) for event in events
        ]

    given = frames("openai-chat", 50)
    one, many = (get_protocol("openai-chat").decoder(Origin.of_run("r").of_attempt(1)) for _ in range(2))
    assert stamps(one.decode_all(given)) == stamps(event for frame in given for event in many.decode(frame))

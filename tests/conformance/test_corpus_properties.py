"""What holds of every recording, however it is cut, broken off or damaged."""

from __future__ import annotations

import random

import msgspec
import pytest

from helpers_wire import cut, run_decoder
from pipeline_runtime.events import Delta, FrameReceived, Timings

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

FOLDERS = {
    "anthropic": "anthropic",
    "openai-chat": "openai-chat",
    "compat": "openai-chat",
    "gemini": "gemini",
    "ollama": "ollama",
}
VERDICTS = {"complete", "truncated", "refused", "cut_by_limit", "error"}
SMALL = 60_000


@pytest.fixture(scope="module")
def recordings(wire_corpus):
    """Name, protocol and body; those of other protocols come too, as traffic that is not understood."""
    found = []
    for folder, protocol in FOLDERS.items():
        for path in sorted((wire_corpus / folder).iterdir()):
            body = path.read_bytes()
            if len(body) < SMALL:
                found.append((f"{folder}/{path.name}", protocol, body))
    return found


def content(events):
    """The events without arrival times and chunk numbers, which a split changes."""
    rows = []
    for event in events:
        fields = msgspec.structs.asdict(event) | {"kind": event.__struct_config__.tag, "at": 0}
        if isinstance(event, FrameReceived):
            fields["chunks"] = None
        rows.append(fields)
    return rows


def without_split_notes(rows):
    """For bodies with characters of several bytes: a border inside one is told, which moves `seq`."""
    return [row | {"seq": 0} for row in rows if row.get("code") != "split_utf8"]


@pytest.mark.parametrize("seed", range(6))
def test_any_split_gives_the_same_events(recordings, seed):
    chance = random.Random(seed)
    for name, protocol, body in recordings:
        _, whole, verdict = run_decoder(protocol, [body])
        places = [chance.randrange(1, len(body)) for _ in range(chance.choice([1, 5, 50, 400]))]
        _, split, split_verdict = run_decoder(protocol, cut(body, places))
        assert split_verdict == verdict, name
        assert [event.seq for event in split] == list(range(len(split))), name
        left, right = content(split), content(whole)
        if not body.isascii():
            left, right = without_split_notes(left), without_split_notes(right)
        assert left == right, name


@pytest.mark.parametrize("seed", range(6))
def test_any_prefix_ends_in_a_verdict_and_keeps_what_came(recordings, seed):
    chance = random.Random(seed)
    for name, protocol, body in recordings:
        prefix = body[: chance.randrange(len(body))]
        decoder, events, verdict = run_decoder(protocol, [prefix])
        assert verdict in VERDICTS, name
        response = decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)
        text = "".join(e.content for e in events if isinstance(e, Delta) and e.lane == "text")
        assert response.text == text, name
        whole, _, _ = run_decoder(protocol, [body])
        assert whole.assembly.response(delivery="stream", timings=Timings(0)).text.startswith(text), name
        assert msgspec.json.encode(response), name


@pytest.mark.parametrize("seed", range(8))
def test_no_damage_makes_a_decoder_raise(recordings, seed):
    chance = random.Random(seed)
    for name, protocol, body in recordings:
        damaged = damage(body, chance)
        decoder, events, verdict = run_decoder(protocol, cut(damaged, [chance.randrange(1, len(damaged))]))
        assert verdict in VERDICTS, name
        frames = [event for event in events if isinstance(event, FrameReceived)]
        assert sum(frame.size for frame in frames) == len(damaged), name
        response = decoder.assembly.response(delivery="stream", timings=Timings(0), verdict=verdict)
        assert msgspec.json.encode([*events, response]), name


def damage(body: bytes, chance: random.Random) -> bytes:
    """A few random edits: bytes changed, cut out, doubled, and words swapped for other JSON values."""
    out = bytearray(body)
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(out))
        match chance.randrange(4):
            case 0:
                out[place] = chance.randrange(256)
            case 1:
                del out[place : place + chance.randrange(1, 40)]
                out += b"\n"
            case 2:
                out[place:place] = out[place : place + chance.randrange(1, 400)]
            case _:
                words = [
                    b'"index":',
                    b'"delta":',
                    b'"content":',
                    b'"choices":',
                    b'"usage":',
                    b'"text":',
                    b'"type":',
                    b'"message":',
                    b'"parts":',
                ]
                word = chance.choice(words)
                value = chance.choice(
                    [b"null,", b"[1],", b"-1,", b"{},", b'"x",', b"1e400,", b"NaN,", b'"\\ud83d",']
                )
                out = bytearray(bytes(out).replace(word, word + value + b'"was":', 1))
    return bytes(out)


def test_a_broken_off_answer_is_truncated_at_every_frame_before_its_finish(wire_corpus):
    body = (wire_corpus / "anthropic" / "tool-use-parallel.sse").read_bytes()
    finish = body.index(b"event: message_delta")
    ends = [place + 2 for place in range(len(body)) if body.startswith(b"\n\n", place)]
    verdicts = {end <= finish: set() for end in ends}
    for end in ends:
        _, _, verdict = run_decoder("anthropic", [body[:end]])
        verdicts[end <= finish].add(verdict)
    assert verdicts == {True: {"truncated"}, False: {"complete"}}

"""Cuts a body into chunks, and frames and decodes it: what the wire and protocol tests share."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import get_protocol
from pipeline_runtime.wire.frames import Chunk
from pipeline_runtime.wire.sse import SSEParser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.events import AnyEvent, Verdict
    from pipeline_runtime.protocols.base import Decoder, WireProtocol
    from pipeline_runtime.wire.frames import Frame, Framing


def chunks_of(pieces: Iterable[bytes]) -> list[Chunk]:
    """One chunk a piece; the n-th arrives at n * 1000 ns."""
    chunks = []
    offset = 0
    for n, piece in enumerate(pieces):
        chunks.append(Chunk(piece, n * 1000, offset))
        offset += len(piece)
    return chunks


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    """The body in pieces that end at `places`."""
    borders = sorted({0, len(body), *(place for place in places if 0 < place < len(body))})
    return [body[a:b] for a, b in pairwise(borders)]


def frames_of(pieces: Iterable[bytes], parser: Framing | None = None) -> list[Frame]:
    """The frames of a whole body."""
    parser = parser or SSEParser()
    frames: list[Frame] = []
    chunks = chunks_of(pieces)
    for chunk in chunks:
        frames += parser.feed(chunk)
    return frames + parser.close(len(chunks) * 1000)


def framing_for(wire: WireProtocol, body: bytes) -> Framing:
    """The parser that fits a body, which is a stream whatever it looks like."""
    found = wire.framing_of_json(body, "") if body[:1] in (b"{", b"[") else None
    return wire.framing() if found is None or isinstance(found, str) else found


def run_decoder(protocol: str, pieces: Iterable[bytes]) -> tuple[Decoder, list[AnyEvent], Verdict]:
    """Decodes a whole streamed body: the decoder, all its events, and the verdict."""
    wire = get_protocol(protocol)
    decoder = wire.decoder(Origin.of_run("r").of_step("s").of_attempt(1))
    chunks = chunks_of(pieces)
    framing = framing_for(wire, b"".join(chunk.data for chunk in chunks))
    events: list[AnyEvent] = []
    frames: list[Frame] = []
    for chunk in chunks:
        frames += framing.feed(chunk)
    frames += framing.close(len(chunks) * 1000)
    for frame in frames:
        events += decoder.decode(frame)
    verdict, lints = decoder.finish(len(chunks) * 1000)
    return decoder, events + lints, verdict

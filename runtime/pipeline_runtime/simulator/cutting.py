"""A recorded body cut into the writes that it is sent in. No byte is added, changed or lost."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.simulator.replay import Chunks

_LONGEST = 200
_EVENT = re.compile(rb"(?:\r\n|\n|\r){2,}|\Z", re.DOTALL)
_LINE = re.compile(rb"\n|\Z")
_ELEMENT = re.compile(rb",\r\n|\Z")


def cut(body: bytes, chunks: Chunks | None, content_type: str) -> list[bytes]:
    """The body in parts; joined they are the body.

    Args:
        body: any bytes.
        chunks: by size, by frames, or at random; null means by frames.
        content_type: what the body is said to be: says where its frames end.
    """
    if chunks is not None and chunks.size is not None:
        return _every(body, chunks.size)
    if chunks is not None and chunks.seed is not None:
        return _anywhere(body, chunks.seed)
    return _after(body, _end_of_frame(content_type))


def _end_of_frame(content_type: str) -> re.Pattern[bytes]:
    if content_type.startswith("text/event-stream"):
        return _EVENT
    return _LINE if "ndjson" in content_type else _ELEMENT


def _every(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def _anywhere(body: bytes, seed: int) -> list[bytes]:
    random = Random(seed)  # noqa: S311 - borders, not secrets
    parts, start = [], 0
    while start < len(body):
        end = start + random.randint(1, _LONGEST)
        parts.append(body[start:end])
        start = end
    return parts


def _after(body: bytes, end: re.Pattern[bytes]) -> list[bytes]:
    borders = [match.end() for match in end.finditer(body)]
    starts = [0, *borders]
    return [body[start:stop] for start, stop in zip(starts, borders, strict=False) if stop > start]

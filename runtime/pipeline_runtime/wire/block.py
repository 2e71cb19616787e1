"""One SSE block, from its bytes to its fields: pure."""

from __future__ import annotations

import msgspec
from msgspec import Struct

BOM = b"\xef\xbb\xbf"


class Block(Struct, frozen=True, gc=False):
    """What the lines of one block say."""

    event: str = "message"
    data: str | None = None
    id: str | None = None
    retry: int | None = None
    comment: str | None = None
    flaws: tuple[str, ...] = ()


def parse_block(block: bytes) -> Block:
    """Reads a block's fields; its bytes hold no byte order mark and may lack their last line ends."""
    plain = parse_plain(block[:-2]) if block.endswith(b"\n\n") and b"\r" not in block else None
    return parse_any(block) if plain is None else Block(*plain)


def parse_block_or_error(block: bytes) -> Block:
    """Reads a block's fields; one that says an error in a way of its own is told as data, and keeps its flaw.

    Two ways were seen inside streams: bare JSON without `data:` (google-genai 3.4.0, `_api_client.py`), and
    JSON in a field `error:` (llama.cpp's server and what is built on it): the field is the event's name.
    """
    fields = parse_block(block)
    if fields.data is not None or "unknown_field" not in fields.flaws:
        return fields
    text = block.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        return msgspec.structs.replace(fields, data=text)
    name, _, value = text.partition(":")
    value = value.lstrip()
    if name != "error" or not value.startswith("{"):
        return fields
    return msgspec.structs.replace(fields, event="error", data=value)


def parse_plain(block: bytes) -> tuple[str, str] | None:
    r"""Event name and data of the two shapes of nearly every frame; `None` for all others.

    They are `data: ...` and `event: ...\ndata: ...`, without CR and without the two LF that end the block.
    """
    try:
        if block.startswith(b"data: "):
            return None if b"\n" in block else ("message", block[6:].decode())
        name, _, data = block.partition(b"\n")
        if not name.startswith(b"event: ") or not data.startswith(b"data: ") or b"\n" in data:
            return None
        return name[7:].decode() or "message", data[6:].decode()
    except UnicodeDecodeError:
        return None


def parse_any(block: bytes) -> Block:
    """Reads any block, line by line."""
    flaws: list[str] = []
    try:
        text = block.decode()
    except UnicodeDecodeError:
        text = block.decode("utf-8", "replace")
        flaws.append("invalid_utf8")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reader = _FieldReader()
    for line in lines:
        if line:
            reader.read(line)
    if reader.unknown:
        flaws.append("unknown_field")
    return Block(
        event=reader.event or "message",
        data="\n".join(reader.data) if reader.data else None,
        id=reader.id,
        retry=reader.retry,
        comment="\n".join(reader.comments) if reader.comments else None,
        flaws=tuple(flaws),
    )


class _FieldReader:
    """Collects the fields of one block as its lines come by."""

    __slots__ = ("comments", "data", "event", "id", "retry", "unknown")

    def __init__(self) -> None:
        self.event = ""
        self.data: list[str] = []
        self.id: str | None = None
        self.retry: int | None = None
        self.comments: list[str] = []
        self.unknown = False

    def read(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self.data.append(value)
        elif name == "event":
            self.event = value
        elif name == "id":
            self.id = self.id if "\0" in value else value
        elif name == "retry":
            self.retry = int(value) if _is_digits(value) else self.retry
        elif name:
            self.unknown = True
        else:
            self.comments.append(value)


_LONGEST_RETRY = 18
"""Digits that surely fit into 64 bits: what a run log can hold."""


def _is_digits(value: str) -> bool:
    """ASCII digits only: `str.isdigit` alone takes other scripts too."""
    return value.isascii() and value.isdigit() and len(value) <= _LONGEST_RETRY

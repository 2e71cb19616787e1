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


def error_as_data(fields: Block, block: bytes) -> Block:
    """The fields of a block; one that says an error in a way of its own is told as data, and keeps its flaw.

    Two ways were seen inside streams: bare JSON without `data:` (google-genai 3.4.0, `_api_client.py`), and
    JSON in a field `error:` (llama.cpp's server and what is built on it): the field is the event's name.
    """
    if fields.data is not None or "unknown_field" not in fields.flaws:
        return fields
    if not block.lstrip().startswith((b"{", b"error")):
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
    reader = BlockReader()
    reader.feed(block)
    return reader.block()


class BlockReader:
    """Reads one block as it comes: whole lines at a time; only its last line may lack its end."""

    __slots__ = ("_comments", "_data", "_event", "_id", "_invalid", "_retry", "_unknown")

    def __init__(self) -> None:
        self._event = ""
        self._data: list[str] = []
        self._id: str | None = None
        self._retry: int | None = None
        self._comments: list[str] = []
        self._invalid = self._unknown = False

    def feed(self, lines: bytes) -> None:
        """Take its next lines. Texts are joined here: millions at the end would take their time."""
        try:
            text = lines.decode()
        except UnicodeDecodeError:
            text = lines.decode("utf-8", "replace")
            self._invalid = True
        data, comments = len(self._data), len(self._comments)
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            if line:
                self._read(line)
        if len(self._data) > data + 1:
            self._data[data:] = ["\n".join(self._data[data:])]
        if len(self._comments) > comments + 1:
            self._comments[comments:] = ["\n".join(self._comments[comments:])]

    def block(self) -> Block:
        """What all lines so far say."""
        flaws = ("invalid_utf8",) if self._invalid else ()
        return Block(
            event=self._event or "message",
            data="\n".join(self._data) if self._data else None,
            id=self._id,
            retry=self._retry,
            comment="\n".join(self._comments) if self._comments else None,
            flaws=(*flaws, "unknown_field") if self._unknown else flaws,
        )

    def _read(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id":
            self._id = self._id if "\0" in value else value
        elif name == "retry":
            self._retry = int(value) if _is_digits(value) else self._retry
        elif name:
            self._unknown = True
        else:
            self._comments.append(value)


_LONGEST_RETRY = 18
"""Digits that surely fit into 64 bits: what a run log can hold."""


def _is_digits(value: str) -> bool:
    """ASCII digits only: `str.isdigit` alone takes other scripts too."""
    return value.isascii() and value.isdigit() and len(value) <= _LONGEST_RETRY

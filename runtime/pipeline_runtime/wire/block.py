"""One SSE block, from its bytes to its fields: pure."""

from __future__ import annotations

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
    return parse_common(block) or parse_any(block)


def parse_common(block: bytes) -> Block | None:
    r"""The shape of nearly every frame, `data: ...\n\n` or `event: ...\ndata: ...\n\n`; `None` for others."""
    size = len(block) - 2
    if not block.endswith(b"\n\n") or b"\r" in block:
        return None
    event, start = b"", 0
    if block.startswith(b"event: "):
        line_end = block.find(b"\n", 7)
        event, start = block[7:line_end], line_end + 1
    if not block.startswith(b"data: ", start) or block.find(b"\n", start) != size:
        return None
    try:
        return Block(event.decode() or "message", block[start + 6 : size].decode())
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

"""What framing takes in and gives out."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

MAX_FRAME = 16 * 1024 * 1024
"""Default limit of one frame, in bytes."""


class Chunk(Struct, frozen=True, gc=False):
    """The body bytes of one socket read."""

    data: bytes
    at: int
    """Arrival, ns since the run began."""
    offset: int
    """Where `data` begins in the body."""


class Frame(Struct, frozen=True, gc=False):
    """One complete wire unit: an SSE event (comments and data-less blocks included) or an NDJSON line."""

    n: int
    """From 0, without holes."""
    event: str
    """SSE: the event name, `message` when none was given. Empty where the framing has no names."""
    data: str | None
    """Decoded with U+FFFD for invalid UTF-8; `None` when the block had no data."""
    at: int
    """Arrival of the chunk that completed it, ns since the run began."""
    offset: int
    """Where its bytes begin in the body, the blank line that ends it included."""
    size: int
    chunks: tuple[int, int]
    """The first and the last chunk that hold its bytes, from 0."""
    id: str | None = None
    """SSE: the `id:` field of this block, when it has one."""
    retry: int | None = None
    comment: str | None = None
    """SSE: its comment lines, joined by LF, without the colon."""
    complete: bool = True
    """False: the body ended inside it."""
    flaws: tuple[str, ...] = ()
    """Codes of what is wrong with its bytes: see `lint.py`."""


class Framing(Protocol):
    """An incremental parser of one body."""

    def feed(self, chunk: Chunk) -> list[Frame]:
        """The frames that this chunk completes.

        Raises:
            FrameTooLarge: one frame passed the size limit.
        """
        ...

    def close(self, at: int) -> list[Frame]:
        """What is left when the body ends at `at`: at most one frame, `complete=False`."""
        ...

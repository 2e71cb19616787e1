"""HTTP's chunked form of a body whose length is not known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def chunked(data: bytes) -> bytes:
    """A part of the body; nothing for an empty one, which would end it."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def chunked_end(trailers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    """The end of the body."""
    return b"0\r\n" + b"".join(b"%b: %b\r\n" % trailer for trailer in trailers) + b"\r\n"

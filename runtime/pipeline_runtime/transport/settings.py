"""What a caller sets, and the limits that nobody sets. Imports no httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_BUFFER = 64 * 1024
"""Bytes that one socket read can bring."""
HIGH_WATER = 256 * 1024
"""Body bytes waiting for the consumer above which the socket is not read."""
LOW_WATER = 64 * 1024
"""Body bytes waiting for the consumer at which the socket is read again."""
HEADER_BYTES = 64 * 1024
"""Bytes of a response's head: interim responses, status line, headers and trailers together."""
HEADER_COUNT = 200
ERROR_BODY_BYTES = 8 * 1024 * 1024
DECODED_CHUNK_BYTES = 16 * 1024 * 1024
"""What one compressed read may grow to: beyond it is a decompression bomb."""
KEEPALIVE_SECONDS = 30.0
"""How long an unused connection is kept; providers' load balancers close at 60 s and more."""
IDLE_CONNECTIONS = 16
"""Unused connections kept for each address."""
MAX_REDIRECTS = 5


class Timeouts(Struct, frozen=True):
    """How long each phase of a call may take, in seconds."""

    connect: float = 10.0
    """Name lookup, TCP and TLS together."""
    first_byte: float = 120.0
    """From the request sent to the response's headers complete."""
    idle: float = 60.0
    """Between two reads of the body."""
    total: float | None = None
    """The whole attempt; enforced by the caller."""


def timeouts_of(extensions: Mapping[str, Any]) -> Timeouts:
    """The timeouts that an `httpx.Request` carries: ours, else httpx's own mapped to ours."""
    ours = extensions.get("pipeline_timeouts")
    if isinstance(ours, Timeouts):
        return ours
    given: Mapping[str, float | None] = extensions.get("timeout") or {}
    forever = 86_400.0
    read = given.get("read") or forever
    return Timeouts(connect=given.get("connect") or forever, first_byte=read, idle=read)

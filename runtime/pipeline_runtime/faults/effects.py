"""What a stream is made of before and after its faults. Pure data."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from msgspec import Struct


class Unit(Struct, frozen=True):
    """A frame as it would be sent, with what stands before it."""

    data: bytes
    delta: bool = False
    """It brings something of the answer: positions count these."""
    last: bool = False
    """It ends the stream."""


class Write(Struct, frozen=True):
    """Bytes."""

    data: bytes


class Silence(Struct, frozen=True):
    """Nothing, for so many seconds."""

    seconds: float


class Cut(Struct, frozen=True):
    """The connection breaks; nothing follows."""


class End(Struct, frozen=True):
    """The body ends as if it were whole; nothing follows."""


Effect: TypeAlias = Write | Silence | Cut | End


class Voice(Protocol):
    """The protocol's own words for what faults say."""

    def error(self, error_type: str) -> bytes:
        """An error inside the stream, as its frames."""
        ...

    def unknown(self) -> bytes:
        """A frame that no client knows."""
        ...

"""What a stream is made of before and after its faults. Pure data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from msgspec import Struct


class Unit(Struct, frozen=True):
    """A frame as it would be sent, with what stands before it."""

    data: bytes | Callable[[], bytes]
    """Its bytes, or what makes them when its turn comes: some protocols number what they send."""
    delta: bool = False
    """It brings something of the answer: positions count these."""
    last: bool = False
    """It ends the stream."""
    gap: float | None = None
    """Seconds of silence that come before it anyway, behind what happens before it on purpose."""

    def made(self) -> bytes:
        """Its bytes; asked again, those of the same frame sent once more."""
        return self.data if isinstance(self.data, bytes) else self.data()


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

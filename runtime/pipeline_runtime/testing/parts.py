"""What a scripted stream is written with: a few words for what a model says, and for what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct


class Said(Struct, frozen=True):
    """Some deltas of one lane, each as it is written."""

    lane: Literal["text", "thinking", "refusal"]
    pieces: tuple[str, ...]


class Called(Struct, frozen=True):
    """A tool call; its arguments stream as the protocol streams them."""

    name: str
    arguments: Mapping[str, Any]


class Trouble(Struct, frozen=True):
    """Something that happens at this place of the stream: a fault of the simulator, without its position."""

    kind: Literal["stall", "error", "disconnect"]
    detail: str = ""

    def at(self, position: int) -> str:
        """The fault as scenarios write it, after `position` deltas."""
        return f"{self.kind}@{position}{f':{self.detail}' if self.detail else ''}"


class Refused(Struct, frozen=True):
    """The next request is answered with this HTTP status."""

    status: int
    times: int


Part: TypeAlias = "str | Said | Called | Trouble | Refused"
"""A text is one delta."""


def thinking(*pieces: str) -> Said:
    """Deltas in the lane `thinking`, one for each piece."""
    return Said("thinking", pieces)


def refusal(*pieces: str) -> Said:
    """Deltas of a refusal; protocols without a lane for it send them as text."""
    return Said("refusal", pieces)


def tool(name: str, arguments: Mapping[str, Any] | None = None) -> Called:
    """A tool call. Protocols that stream arguments cut them; the others send one delta."""
    return Called(name, arguments or {})


def stall(seconds: float) -> Trouble:
    """Silence. It costs no time: scripted streams have their own clock."""
    return Trouble("stall", f"{round(seconds * 1000)}ms")


def error(kind: str = "overloaded_error") -> Trouble:
    """An error inside the stream, in the protocol's own form; nothing follows."""
    return Trouble("error", kind)


def disconnect() -> Trouble:
    """The connection breaks; nothing follows."""
    return Trouble("disconnect")


def status(code: int, times: int = 1) -> Refused:
    """The first `times` requests fail with this HTTP status; what follows answers the next one."""
    return Refused(code, times)

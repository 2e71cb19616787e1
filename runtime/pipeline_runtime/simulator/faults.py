"""The fault grammar: what goes wrong, and where, as short strings.

Positions count deltas from 0: `@N` is after N deltas have been sent (`malform@N` and `duplicate@N` touch the
delta with number N). A position past the last delta means the end of the answer, before its closing frames.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct

from pipeline_runtime.simulator.durations import parse_duration

FaultKind: TypeAlias = Literal[
    "stall",
    "disconnect",
    "error",
    "status",
    "malform",
    "unknown",
    "duplicate",
    "no_terminator",
    "keepalive",
]

FORMS = (
    "stall@30:3s",
    "disconnect@17",
    "error@12:overloaded_error",
    "status:529",
    "status:429*2:retry-after=1",
    "malform@9",
    "unknown@5",
    "duplicate@4",
    "no_terminator",
    "keepalive:0.5s",
)
"""One example of each form, for messages and the reference."""

RETRY_HEADERS = ("retry-after", "retry-after-ms", "x-should-retry")
_STATUSES = range(400, 600)
_SHORTEST_KEEPALIVE = 0.01


class Fault(Struct, frozen=True):
    """One fault; which fields count depends on `kind`."""

    kind: FaultKind
    at: int = 0
    """The position, for `stall`, `disconnect`, `error`, `malform`, `unknown`, `duplicate`."""
    seconds: float = 0.0
    """How long a `stall` lasts, or how often a `keepalive` is sent."""
    error: str = ""
    """The type of an in-stream `error`."""
    status: int = 0
    times: int | None = 1
    """How many requests a `status` answers before one succeeds; `None`: all."""
    headers: tuple[tuple[str, str], ...] = ()


def parse_fault(text: str) -> Fault:
    """Read one fault.

    Raises:
        ValueError: no such fault, or it is written otherwise; the message shows the right form.
    """
    for pattern, read in _READERS:
        match = pattern.fullmatch(text)
        if match is not None:
            return read(match)
    name = re.split(r"[@:*]", text, maxsplit=1)[0]
    near = difflib.get_close_matches(name, [re.split(r"[@:*]", form)[0] for form in FORMS], n=1)
    right = [form for form in FORMS if near and form.startswith(near[0])]
    hint = f"write it like {' or '.join(right)}" if right else f"known forms: {', '.join(FORMS)}"
    raise ValueError(f"{text!r} is not a fault: {hint}")


def _read_stall(match: re.Match[str]) -> Fault:
    return Fault("stall", at=int(match[1]), seconds=parse_duration(match[2]))


def _read_position(kind: Literal["disconnect", "malform", "unknown", "duplicate"]) -> _Reader:
    return lambda match: Fault(kind, at=int(match[1]))


def _read_error(match: re.Match[str]) -> Fault:
    return Fault("error", at=int(match[1]), error=match[2] or "overloaded_error")


def _read_status(match: re.Match[str]) -> Fault:
    status = int(match[1])
    if status not in _STATUSES:
        raise ValueError(f"{match[0]!r}: status {status} is no failure: give 400 to 599")
    times = None if match[2] == "always" else int(match[2] or 1)
    return Fault("status", status=status, times=times, headers=_read_headers(match[3]))


def _read_headers(text: str | None) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    headers = []
    for pair in text.split(","):
        name, _, value = pair.partition("=")
        if name not in RETRY_HEADERS or not re.fullmatch(r"[A-Za-z0-9.:+ -]+", value):
            raise ValueError(
                f"{pair!r} is no retry header: give one of {', '.join(RETRY_HEADERS)}, e.g. retry-after=1"
            )
        headers.append((name, value))
    return tuple(headers)


def _read_keepalive(match: re.Match[str]) -> Fault:
    seconds = parse_duration(match[1])
    if seconds < _SHORTEST_KEEPALIVE:
        raise ValueError(f"{match[0]!r}: a keepalive comes at most every {_SHORTEST_KEEPALIVE:g}s")
    return Fault("keepalive", seconds=seconds)


_Reader: TypeAlias = Callable[[re.Match[str]], Fault]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (re.compile(r"stall@(\d+):(\S+)"), _read_stall),
    (re.compile(r"disconnect@(\d+)"), _read_position("disconnect")),
    (re.compile(r"malform@(\d+)"), _read_position("malform")),
    (re.compile(r"unknown@(\d+)"), _read_position("unknown")),
    (re.compile(r"duplicate@(\d+)"), _read_position("duplicate")),
    (re.compile(r"error@(\d+)(?::(\w+))?"), _read_error),
    (re.compile(r"status:(\d{3})(?:\*([1-9]\d*|always))?(?::(.+))?"), _read_status),
    (re.compile(r"no_terminator"), lambda _: Fault("no_terminator")),
    (re.compile(r"keepalive:(\S+)"), _read_keepalive),
)

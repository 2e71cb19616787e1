"""What an examination finds."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Level: TypeAlias = Literal["ok", "warning", "problem"]
"""`problem`: a run will fail, or does not do what it says. `warning`: worth knowing."""


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    check: str
    """What was looked at: `keys`, `endpoints`, `streaming`, `handlers`, `legacy`, `terminal`, …"""
    code: str
    """What was found, as a word that stays the same: `handler_not_found`."""
    level: Level
    message: str
    cure: str = ""
    place: str | None = None
    """The step, or `file:line`, that it is about."""


def ok(check: str, code: str, message: str, *, place: str | None = None) -> Finding:
    """All is well."""
    return Finding(check, code, "ok", message, place=place)


def warning(check: str, code: str, message: str, cure: str, *, place: str | None = None) -> Finding:
    """Worth knowing."""
    return Finding(check, code, "warning", message, cure, place)


def problem(check: str, code: str, message: str, cure: str, *, place: str | None = None) -> Finding:
    """Something that must be mended."""
    return Finding(check, code, "problem", message, cure, place)

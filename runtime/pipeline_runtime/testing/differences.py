"""What is not as expected, in words that can be read at a glance: pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

AROUND = 24
"""Characters shown on either side of the first difference of two texts."""
MOST_LINES = 40


def text_difference(what: str, expected: str, got: str) -> str | None:
    """Where two texts part, or `None` when they are equal."""
    if expected == got:
        return None
    at = _first_difference(expected, got)
    start = max(0, at - AROUND)
    lead = "…" if start else ""
    shown = [f"{lead}{_visible(text[start : at + AROUND])}{_rest(text, at)}" for text in (expected, got)]
    caret = " " * len(f"{lead}{_visible(expected[start:at])}")
    return (
        f"{what} differs at character {at}:\n"
        f"  expected {shown[0]}\n"
        f"  got      {shown[1]}\n"
        f"           {caret}^ ({len(expected)} characters expected, {len(got)} came)"
    )


def list_difference(what: str, expected: Sequence[str], got: Sequence[str]) -> str | None:
    """Which entries are missing, wrong or too many, or `None` when the lists are equal."""
    if list(expected) == list(got):
        return None
    lines: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, list(expected), list(got), autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [f"    {entry}" for entry in got[c:d]]
        else:
            lines += [f"  - {entry}" for entry in expected[a:b]]
            lines += [f"  + {entry}" for entry in got[c:d]]
    return "\n".join([f"{what} (- expected, + came):", *_shortened(lines)])


def order_difference(expected: Sequence[str], got: Sequence[str], found: int) -> str:
    """What was looked for in order, how far it was found, and what came.

    Args:
        expected: What was looked for.
        got: What came.
        found: How many of `expected` were found.
    """
    missing = expected[found]
    after = f" after {', '.join(expected[:found])}" if found else ""
    return "\n".join(
        [f"no `{missing}` came{after}; what came:", *_shortened([f"    {entry}" for entry in got])]
    )


def collapsed(kinds: Sequence[str]) -> list[str]:
    """Neighbours that are equal, as one entry with their number: `delta x12`."""
    lines: list[tuple[str, int]] = []
    for kind in kinds:
        if lines and lines[-1][0] == kind:
            lines[-1] = (kind, lines[-1][1] + 1)
        else:
            lines.append((kind, 1))
    return [kind if count == 1 else f"{kind} x{count}" for kind, count in lines]


def _first_difference(one: str, other: str) -> int:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))


def _visible(text: str) -> str:
    return repr(text)[1:-1]


def _rest(text: str, at: int) -> str:
    return "…" if len(text) > at + AROUND else ""


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    half = MOST_LINES // 2
    return [*lines[:half], f"    … {len(lines) - MOST_LINES} more …", *lines[-half:]]

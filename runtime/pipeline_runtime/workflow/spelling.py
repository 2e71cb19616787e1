"""The nearest right spelling of a word."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOSENESS = 0.6
LONGEST_SHOWN = 40


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is spelled most like `word`, ignoring case; `None` when none is near."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=CLOSENESS)
    return by_lower[close[0]] if close else None


def suggest(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A cure for a misspelled name: the nearest one, or what there is, or `otherwise` if there is nothing."""
    names = list(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean `{near}`?"
    return f"known: {', '.join(names)}" if names else otherwise


def shorten(text: str) -> str:
    """`text` on one line, cut where it gets long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_SHOWN else flat[: LONGEST_SHOWN - 1] + "…"

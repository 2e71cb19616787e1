"""What was typed into a field, to be called back."""

from __future__ import annotations

TYPED_KEPT = 50
"""Texts that can be called back."""


def remember(typed: list[str], text: str) -> None:
    """Have `text` once, as the newest one, at the end of `typed`."""
    if text in typed:
        typed.remove(text)
    typed.append(text)
    del typed[:-TYPED_KEPT]

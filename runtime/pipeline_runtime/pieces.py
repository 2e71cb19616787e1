"""Texts that are held in the pieces in which they come: pure."""

from __future__ import annotations

MOST_PIECES = 4096
PIECES_SHARE = 256
"""Characters of joined text that allow for one piece more."""


def compact(pieces: list[str]) -> None:
    """Join many pieces into one: a small text costs ten times its characters.

    Seldomer the more text there is, so that each character is copied a few times only.
    """
    if pieces and len(pieces) > MOST_PIECES + len(pieces[0]) // PIECES_SHARE:
        pieces[:] = ["".join(pieces)]

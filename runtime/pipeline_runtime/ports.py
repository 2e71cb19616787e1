"""TCP ports, as people write them."""

from __future__ import annotations

import re

HIGHEST_PORT = 65_535
_DIGITS = re.compile(r"[0-9]{1,5}")


def port_of(text: str) -> int | None:
    """The port that a text says, 0 (a free one) among them; `None`: it says none."""
    port = int(text) if _DIGITS.fullmatch(text) else HIGHEST_PORT + 1
    return port if port <= HIGHEST_PORT else None

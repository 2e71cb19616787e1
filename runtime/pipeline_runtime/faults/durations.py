"""`3s`, `0.5s`, `250ms`, `2m`: lengths of time as people write them."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def parse_duration(text: str) -> float:
    """Seconds.

    Raises:
        ValueError: it is not a number followed by `ms`, `s` or `m`.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a length of time: write e.g. 3s, 0.5s or 250ms")
    return float(match[1]) * _SECONDS[match[2]]

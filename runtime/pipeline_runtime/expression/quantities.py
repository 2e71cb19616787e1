"""Numbers with units, as people write them: `500ms`, `1.5s`, `4KiB`, `17`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"(?P<number>\d[\d_]*(?:\.\d+)?|\.\d+)(?P<unit>[A-Za-zµ]*)")
TIME = {"": 1e6, "ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9}
"""To nanoseconds; a bare number is milliseconds."""
SIZE = {"": 1.0, "b": 1.0, "k": 1e3, "kb": 1e3, "kib": 1024.0, "m": 1e6, "mb": 1e6, "mib": 1048576.0}
"""To bytes."""
COUNT = {"": 1.0}


def read_quantity(text: str, units: Mapping[str, float]) -> float | str:
    """The number in the base unit, or what is wrong with the text, in words."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return f"{text!r} is no number"
    unit = match["unit"].lower()
    if unit not in units:
        known = ", ".join(name for name in units if name)
        return f"there is no unit {match['unit']}" + (f": there are {known}" if known else " here")
    return float(match["number"].replace("_", "")) * units[unit]

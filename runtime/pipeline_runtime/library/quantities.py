"""Sizes and ages as people write them: `1GB`, `30d`."""

from __future__ import annotations

import re

from pipeline_runtime.errors import InputError

SIZES = {
    "": 1, "b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9, "t": 10**12,
    "tb": 10**12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}  # fmt: skip
"""To bytes."""
AGES = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
"""To seconds."""
_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([A-Za-z]*)")
_STEPS = ("B", "kB", "MB", "GB", "TB")
_KILO = 1000


def read_size(text: str) -> int:
    """Bytes.

    Raises:
        InputError: It is no size.
    """
    return int(_read(text, SIZES, what="size", example="500MB or 1GiB"))


def read_age(text: str) -> float:
    """Seconds.

    Raises:
        InputError: It is no age.
    """
    return _read(text, AGES, what="age", example="30d, 12h or 2w")


def show_size(size: int) -> str:
    """`512 B`, `24.1 kB`."""
    value = float(size)
    for unit in _STEPS[:-1]:
        if round(value, 1) < _KILO:
            return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= _KILO
    return f"{value:.1f} {_STEPS[-1]}"


def _read(text: str, units: dict[str, int], *, what: str, example: str) -> float:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or match[2].lower() not in units:
        raise InputError(f"{text!r} is no {what}", cure=f"write it as {example}")
    return float(match[1]) * units[match[2].lower()]

"""Bytes made wrong. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_LEAD = 0xC0
_CONTINUED = range(0x80, 0xC0)


def halved(data: bytes) -> tuple[bytes, bytes]:
    """A frame up to the middle of its JSON, and what stands behind that JSON."""
    begin = max(0, data.find(b"{"))
    end = max(data.rfind(b"}") + 1, begin)
    middle = begin + (end - begin) // 2
    while middle > begin and data[middle] in _CONTINUED:
        middle -= 1
    return data[:middle], data[end:]


def parts_of(data: bytes, number: int, random: Random | None) -> list[bytes]:
    """The same bytes in so many parts, of equal size, or anywhere when there is a `random`; none is empty."""
    number = min(number, len(data))
    if random is None:
        places = [len(data) * part // number for part in range(1, number)]
    else:
        places = sorted(random.sample(range(1, len(data)), number - 1))
    return [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)]


def inside_character(data: bytes) -> int | None:
    """A place inside the first character of several bytes; `None`: all are of one."""
    return next((place + 1 for place, byte in enumerate(data) if byte >= _LEAD), None)

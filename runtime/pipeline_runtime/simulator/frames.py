"""The units of a stream to send, however the wire format frames them."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct


class Frame(Struct, frozen=True):
    """One unit: a JSON text (or a word) between what frames it."""

    data: str
    before: str = ""
    after: str = "\n"
    delta: bool = False
    """It carries a piece of the answer: positions of faults count these."""
    last: bool = False
    """It is the terminator, or what stands for one."""
    numbered: bool = False
    """Its JSON ends with its position, as `sequence_number`."""
    opening: str | None = None
    """What stands before it in place of `before` when nothing was sent yet."""

    def encode(self, position: int = 0) -> bytes:
        """Its bytes.

        Args:
            position: how many frames were sent before it.
        """
        text = f'{self.data[:-1]},"sequence_number":{position}}}' if self.numbered else self.data
        before = self.before if position or self.opening is None else self.opening
        return encode(f"{before}{text}{self.after}")


def sse_frame(
    data: str,
    event: str | None = None,
    *,
    delta: bool = False,
    last: bool = False,
    numbered: bool = False,
    line_end: str = "\n",
) -> Frame:
    """An SSE event."""
    name = f"event: {event}{line_end}" if event is not None else ""
    return Frame(data, f"{name}data: ", line_end * 2, delta=delta, last=last, numbered=numbered)


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate, which a request's JSON may hold, becomes `?`."""
    return text.encode("utf-8", "replace")


def compact(value: Any) -> str:
    """JSON without spaces, non-ASCII as it is: how most providers write frames."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

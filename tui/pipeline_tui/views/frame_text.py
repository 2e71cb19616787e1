"""One row of the debug panel in full: its bytes, and the events made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from pipeline_tui.text.sanitise import reveal

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.frame_row import FrameRow

_SHOWN = 200_000
_PLACE = frozenset({"run", "step", "attempt", "seq", "at"})


def bytes_text(raw: bytes) -> str:
    r"""Bytes as text, every invisible character as a mark and every byte that is no UTF-8 as `\xNN`."""
    text = raw[:_SHOWN].decode("utf-8", "backslashreplace")
    rest = f"\n… and {len(raw) - _SHOWN:,} more bytes" if len(raw) > _SHOWN else ""
    return reveal(text) + rest


def frame_text(row: FrameRow, raw: bytes | None) -> str:
    """What stands at the left: the raw bytes, or as near as one can come."""
    frame = row.frame
    if frame is None:
        return "No bytes: this event is the runtime's own."
    where = (
        f"frame {frame.n}, {frame.size} bytes at {frame.offset}, chunks {frame.chunks[0]}-{frame.chunks[1]}"
    )
    incomplete = "\n(the body ended inside this frame)" if not frame.complete else ""
    if raw:
        return f"{where}{incomplete}\n\n{bytes_text(raw)}"
    data = reveal(frame.data[:_SHOWN]) if frame.data is not None else "(no data)"
    return f"{where}{incomplete}\n(no run log: the decoded data)\n\n{data}"


def events_text(row: FrameRow) -> str:
    """What stands at the right: the events made of the frame, as JSON."""
    if row.frame is None:
        return _pretty(row.event)
    if not row.events:
        return "No event is made of this frame: it carries no content."
    return "\n\n".join(_pretty(event) for event in row.events)


def _pretty(event: AnyEvent) -> str:
    """The event as JSON: its own fields first, where it belongs last."""
    fields = msgspec.to_builtins(event)
    ordered = sorted(fields.items(), key=lambda item: item[0] in _PLACE)
    return json.dumps(dict(ordered), indent=2, ensure_ascii=False)

"""One row of the debug panel in full: its bytes, and the events made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.events import Error, Lint, Unknown
from pipeline_tui.text.sanitise import reveal, sanitise
from pipeline_tui.views.failure_text import failure_head

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
    """What stands at the right: what was found, with its cure, then the events made of the frame as JSON."""
    events = [row.event] if row.frame is None else row.events
    if not events:
        return "No event is made of this frame: it carries no content."
    findings = [finding for event in events if (finding := _finding(event))]
    return "\n\n".join([*findings, *(_pretty(event) for event in events)])


def _finding(event: AnyEvent) -> str:
    """What is not as it should be, in a sentence, and what to do."""
    match event:
        case Lint():
            sentence, cure = f"! {event.code}: {event.message}", event.cure
        case Error():
            sentence, cure = f"✖ {failure_head(event)}\n{event.message}", event.cure
        case Unknown():
            sentence, cure = (
                f"? {event.type or 'this frame'}: no event that this protocol knows; kept as sent",
                "",
            )
        case _:
            return ""
    return sanitise(f"{sentence}\n→ {cure}" if cure else sentence)


def _pretty(event: AnyEvent) -> str:
    """The event as JSON: its own fields first, where it belongs last."""
    fields = msgspec.to_builtins(event)
    ordered = sorted(fields.items(), key=lambda item: item[0] in _PLACE)
    return json.dumps(dict(ordered), indent=2, ensure_ascii=False)

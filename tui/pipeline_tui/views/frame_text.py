"""One row of the debug panel in full: its bytes, and the events made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from pipeline_runtime.events import AttemptStarted, Error, Lint, ResponseOpened, Unknown
from pipeline_runtime.runlog.index import BURST
from pipeline_tui.text.sanitise import reveal, sanitise
from pipeline_tui.views.exchange_text import request_text, response_text
from pipeline_tui.views.failure_text import failure_head
from pipeline_tui.views.format import join
from pipeline_tui.views.hexdump import SHOWN, bytes_text, hex_text
from pipeline_tui.views.json_fold import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.runlog.bodies import Chunk
    from pipeline_tui.views.frame_row import FrameRow

View: TypeAlias = Literal["text", "hex", "json"]
"""How the bytes of a frame are shown."""
VIEWS: tuple[View, ...] = ("text", "hex", "json")
_PLACE = frozenset({"run", "step", "attempt", "seq", "at"})


def frame_text(
    row: FrameRow,
    raw: bytes | None,
    chunks: Sequence[Chunk] = (),
    *,
    view: View = "text",
    unfolded: bool = False,
    provider: str = "",
) -> str:
    """What stands at the left: the raw bytes, or as near as one can come.

    Args:
        row: The row.
        raw: Its bytes; empty or `None` where nothing keeps them.
        chunks: The reads that they came in.
        view: How they are shown.
        unfolded: Whether JSON is shown whole.
        provider: Whose key a request was sent with.
    """
    frame = row.frame
    if frame is None:
        return _own_text(row.event, provider)
    where = (
        f"frame {frame.n}, {frame.size} bytes at {frame.offset}, chunks {frame.chunks[0]}-{frame.chunks[1]}"
    )
    incomplete = "\n(the body ended inside this frame)" if not frame.complete else ""
    if view == "json":
        data = json_text(frame.data, unfolded=unfolded) if frame.data is not None else "(no data)"
        return f"{where}{incomplete}\n\n{data}"
    if raw:
        shown = (hex_text if view == "hex" else bytes_text)(raw, chunks, frame.offset)
        return f"{where}{incomplete}\n\n{shown}"
    data = reveal(frame.data[:SHOWN]) if frame.data is not None else "(no data)"
    return f"{where}{incomplete}\n(no run log: the decoded data)\n\n{data}"


def _own_text(event: AnyEvent, provider: str) -> str:
    if isinstance(event, AttemptStarted):
        return request_text(event.request, provider)
    if isinstance(event, ResponseOpened):
        return response_text(event)
    return "No bytes: this event is the runtime's own."


def timing_text(row: FrameRow, after: int | None) -> str:
    """When it came, and how far its neighbours in the same attempt are.

    Args:
        row: The row.
        after: Ns until the next frame, or `BURST`; `None`: there is none, or it is far down.
    """
    before = (
        "in one read with the frame before" if row.gap == BURST else f"{_ms(row.gap)} after the frame before"
    )
    behind = (
        ""
        if after is None
        else "the next in the same read"
        if after == BURST
        else f"the next {_ms(after)} later"
    )
    return join(f"at {row.event.at / 1e9:.3f} s", before if row.frame is not None else "", behind)


def _ms(gap: int) -> str:
    return f"{gap / 1e6:,.1f} ms"


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

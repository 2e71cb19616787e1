"""A failure as the lines of a pane's head: what happened, at which status, in whose words, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from pipeline_tui.text.sanitise import sanitise, sanitise_line
from pipeline_tui.text.wrap import WrapBuffer
from pipeline_tui.views.format import join

if TYPE_CHECKING:
    from pipeline_runtime.events import Error

LEAST_LINES = 3
"""What happened, one line of the message, one line of the cure."""
_HTTP_ERROR = 400
_MORE = " … d shows all"


def failure_head(error: Error) -> str:
    """`overloaded_error · HTTP 200, then an error in the stream · request req_1`."""
    status = None if error.status is None else f"HTTP {error.status}"
    if status is not None and error.status is not None and error.status < _HTTP_ERROR:
        status += ", then it failed"
    request = f"request {error.request_id}" if error.request_id else None
    return sanitise_line(join(error.type, status, request))


def failure_lines(error: Error, width: int, room: int) -> list[str]:
    """The failure in at most `room` lines, and never fewer than `LEAST_LINES`, for `width` cells.

    The head and the cure are kept; a message that is too long for the room is cut, and says so.
    """
    head = _wrapped(failure_head(error), width - 4)[: max(1, room - 2)]
    cure = _wrapped(error.cure, width - 4) if error.cure else []
    left = max(LEAST_LINES, room) - len(head)
    cure = cure[: max(1, left - 1)]
    message = _wrapped(error.message, width - 4)
    fitting = left - len(cure)
    if len(message) > fitting:
        last = message[fitting - 1]
        last = set_cell_size(last, min(cell_len(last), max(0, width - 4 - len(_MORE))))
        message = [*message[: fitting - 1], last.rstrip() + _MORE]
    return [*_marked("  ✖ ", head), *_marked("    ", message), *_marked("  → ", cure)]


def _marked(mark: str, lines: list[str]) -> list[str]:
    return [(mark if n == 0 else "    ") + line for n, line in enumerate(lines)]


def failure_text(error: Error) -> str:
    """All of it as plain text, to copy: what the server said is as it came."""
    return "\n".join(part for part in (failure_head(error), error.message, error.cure) if part)


def _wrapped(text: str, width: int) -> list[str]:
    buffer = WrapBuffer(width)
    buffer.append(sanitise(text.strip()))
    return [line.rstrip() for line in buffer.lines]

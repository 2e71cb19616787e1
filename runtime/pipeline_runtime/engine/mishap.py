"""What a run says when something in it breaks that should not: our own mistakes, as events."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pipeline_runtime.secrets import Masker

LAST_FRAMES = 8


class Mishap(TypedDict):
    """Fields of an `error` event."""

    type: str
    message: str
    cure: str
    traceback: str


def internal_error(error: Exception, masker: Masker) -> Mishap:
    """The fields of the event for an exception that no one expected; the traceback shows no values."""
    trace = "".join(traceback.format_exception(error, limit=-LAST_FRAMES))
    return Mishap(
        type="internal_error",
        message=masker.text(f"{type(error).__name__}: {error}"),
        cure="this is a mistake of pipeline-tui: please report it with the run log",
        traceback=masker.text(trace),
    )

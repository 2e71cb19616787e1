"""The kinds of events by name, as handlers ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from pipeline_runtime.events import AnyEvent, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENT_TYPES: Mapping[str, type[Event]] = {str(one.__struct_config__.tag): one for one in get_args(AnyEvent)}
RUN_KINDS = frozenset({"run_started", "run_finished", "step_finished"})
"""What a handler never gets: it begins after the run and is closed before its step is over."""
STEP_KINDS = frozenset(EVENT_TYPES) - RUN_KINDS
"""Every kind that a handler can get."""
DEFAULT_KINDS = frozenset({"delta", "done"})
"""What a handler gets that names none."""
ALL = "all"
"""Written for `STEP_KINDS`."""

"""The kinds of events by name, as handlers ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from pipeline_runtime.events import AnyEvent, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENT_TYPES: Mapping[str, type[Event]] = {str(one.__struct_config__.tag): one for one in get_args(AnyEvent)}

"""The keys of the old async streaming in a file of the guide's origin: found wherever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.workflow.origin.words import LEGACY_OPTION_KEYS, LEGACY_STEP_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.workflow.problems import Loc


def legacy_keys(data: Any, loc: Loc) -> Iterator[Loc]:
    """The place of every one of them, steps inside of steps included."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from legacy_keys(item, (*loc, index))
    elif isinstance(data, dict):
        own = LEGACY_OPTION_KEYS if loc and loc[-1] == "claude_options" else LEGACY_STEP_KEYS
        for key, value in data.items():
            if key in own:
                yield (*loc, key)
            elif key != "prompt":
                yield from legacy_keys(value, (*loc, key))

"""Watches: what a part of the state is, or how often an expression was true, as the run goes on."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.expression import parse_expression

if TYPE_CHECKING:
    from pipeline_runtime.debugging.state import RunState
    from pipeline_runtime.events import AnyEvent

ROOTS = ("run", "workflow", "status", "seq", "at", "steps")
LONGEST = 200
"""Characters of a value that are shown: its end, which is what changes."""


class Watch:
    """One thing to watch: `steps.draft.usage.output`, or an expression such as `type:lint`."""

    def __init__(self, text: str) -> None:
        """Read it.

        Raises:
            PipelineError: It is empty.
            ExpressionError: It is no path, and no expression either.
        """
        self.text = text.strip()
        if not self.text:
            raise PipelineError(
                "an empty watch", cure="give a path such as steps.draft.text, or an expression"
            )
        self._path = self.text.split(".") if self.text.split(".")[0] in ROOTS else None
        self._matcher = None if self._path else parse_expression(self.text).matcher()
        self._hits = array("Q")

    def feed(self, event: AnyEvent) -> None:
        """Take the run's next event."""
        if self._matcher is not None and self._matcher.feed(event):
            self._hits.append(event.seq)

    def value(self, state: RunState) -> str:
        """What it is in this state, as one line; an earlier state than the newest is as good."""
        if self._path is None:
            hits = bisect_right(self._hits, state.seq)
            times = f"{hits} time{'s' * (hits != 1)}"
            return f"{times}, last at seq {self._hits[hits - 1]}" if hits else times
        found = _lookup(state.as_json(), self._path)
        text = found if isinstance(found, str) else msgspec.json.encode(found).decode()
        return text if len(text) <= LONGEST else f"…{text[-LONGEST:]}"


def _lookup(value: Any, path: list[str]) -> Any:
    """The value at the end of the path; `None` where there is none."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.lstrip("-").isdecimal():
            at = int(part)
            value = value[at] if -len(value) <= at < len(value) else None
        else:
            return None
    return value

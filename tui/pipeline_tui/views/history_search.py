"""A search through the runs, by a text or an expression: it tells how far it is, and can be stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from pipeline_runtime import RunLog
from pipeline_runtime.errors import RunLogError
from pipeline_runtime.library import search_expression, search_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.expression import Expression
    from pipeline_runtime.library import Hit


MOST_KEPT = 1_000
"""Places of one run that are kept: an expression may be true of every event."""


@dataclass(slots=True)
class Search:
    """How far a search is, and what it has found."""

    text: str
    total: int
    expression: Expression | None = None
    """Looked for in place of the text, which is how it was written."""
    done: int = 0
    hits: dict[str, list[Hit]] = field(default_factory=dict[str, "list[Hit]"])
    """By the runs' ids."""
    problems: int = 0
    """Runs that could not be read whole."""
    going: bool = True

    def look(self, log: Path) -> list[Hit] | None:
        """The places in one run; `None`: it could not be read. Blocks, until it is stopped at the latest."""
        try:
            events = self._while_going(RunLog(log).events())
            if self.expression is not None:
                return list(islice(search_expression(events, self.expression), MOST_KEPT))
            return search_text(events, self.text)[:MOST_KEPT]
        except FileNotFoundError:
            return []  # deleted meanwhile
        except (RunLogError, OSError):
            return None

    def take(self, run: str, found: list[Hit] | None) -> None:
        """Note what was found in a run."""
        self.done += 1
        self.problems += found is None
        if found:
            self.hits[run] = found

    def stop(self) -> None:
        """Look no further."""
        self.going = False

    def _while_going(self, events: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
        for event in events:
            if not self.going:
                return
            yield event

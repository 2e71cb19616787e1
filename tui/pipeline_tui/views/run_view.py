"""What the run's header and summary say: a reducer of a whole run, with a pane view for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import RunFinished, RunStarted
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.fault_words import concerns
from pipeline_tui.views.format import duration, join
from pipeline_tui.views.pane_view import SIGNS, PaneView
from pipeline_tui.views.phrases import stall_text

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent, Status

_STATUS_WORDS: dict[Status, str] = {
    "ok": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "skipped": "skipped",
}
_MODE_WORDS = {"mock": "MOCK simulator", "live": "LIVE", "replay": "REPLAY", "tap": "TAP"}


class RunView:
    """A run as it stands. `apply` takes every event of the run, once."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.note: str | None = None
        self.faults: tuple[str, ...] = ()
        """What goes wrong on purpose: a run with faults must never look like any other."""
        self.panes: dict[str, PaneView] = {}
        self.finished: RunFinished | None = None
        self.seen = -1
        """The highest `seq` so far; -1 before the first event."""

    def apply(self, event: AnyEvent) -> None:
        """Take in one event."""
        self.seen = max(self.seen, event.seq)
        if event.step is not None:
            pane = self.pane(event.step)
            pane.apply(event)
            pane.seen = event.seq
        elif isinstance(event, RunStarted):
            self.mode, self.note, self.faults = event.mode, event.note, event.faults
            for step in event.steps:
                self.pane(step)
        elif isinstance(event, RunFinished):
            self.finished = event

    def pane(self, step: str) -> PaneView:
        """The view of a step, made when first asked for."""
        view = self.panes.get(step)
        if view is None:
            view = self.panes[step] = PaneView(step)
            view.faulted = any(concerns(fault, step) for fault in self.faults)
        return view

    def header(self, now: int) -> str:
        """One line: mode, status, elapsed, how many steps are over."""
        mode = _MODE_WORDS.get(self.mode, self.mode.upper())
        ended = sum(pane.ended for pane in self.panes.values())
        steps = f"{ended}/{len(self.panes)} steps"
        if self.finished is not None:
            status = f"{_STATUS_WORDS[self.finished.status]} in {duration(self.finished.elapsed)}"
        else:
            status = f"running {duration(max(0, now))}"
        return join(mode, status, steps, sanitise_line(self.note) if self.note else None)

    def summary(self) -> list[str]:
        """At the end, a line for each step: those with something to tell first."""
        if self.finished is None:
            return []
        lines = [(not _is_notable(pane), _step_summary(pane)) for pane in self.panes.values()]
        return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


def _is_notable(pane: PaneView) -> bool:
    return bool(pane.stalls or pane.badge != "STREAM" or pane.state != "done" or pane.lints)


def _step_summary(pane: PaneView) -> str:
    first = pane.first_delta
    reason = pane.reason or (pane.error.message if pane.error is not None else None)
    return f"{SIGNS[pane.state]} " + join(
        pane.step,
        pane.state if pane.state != "done" else None,
        f"SYNC ({pane.sync_reason})" if pane.sync_reason and pane.badge == "SYNC" else pane.badge,
        f"TTFT {duration(first)}" if first is not None else None,
        *(stall_text(stall) for stall in pane.stalls),
        sanitise_line(f"written to {pane.saved}") if pane.saved else None,
        sanitise_line(reason) if reason and pane.state != "done" else None,
    )


class RunClock:
    """Tells how long the run goes on, from any monotonic clock in ns and the `at` of the events that come.

    The run began at the earliest moment that any event allows: an event is never seen before it happened.
    """

    def __init__(self) -> None:
        self._began: int | None = None
        self._latest = 0

    def observe(self, clock: int, at: int) -> None:
        """An event that happened `at` was seen when the clock said `clock`."""
        began = clock - at
        self._began = began if self._began is None else min(self._began, began)
        self._latest = max(self._latest, at)

    @property
    def newest(self) -> int:
        """When the newest event happened."""
        return self._latest

    def now(self, clock: int) -> int:
        """Ns since the run began; never before the newest event."""
        return self._latest if self._began is None else max(self._latest, clock - self._began)

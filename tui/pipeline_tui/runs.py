"""The runs of this session: they go on when nobody looks, and are found again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline_runtime.events import Delta, Fallback, FrameReceived, RunFinished, RunStarted, StepStarted
from pipeline_tui.listing.rows import badge_of, first_delta_of
from pipeline_tui.views.format import duration, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from pathlib import Path

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.events import AnyEvent, Mode
    from pipeline_runtime.workflow import ModelSwap
    from pipeline_runtime.workflow.models import Workflow
    from pipeline_tui.listing.rows import Badge
    from pipeline_tui.views.source import RunSource

NS = 1_000_000_000
STATE_SIGNS = {"ok": "✓", "failed": "✗", "cancelled": "■", "skipped": "-"}


class Tally:
    """What a list says of a run: a reducer that looks at few events and costs a type check for the rest."""

    def __init__(self) -> None:
        self.finished: RunFinished | None = None
        self.badge: Badge | None = None
        self.step: str | None = None
        self.faults: str | None = None
        """`FAULTS` when it has some."""

    def feed(self, events: Iterable[AnyEvent]) -> bool:
        """Take in events; true when what a list shows has changed."""
        before = (self.step, self.badge, self.finished)
        for event in events:
            if not isinstance(event, Delta):
                self._apply(event)
        return before != (self.step, self.badge, self.finished)

    def _apply(self, event: AnyEvent) -> None:
        if isinstance(event, RunFinished):
            self.finished, self.badge = event, badge_of(event)
        elif isinstance(event, RunStarted):
            self.faults = "FAULTS" if event.faults else None
        elif isinstance(event, StepStarted):
            self.step, self.badge = event.step, None
        elif isinstance(event, Fallback):
            self.badge = "SYNC"
        elif isinstance(event, FrameReceived) and event.n == 0:
            self.badge = "STREAM"


class WatchedRun:
    """A run source that also keeps a tally of what goes through it."""

    def __init__(self, source: RunSource, on_change: Callable[[WatchedRun], None]) -> None:
        self._source = source
        self._on_change = on_change
        self.tally = Tally()

    @property
    def id(self) -> str:
        """The run's id."""
        return self._source.id

    @property
    def mode(self) -> Mode:
        """Who answers."""
        return self._source.mode

    @property
    def log_path(self) -> Path | None:
        """The file of the run log."""
        return self._source.log_path

    @property
    def finished(self) -> bool:
        """Whether the run is over."""
        return self._source.finished

    @property
    def gate(self) -> Gate | None:
        """What pauses and steps it."""
        return self._source.gate

    async def batches(self) -> AsyncIterator[list[AnyEvent]]:
        """The run's events; the tally has seen them before anyone else."""
        async for batch in self._source.batches():
            if self.tally.feed(batch):
                self._on_change(self)
            yield batch

    def history(self) -> Iterable[AnyEvent]:
        """All events so far."""
        return self._source.history()

    def raw_bytes(self, step: str, attempt: int, offset: int, size: int) -> bytes | None:
        """The bytes of an attempt's body."""
        return self._source.raw_bytes(step, attempt, offset, size)

    def cancel(self, step: str | None = None) -> None:
        """Cancel a step or the run."""
        self._source.cancel(step)


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall be run, and how."""

    workflow: Workflow
    path: Path
    inputs: dict[str, Any]
    mode: str
    swap: ModelSwap | None = None
    """Who answers in place of the one that the file names: `workflow` has it already."""
    faults: tuple[str, ...] = ()
    """What goes wrong on purpose in every step."""

    @property
    def title(self) -> str:
        """What the run is called."""
        name = self.workflow.name or self.path.stem
        return f"{name} · {self.swap}" if self.swap is not None else name

    def swapped(self, swap: ModelSwap) -> Plan:
        """The same with another model.

        Raises:
            PipelineError: A step cannot be asked of it.
        """
        return replace(self, workflow=swap.apply(self.workflow), swap=swap)


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run of this session: what was started, and how it stands."""

    run: WatchedRun
    plan: Plan
    began: float
    """On the app's monotonic clock, in seconds."""

    @property
    def path(self) -> Path:
        """The workflow's file."""
        return self.plan.path

    @property
    def title(self) -> str:
        """What it is called."""
        return self.plan.title

    @property
    def going(self) -> bool:
        """Whether it has not ended yet."""
        return self.run.tally.finished is None and not self.run.finished

    @property
    def screen(self) -> str:
        """What its screen is installed as."""
        return f"run-{self.run.id}"

    def line(self, now: float) -> str:
        """Its state in a few words: sign, title, state, badge, elapsed, TTFT."""
        tally = self.run.tally
        done = tally.finished
        if done is None:
            elapsed = duration(int((now - self.began) * NS))
            gate = self.run.gate
            sign, state = ("‖", "stopped") if gate is not None and gate.is_paused() else ("▶", "running")
            return f"{sign} {self.title}  " + join(state, tally.step, tally.faults, tally.badge, elapsed)
        first = first_delta_of(done)
        ttft = f"TTFT {duration(first)}" if first is not None else None
        word = "done" if done.status == "ok" else done.status
        badge = tally.badge if done.status == "ok" else None
        return f"{STATE_SIGNS[done.status]} {self.title}  " + join(
            word, tally.faults, badge, ttft, duration(done.elapsed)
        )


class RunBook:
    """The runs that can be opened: all that are going, and those that ended and were not looked at since."""

    def __init__(self) -> None:
        self._entries: list[RunEntry] = []

    def __iter__(self) -> Iterator[RunEntry]:
        """Those that are going first, then the others, the newest first."""
        newest_first = self._entries[::-1]
        return iter(sorted(newest_first, key=lambda entry: not entry.going))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def going(self) -> list[RunEntry]:
        """Those that have not ended."""
        return [entry for entry in self if entry.going]

    def add(self, entry: RunEntry) -> None:
        """Take in a run that was started."""
        self._entries.append(entry)

    def drop(self, entry: RunEntry) -> None:
        """Forget a run."""
        self._entries = [other for other in self._entries if other is not entry]

    def of(self, run: str | None) -> RunEntry | None:
        """The run with this id."""
        return next((entry for entry in self._entries if entry.run.id == run), None)

    def surplus(self, most: int) -> list[RunEntry]:
        """The oldest ended runs beyond `most`: their screens hold memory."""
        ended = [entry for entry in self._entries if not entry.going]
        return ended[: max(0, len(ended) - most)]

"""What a replay has told so far, and the events that end one whose recording has no end: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import (
    AttemptStarted,
    Error,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepSummary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.events import AnyEvent, Status
    from pipeline_runtime.runlog.lines import LogHeader

CUT = "the recording ends here"


class Ledger:
    """Follows the events of one run and knows how to end it anywhere."""

    def __init__(self, header: LogHeader, log: str) -> None:
        self._header = header
        self._log = log
        self._seq = -1
        self._at = 0
        self._steps: dict[str, StepSummary | None] = {}
        """By step: how it ended, `None` while it has not."""
        self._began: dict[str, int] = {}
        self._attempts: dict[str, int] = {}
        self.told: dict[str | None, int] = {}
        """By step, the `seq` of the last event."""
        self.begun = False
        """`run_started` was among them."""
        self.finished = False
        """`run_finished` was."""

    def take(self, event: AnyEvent) -> None:
        """Follow the next event."""
        self._seq, self._at = max(event.seq, self._seq), max(event.at, self._at)
        self.told[event.step] = event.seq
        if isinstance(event, RunStarted):
            self.begun = True
            self._steps = dict.fromkeys(event.steps)
        elif isinstance(event, RunFinished):
            self.finished = True
        elif isinstance(event, StepStarted | AttemptStarted | StepFinished) and event.step is not None:
            self._follow(event, event.step)

    def opening(self) -> RunStarted:
        """The first event of a log that holds none."""
        header = self._header
        return RunStarted(
            header.run, None, None, 0, 0,
            workflow=header.workflow, mode=header.mode, steps=(), inputs={}, path=header.path,
            started_at=header.started_at, version=header.writer.rpartition(" ")[2],
        )  # fmt: skip

    def cut(self, why: str) -> Iterator[AnyEvent]:
        """The end of a recording that has none.

        Args:
            why: What became of it.
        """
        yield Error(
            *self._stamp(),
            type="log_cut",
            message=f"{CUT}: {why}",
            cure="everything that was recorded is shown",
            fatal=False,
        )
        yield from self.end("failed", CUT)

    def end(self, status: Status, reason: str) -> Iterator[AnyEvent]:
        """Every step that is not over ends so, and the run."""
        for step in [name for name, summary in self._steps.items() if summary is None]:
            elapsed = self._at - self._began.get(step, self._at)
            attempts = self._attempts.get(step, 0)
            run, _, _, seq, at = self._stamp()
            yield StepFinished(run, step, None, seq, at, status, elapsed, attempts, None, reason)
            self._steps[step] = StepSummary(step=step, status=status, elapsed=elapsed, reason=reason)
        summaries = tuple(summary for summary in self._steps.values() if summary is not None)
        self.finished = True
        yield RunFinished(*self._stamp(), status=status, elapsed=self._at, steps=summaries, log=self._log)

    def _follow(self, event: StepStarted | AttemptStarted | StepFinished, step: str) -> None:
        if isinstance(event, StepFinished):
            self._steps[step] = StepSummary(
                step=step,
                status=event.status,
                elapsed=event.elapsed,
                delivery=event.delivery,
                reason=event.reason,
            )
            return
        self._steps.setdefault(step, None)
        if isinstance(event, StepStarted):
            self._began[step] = event.at
        else:
            self._attempts[step] = event.attempt or 0

    def _stamp(self) -> tuple[str, None, None, int, int]:
        self._seq += 1
        return self._header.run, None, None, self._seq, self._at

"""Takes the newly recorded steps of a run into a cassette, which stays a run log of one run."""

from __future__ import annotations

import os
import tempfile
from heapq import merge as merge_sorted
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import RunLogError
from pipeline_runtime.events import Event, RunFinished, RunStarted, StepFinished
from pipeline_runtime.runlog.derivation import Derivation
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline_runtime.runlog.lines import Line, LogHeader


class _Take:
    """The lines of one run log, apart: those of the run, and those of each step."""

    def __init__(self, path: Path) -> None:
        log = RunLog(path)
        self.header: LogHeader = log.header
        self.begun: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.steps: dict[str, list[Line]] = {}
        for line in log.lines():
            if isinstance(line, RunStarted):
                self.begun = line
            elif isinstance(line, RunFinished):
                self.finished = line
            elif isinstance(line, ChunkLine | BodyEndLine | Event) and line.step is not None:
                self.steps.setdefault(line.step, []).append(line)

    def went_well(self, step: str) -> bool:
        """Whether the step ended so."""
        lines = self.steps.get(step, [])
        return any(isinstance(line, StepFinished) and line.status == "ok" for line in lines)


def merge(cassette: Path, log: Path, recorded: set[str]) -> list[str]:
    """Replace in the cassette the steps that a run has recorded; steps that failed stay as they were.

    Args:
        cassette: A run log, or a file that is not there yet.
        log: Of the run.
        recorded: The steps of which something was recorded.

    Returns:
        The steps that were taken in; with none, the cassette is left alone.

    Raises:
        RunLogError: One of the two cannot be read, or the run's is not whole.
        OSError: The cassette cannot be written.
    """
    new = _Take(log)
    if new.begun is None or new.finished is None:
        raise RunLogError(
            f"{log}: the run's own log is not whole", cure="see the run's notes, and run it again"
        )
    kept = [step for step in new.steps if step in recorded and new.went_well(step)]
    if kept:
        old = _Take(cassette) if cassette.exists() else None
        _replace(cassette, _merged(old, new, kept, ends=(new.begun, new.finished)))
    return kept


def _merged(
    old: _Take | None, new: _Take, kept: Sequence[str], *, ends: tuple[RunStarted, RunFinished]
) -> Iterator[Line]:
    """All lines, in order of time, numbered anew; `ends`: the new run's first event and its last."""
    taken = {step: lines for step, lines in new.steps.items() if step in kept}
    steps = {**(old.steps if old is not None else {}), **taken}
    summaries = {
        summary.step: summary
        for take, wanted in ((old, steps), (new, taken))
        for summary in (take.finished.steps if take is not None and take.finished is not None else ())
        if summary.step in wanted
    }
    begun, finished = ends
    header = (old or new).header
    mode = header.mode if old is not None else "live"
    header = msgspec.structs.replace(header, mode=mode)
    names = tuple(step for step in (*begun.steps, *steps) if step in steps)
    first = msgspec.structs.replace(begun, mode=mode, note=None, steps=tuple(dict.fromkeys(names)))
    body = list(merge_sorted(*(_timed(lines) for lines in steps.values()), key=lambda timed: timed[0]))
    end = max((at for at, _ in body), default=first.at)
    last = msgspec.structs.replace(
        finished,
        at=end,
        elapsed=end,
        status="ok" if all(summary.status == "ok" for summary in summaries.values()) else "failed",
        log=None,
        steps=tuple(summaries.values()),
    )
    yield header
    yield from _numbered(header.run, [first, *(line for _, line in body), last])


def _timed(lines: Iterable[Line]) -> Iterator[tuple[int, Line]]:
    """Each line with the latest moment so far: a step's own order stays as it was."""
    latest = 0
    for line in lines:
        latest = max(latest, getattr(line, "at", 0))
        yield latest, line


def _numbered(run: str, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines as of one run, without holes in their numbers: bodies hold events too, which count."""
    derivation = Derivation(run)
    for line in lines:
        if isinstance(line, Event):
            line = msgspec.structs.replace(line, run=run, seq=derivation.next_seq)  # noqa: PLW2901 - as renamed
        derivation.feed(line)
        yield line


def _replace(path: Path, lines: Iterable[Line]) -> None:
    """Write beside it, then take its place: whoever reads it sees the old file or the new one."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    encode = msgspec.json.Encoder().encode
    file, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(file, "wb") as out:
            out.writelines(encode(line) + b"\n" for line in lines)
        if path.exists():
            Path(name).chmod(path.stat().st_mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

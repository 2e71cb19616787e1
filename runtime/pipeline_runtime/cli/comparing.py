"""`diff`: two recorded runs, compared for a person or for CI."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.cli.exits import FAILED, OK
from pipeline_runtime.compare import compare_runs
from pipeline_runtime.errors import InputError, RunLogError
from pipeline_runtime.library import Library
from pipeline_runtime.runlog.reader import RunLog
from pipeline_runtime.sanitise import sanitise_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.compare import Aspect, Comparison, StepComparison

HUNDRED = 100


def compare(a: str, b: str, *, text: bool, order: bool, timing: str | None, as_json: bool) -> int:
    """Print in what two runs differ.

    Without `text`, `order` and `timing`, texts and order are compared; how steps and runs ended always is.

    Raises:
        InputError: There is no such run, or `timing` is no percentage.
        RunLogError: A log cannot be read.
    """
    library = Library()
    logs = RunLog(library.find(a)), RunLog(library.find(b))
    aspects: set[Aspect] = {"status"}
    aspects |= {"text"} if text else set()
    aspects |= {"order"} if order else set()
    aspects |= {"timing"} if timing is not None else set()
    if aspects == {"status"}:
        aspects |= {"text", "order"}
    tolerance = 0.0 if timing is None else read_percent(timing)
    try:
        found = compare_runs(logs[0].events(), logs[1].events(), aspects=aspects, tolerance=tolerance)
    except OSError as error:  # exit 1 would say that they differ
        raise RunLogError(f"a run log cannot be read any more: {error.strerror}") from error
    for log in logs:
        if log.torn:
            sys.stderr.write(sanitise_line(f"{log.path}: damaged, compared up to there: {log.torn}") + "\n")
    if as_json:
        sys.stdout.write(msgspec.json.encode(_as_json(logs, found)).decode() + "\n")
    else:
        names = logs[0].header.run, logs[1].header.run
        for line in _told(names, found, metrics=timing is not None):
            sys.stdout.write(sanitise_line(line) + "\n")
    return OK if found.equal else FAILED


def read_percent(text: str) -> float:
    """A tolerance as a part: `20%` is 0.2.

    Raises:
        InputError: It is no percentage.
    """
    number = text.strip().removesuffix("%")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InputError(f"--timing {text}: no percentage", cure="write --timing 20%")
    return value / HUNDRED


def _told(names: tuple[str, str], found: Comparison, *, metrics: bool) -> Iterator[str]:
    yield f"a  {names[0]}"
    yield f"b  {names[1]}"
    yield from found.reasons
    for step in found.only_a:
        yield f"{step}: only in a"
    for step in found.only_b:
        yield f"{step}: only in b"
    for one in found.steps:
        yield from _step(one, metrics=metrics)
    yield "equal" if found.equal else "different"


def _step(step: StepComparison, *, metrics: bool) -> Iterator[str]:
    yield f"{step.step}: {'differs in ' + ', '.join(step.differs) if step.differs else 'equal'}"
    yield from (f"  {aspect}: {reason}" for aspect, reason in zip(step.differs, step.reasons, strict=True))
    if "text" in step.differs:
        for lane, difference in step.texts.items():
            yield f"  {lane} at character {difference.at}"
            yield f"    a  {difference.a}"
            yield f"    b  {difference.b}"
    if metrics:
        yield f"  {'':<14}{'a':>14}{'b':>14}"
        for row in step.metrics:
            yield f"  {row.name:<14}{row.a:>14}{row.b:>14}{'  too far apart' if row.differs else ''}"


def _as_json(logs: tuple[RunLog, RunLog], found: Comparison) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "a": logs[0].header.run,
        "b": logs[1].header.run,
        **msgspec.to_builtins(found),
    }

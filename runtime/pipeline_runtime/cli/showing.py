"""Recorded runs in lines for a person, and as JSON values: pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline_runtime.library import show_size
from pipeline_runtime.wording import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.events import Timings
    from pipeline_runtime.library import AttemptDetails, RunDetails, StepDetails
    from pipeline_runtime.runlog.reader import RunLog
    from pipeline_runtime.runlog.summaries import RunSummary

HEAD = ("RUN", "STARTED", "STATUS", "TIME", "DELTAS", "DELIVERY", "STALLS", "SIZE", "WORKFLOW")
RIGHT = frozenset({"TIME", "DELTAS", "STALLS", "SIZE"})


def run_table(runs: Sequence[RunSummary]) -> list[str]:
    """A head and a line for each run; a run is called by the end of its id where that is enough."""
    ends = [run.run.rpartition("-")[2] for run in runs]
    rows: list[tuple[str, ...]] = [HEAD]
    for run, end in zip(runs, ends, strict=True):
        rows.append(
            (
                end if ends.count(end) == 1 else run.run,
                moment(run.started_at),
                run.status,
                _time(run.elapsed),
                _count(run.deltas),
                "+".join(run.deliveries) or "-",
                _count(run.stalls),
                show_size(run.size),
                f"{run.workflow} ({_broken(run.faults)})" if run.faults else run.workflow,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return ["  ".join(map(_cell, row, HEAD, widths)).rstrip() for row in rows]


def run_as_json(run: RunSummary) -> dict[str, Any]:
    """One run of a list."""
    return {
        "run": run.run,
        "workflow": run.workflow,
        "path": run.path,
        "mode": run.mode,
        "started_at": run.started_at,
        "status": run.status,
        "elapsed": run.elapsed,
        "deltas": run.deltas,
        "deliveries": run.deliveries,
        "stalls": run.stalls,
        "size": run.size,
        "faults": run.faults,
        "log": run.log,
    }


def details_as_json(log: RunLog, details: RunDetails) -> dict[str, Any]:
    """One run whole."""
    header = log.header
    return {
        "run": header.run,
        "workflow": header.workflow,
        "path": header.path,
        "mode": header.mode,
        "started_at": header.started_at,
        "log": str(log.path),
        "torn": log.torn,
        **msgspec.to_builtins(details),
    }


def told_details(log: RunLog, details: RunDetails) -> Iterator[str]:
    """One run, in lines that may hold anything a server said."""
    header, finished = log.header, details.finished
    ending = f"{finished.status} in {seconds(finished.elapsed)}" if finished else "without an end"
    yield f"{header.workflow}: {ending}"
    yield f"  run      {header.run}"
    yield f"  started  {moment(header.started_at)}, mode {header.mode}"
    if header.path:
        yield f"  file     {header.path}"
    yield f"  log      {log.path}"
    if log.torn:
        yield f"  damaged  {log.torn}"
    if details.started and details.started.faults:
        yield f"  {_broken(details.started.faults)}"
    for name, value in details.started.inputs.items() if details.started else ():
        yield f"  input    {name}: {_plain(value)}"
    for error in details.errors:
        yield f"  error    {error.type}: {error.message} ({error.cure})"
    for step in details.steps:
        yield from _step(step)


def moment(started_at: str) -> str:
    """A recorded time in this machine's zone: `2026-11-21 06:59`."""
    try:
        return f"{datetime.fromisoformat(started_at).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return started_at


def _step(step: StepDetails) -> Iterator[str]:
    who = f" · {step.started.provider}/{step.started.model}" if step.started else ""
    finished = step.finished
    ending = f"{finished.status} in {seconds(finished.elapsed)}" if finished else "without an end"
    delivery = f", {finished.delivery.upper()}" if finished and finished.delivery else ""
    yield f"── {step.step}{who}: {ending}{delivery}"
    if finished is not None and finished.reason:
        yield f"   {finished.reason}"
    for attempt in step.attempts:
        yield from _attempt(attempt)
    for error in step.errors:
        if not error.fatal or not step.attempts:
            yield f"   {error.type}: {error.message}"
    if step.thinking:
        yield f"   thinking: {counted(len(step.thinking), 'character')}"
    yield from (f"   │ {line}" for line in step.text.splitlines())
    response = step.attempts[-1].response if step.attempts else None
    for call in response.tool_calls if response else ():
        yield f"   tool {call.name or '?'} {call.arguments}{'' if call.complete else ' (cut)'}"


def _attempt(attempt: AttemptDetails) -> Iterator[str]:
    status = f"status {attempt.opened.status}" if attempt.opened else "no response"
    reason = f": {attempt.reason}" if attempt.reason else ""
    yield (
        f"   attempt {attempt.number} ({attempt.why}, asked for {attempt.asked}): {status}, "
        f"{attempt.ending or 'without an end'}{reason}"
    )
    yield from (f"     {line}" for line in _timings(attempt.timings))
    for lint in attempt.lints:
        times = f" ({lint.count:,} times)" if lint.count > 1 else ""
        yield f"     lint {lint.code}{times}: {lint.message} ({lint.cure})"
    if attempt.unknowns:
        yield f"     {counted(attempt.unknowns, 'event')} that the protocol does not know"
    request = attempt.request
    yield f"     {request.method} {request.url}"
    yield from (f"       {name}: {value}" for name, value in request.headers)
    if request.body is not None:
        yield f"       {msgspec.json.encode(request.body).decode()}"


def _timings(timings: Timings) -> Iterator[str]:
    yield (
        f"headers {_time(timings.headers)} · first delta {_time(timings.first_delta)} · "
        f"first text {_time(timings.first_text)} · total {_time(timings.total)}"
    )
    if timings.deltas or timings.frames:
        yield _counts(timings)
    for stall in timings.stalls:
        yield f"stalled {seconds(stall.duration)} after delta {stall.after}"


def _counts(timings: Timings) -> str:
    gaps = " ".join(f"{name} {_time(gap)}" for name, gap in timings.gap_percentiles)
    return (
        f"{counted(timings.deltas, 'delta')} in {counted(timings.frames, 'frame')}, "
        f"{counted(timings.chunks, 'read')}, {counted(timings.bytes, 'byte')} · gaps {gaps}"
    )


def _cell(text: str, name: str, width: int) -> str:
    return f"{text:>{width}}" if name in RIGHT else f"{text:<{width}}"


def _time(nanoseconds: int | None) -> str:
    return "-" if nanoseconds is None else seconds(nanoseconds)


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _broken(faults: Sequence[str]) -> str:
    return f"faults: {', '.join(faults)}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

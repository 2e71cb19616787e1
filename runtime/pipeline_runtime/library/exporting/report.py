"""A recorded run as a Markdown report, to be put into an issue or a review. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.curl import curl_command
from pipeline_runtime.library.exporting.markdown import cell, code, fenced, plain, table
from pipeline_runtime.wording import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.events import Error, Timings
    from pipeline_runtime.library.details import AttemptDetails, RunDetails, StepDetails
    from pipeline_runtime.runlog.lines import LogHeader

ATTEMPTS = (
    "attempt",
    "asked",
    "response",
    "first delta",
    "total",
    "deltas",
    "gaps p50 / p90 / p95 / p99 / max",
    "stalls",
    "ending",
)


def report_of(header: LogHeader, details: RunDetails, torn: str | None = None) -> str:
    """The whole report."""
    return "\n\n".join(_parts(header, details, torn)) + "\n"


def _parts(header: LogHeader, details: RunDetails, torn: str | None) -> Iterator[str]:
    finished = details.finished
    status = finished.status if finished else "cut"
    yield f"# {plain(header.workflow)}: {status}"
    facts = [
        ("run", cell(header.run)),
        ("mode", header.mode),
        ("started", header.started_at),
        ("took", seconds(finished.elapsed) if finished else "the recording has no end"),
        ("recorded by", plain(header.writer)),
    ]
    if header.path:
        facts.insert(1, ("file", cell(header.path)))
    yield table(("", ""), facts)
    if torn:
        yield f"The log is damaged behind its last whole line: {plain(torn)}."
    if details.started is not None and details.started.inputs:
        yield "Inputs:\n\n" + fenced(_json(details.started.inputs), "json")
    for error in details.errors:
        yield _error(error)
    for step in details.steps:
        yield from _step(step)


def _step(step: StepDetails) -> Iterator[str]:
    finished = step.finished
    yield f"## {plain(step.step)}: {finished.status if finished else 'cut'}"
    if step.started is not None:
        asked = "a stream" if step.started.stream else "a sync answer"
        yield (
            f"{plain(step.started.provider)}, model {code(step.started.model)}, "
            f"protocol {step.started.protocol}, asked for {asked}"
            + (f", came as **{finished.delivery.upper()}**" if finished and finished.delivery else "")
            + "."
        )
    if finished is not None and finished.reason:
        yield plain(finished.reason)
    if step.attempts:
        yield table(ATTEMPTS, map(_attempt, step.attempts))
    for attempt in step.attempts:
        yield from _findings(attempt)
    for error in step.errors:
        yield _error(error)
    yield from _answer(step)
    if step.attempts and step.started is not None:
        request = step.attempts[-1].request
        yield "Its last request:\n\n" + fenced(curl_command(request, provider=step.started.provider), "sh")


def _error(error: Error) -> str:
    cure = f" ({plain(error.cure)})" if error.cure else ""
    return f"**{plain(error.type)}**: {plain(error.message)}{cure}"


def _attempt(attempt: AttemptDetails) -> tuple[str, ...]:
    timings = attempt.timings
    ending = f"{attempt.ending or 'cut'}" + (f": {attempt.reason}" if attempt.reason else "")
    return (
        f"{attempt.number} ({attempt.why})",
        attempt.asked,
        str(attempt.opened.status) if attempt.opened else "none",
        _time(timings.first_delta),
        _time(timings.total),
        f"{timings.deltas:,}",
        " / ".join(_time(gap) for _, gap in timings.gap_percentiles),
        _stalls(timings),
        plain(ending),
    )


def _findings(attempt: AttemptDetails) -> Iterator[str]:
    lines = [
        f"- {code(lint.code)}{f' ({lint.count:,} times)' if lint.count > 1 else ''}: {plain(lint.message)} "
        f"({plain(lint.cure)})"
        for lint in attempt.lints
    ]
    if attempt.unknowns:
        lines.append(f"- {counted(attempt.unknowns, 'event')} that the protocol does not know")
    if lines:
        yield f"Findings in attempt {attempt.number}:\n\n" + "\n".join(lines)


def _answer(step: StepDetails) -> Iterator[str]:
    if step.thinking:
        yield "Thinking:\n\n" + fenced(step.thinking, "text")
    if step.text:
        yield "Text:\n\n" + fenced(step.text, "text")
    response = step.attempts[-1].response if step.attempts else None
    for call in response.tool_calls if response else ():
        cut = "" if call.complete else " (cut)"
        yield f"Tool call {code(call.name or '?')}{cut}:\n\n" + fenced(call.arguments, "json")
    if response is not None and response.usage is not None:
        usage = response.usage
        yield f"Tokens, as the server counted: input {_count(usage.input)}, output {_count(usage.output)}."


def _stalls(timings: Timings) -> str:
    if not timings.stalls:
        return "0"
    longest = max(stall.duration for stall in timings.stalls)
    return f"{len(timings.stalls)}, longest {seconds(longest)}"


def _time(nanoseconds: int | None) -> str:
    return "-" if nanoseconds is None else seconds(nanoseconds)


def _count(tokens: int | None) -> str:
    return "not told" if tokens is None else f"{tokens:,}"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()

"""Writes a recorded run in one of the forms, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import msgspec

from pipeline_runtime.curl import curl_command
from pipeline_runtime.library.details import read_details
from pipeline_runtime.library.exporting.choosing import chosen_attempts, one_attempt
from pipeline_runtime.library.exporting.har import har_of
from pipeline_runtime.library.exporting.recording import Recording
from pipeline_runtime.library.exporting.report import report_of
from pipeline_runtime.runlog.lines import ChunkLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_runtime.runlog.reader import RunLog

Format: TypeAlias = Literal["log", "jsonl", "raw", "har", "curl", "md"]
"""The log itself; events as `run --json` prints them; one body's bytes; HAR 1.2; commands; a report."""
FORMATS: tuple[Format, ...] = get_args(Format)
ENDINGS: Mapping[Format, str] = {
    "log": "jsonl", "jsonl": "events.jsonl", "raw": "raw", "har": "har", "curl": "sh", "md": "md"
}  # fmt: skip
"""What a file of each form ends with, behind the run's id and a dot."""


def export_run(
    log: RunLog, form: Format, *, step: str | None = None, attempt: int | None = None
) -> Iterator[bytes]:
    """The pieces of the export; nothing is read before the first is taken.

    Args:
        log: The run.
        form: How.
        step: `raw` and `curl`: of this step only.
        attempt: `raw` and `curl`: this attempt only; `raw` takes the last one by itself.

    Raises:
        InputError: There is no such step or attempt, or `raw` does not know which is meant.
        RunLogError: A step speaks a protocol that this version does not know.
        OSError: The log cannot be read any more.
    """
    match form:
        case "log":
            return _whole_lines(log)
        case "jsonl":
            return (msgspec.json.encode(event) + b"\n" for event in log.events())
        case "raw":
            return _raw(log, step, attempt)
        case "har":
            return _har(log)
        case "curl":
            return _curl(log, step, attempt)
        case "md":
            return _report(log)


def _whole_lines(log: RunLog) -> Iterator[bytes]:
    """The log byte for byte, without a last line that was torn."""
    with log.path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))


def _raw(log: RunLog, step: str | None, attempt: int | None) -> Iterator[bytes]:
    place = one_attempt(read_details(log.events()), step, attempt)
    for line in log.lines():
        if isinstance(line, ChunkLine) and (line.step, line.attempt) == place:
            yield line.chunk().data


def _har(log: RunLog) -> Iterator[bytes]:
    yield msgspec.json.format(msgspec.json.encode(har_of(Recording(log))), indent=1) + b"\n"


def _curl(log: RunLog, step: str | None, attempt: int | None) -> Iterator[bytes]:
    found = chosen_attempts(read_details(log.events()), step, attempt)
    for one, tried in found:
        provider = one.started.provider if one.started else ""
        command = curl_command(tried.request, provider=provider)
        yield f"# step {one.step}, attempt {tried.number} ({tried.why})\n{command}".encode()


def _report(log: RunLog) -> Iterator[bytes]:
    details = read_details(log.events())
    yield report_of(log.header, details, log.torn).encode()

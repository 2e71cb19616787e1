"""`status:429*2:retry-after=1`: an HTTP failure in place of an answer. Pure."""

from __future__ import annotations

import re
from itertools import chain, repeat
from typing import TYPE_CHECKING

from pipeline_runtime.faults.model import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

RETRY_HEADERS = ("retry-after", "retry-after-ms", "x-should-retry")
_STATUSES = range(400, 600)
_FORM = re.compile(r"(\d{3})(?:\*([1-9]\d*|always))?(?::(.+))?", re.DOTALL)
_VALUE = re.compile(r"[A-Za-z0-9.:+ -]+")


def read_status(text: str) -> Fault | None:
    """Read what stands behind `status:`; `None`: it has another form.

    Raises:
        ValueError: The status is no failure, or a header is none of those that speak of retrying.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    status = int(match[1])
    if status not in _STATUSES:
        raise ValueError(f"status {status} is no failure: give 400 to 599")
    times = None if match[2] == "always" else int(match[2] or 1)
    return Fault("status", status=status, times=times, headers=_read_headers(match[3]))


def _read_headers(text: str | None) -> tuple[tuple[str, str], ...]:
    headers = []
    for pair in text.split(",") if text else ():
        name, _, value = pair.partition("=")
        if name not in RETRY_HEADERS or not _VALUE.fullmatch(value):
            raise ValueError(
                f"{pair!r} is no retry header: give one of {', '.join(RETRY_HEADERS)}, e.g. retry-after=1"
            )
        headers.append((name, value))
    return tuple(headers)


def status_fault(faults: Sequence[Fault], number: int) -> Fault | None:
    """The `status` fault that request `number` (from 0) meets.

    The faults are met one after the other; then one request succeeds and the round begins anew, so that
    every run of a workflow shows the same.
    """
    statuses = [fault for fault in faults if fault.kind == "status"]
    for place, fault in enumerate(statuses):
        if fault.times is None and number >= sum(other.times or 0 for other in statuses[:place]):
            return fault
    line = list(chain.from_iterable(repeat(fault, fault.times or 0) for fault in statuses))
    place = number % (len(line) + 1)
    return line[place] if place < len(line) else None

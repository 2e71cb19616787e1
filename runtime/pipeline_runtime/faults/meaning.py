"""Faults in plain words, and how what is typed of one could go on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.faults.grammar import FORMS, PLACED, FaultSyntaxError
from pipeline_runtime.faults.model import EVER
from pipeline_runtime.faults.running import parse_run_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.faults.model import Fault, FaultKind


def meaning(fault: Fault) -> str:
    """One line: what happens, and where."""
    return f"{_WHAT[fault.kind](fault)}{_where(fault)}"


def complete_fault(typed: str) -> list[tuple[str, str]]:
    """What could stand in place of a text that is typed, the likeliest first, each with its meaning.

    Only faults that a run can have.
    """
    offered = [form for form in FORMS if form.startswith(typed) and form != typed]
    if "@" in typed or ":" in typed:
        offered += _with_parameter(typed)
    return [(text, said) for text in offered if (said := told(text)) is not None]


def told(text: str) -> str | None:
    """The meaning of what is written; `None`: it is no fault that a run can have."""
    try:
        return meaning(parse_run_fault(text))
    except FaultSyntaxError:
        return None


def _with_parameter(typed: str) -> list[str]:
    """What has its place, with the parameter of its form."""
    kind, at, place = typed.partition("@")
    if not at or ":" in place.removeprefix("byte:"):
        return []
    examples = [form for form in FORMS if form.startswith(f"{kind}@") and ":" in form]
    return [f"{typed.removesuffix(':')}:{form.partition(':')[2]}" for form in examples]


def _where(fault: Fault) -> str:
    if fault.kind not in PLACED:
        return ""
    if fault.unit == "byte":
        return f", before byte {fault.at} of the body"
    if fault.until == EVER:
        return f", at each delta from {_delta(fault.at)} on" if fault.at else ", at each delta"
    if fault.until is not None:
        return f", at each delta from {fault.at} to {fault.until}"
    return f", at delta {_delta(fault.at)}"


def _delta(at: int) -> str:
    """A place counted from the end is told as it is written: `-1 (the last)`."""
    return f"{at} (the last)" if at == -1 else str(at)


def _seconds(fault: Fault) -> str:
    return f"{fault.seconds:g} s" if fault.seconds >= 1 else f"{fault.seconds * 1000:g} ms"


def _statuses(fault: Fault) -> str:
    which = {None: "all requests", 1: "the first request"}
    many = which.get(fault.times, f"the first {fault.times} requests")
    headers = "".join(f", {name}: {value}" for name, value in fault.headers)
    return f"status {fault.status} for {many}{headers}"


_WHAT: dict[FaultKind, Callable[[Fault], str]] = {
    "stall": lambda fault: f"silence for {_seconds(fault)}",
    "disconnect": lambda _: "the connection is closed",
    "error": lambda fault: f"an {fault.error} inside the stream, and nothing more",
    "status": _statuses,
    "malform": lambda _: "the JSON is cut in its middle",
    "unknown": lambda _: "an event that no client knows comes first",
    "duplicate": lambda _: "it is sent twice",
    "no_terminator": lambda _: "what ends a stream is missing",
    "keepalive": lambda fault: f"silences are broken every {_seconds(fault)}",
    "delay": lambda fault: f"it comes {_seconds(fault)} later",
    "jitter": lambda fault: f"it comes 0 to {_seconds(fault)} later",
    "coalesce": lambda _: "they come in one write",
    "split": lambda fault: f"the frame comes in {fault.number} parts",
    "split-utf8": lambda _: "the first character of several bytes is cut inside",
    "drop": lambda _: "it is not sent",
    "reorder": lambda _: "it comes after the next one",
    "truncate": lambda _: "the body ends in its middle, as if it were whole",
    "endless": lambda _: "a frame begins that does not end",
    "slow-headers": lambda fault: f"status and headers come {_seconds(fault)} later",
    "content-type": lambda fault: f"the content type says {fault.content_type}",
    "seed": lambda fault: f"what is random is that of seed {fault.number}",
}

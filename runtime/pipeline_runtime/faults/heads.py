"""Faults of a response's head. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.faults.model import Fault

Headers: TypeAlias = "tuple[tuple[str, str], ...]"


def head_delay(faults: Sequence[Fault]) -> float:
    """Seconds by which status and headers come later."""
    return sum(fault.seconds for fault in faults if fault.kind == "slow-headers")


def content_type(headers: Headers, faults: Sequence[Fault]) -> Headers:
    """The headers, with the content type that the last such fault names."""
    named = [fault.content_type for fault in faults if fault.kind == "content-type"]
    if not named:
        return headers
    others = tuple(pair for pair in headers if pair[0].lower() != "content-type")
    return (("content-type", named[-1]), *others)

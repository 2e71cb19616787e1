"""Faults of an answer that is no stream: one body, with nothing in it to count. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.faults.effects import Cut, End, Silence, Write
from pipeline_runtime.faults.octets import ByteStage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.faults.effects import Effect
    from pipeline_runtime.faults.model import Fault


def whole_effects(body: bytes, faults: Sequence[Fault]) -> list[Effect]:
    """Stalls add up before it; one that is cut, malformed or truncated is half of it; bytes are bytes."""
    here = [fault for fault in faults if fault.unit == "delta"]
    kinds = {fault.kind for fault in here}
    silence = sum(fault.seconds for fault in here if fault.kind in {"stall", "delay"})
    half = body[: len(body) // 2]
    told: list[Effect] = [Silence(silence)] if silence else []
    if "disconnect" in kinds:
        told += [Write(half), Cut()]
    elif kinds & {"malform", "truncate"}:
        told += [Write(half), End()]
    else:
        told.append(Write(body))
    stage = ByteStage([fault for fault in faults if fault.unit == "byte"])
    given: list[Effect] = []
    for effect in stage.pass_on(told):
        given.append(effect)
        if isinstance(effect, Cut | End):
            break
    return given

"""Faults at a byte of the body: the second stage, behind those at a delta. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.faults.effects import Cut, End, Silence, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline_runtime.faults.effects import Effect
    from pipeline_runtime.faults.model import Fault

PAUSE = 0.02


class ByteStage:
    """Cuts writes where a fault is to happen."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._due = sorted(faults, key=lambda fault: fault.at)
        self._offset = 0

    def pass_on(self, effects: Iterable[Effect]) -> Iterator[Effect]:
        """The effects, with these faults between their bytes."""
        for effect in effects:
            if isinstance(effect, Write) and self._due:
                yield from self._write(effect.data)
            else:
                yield effect

    def _write(self, data: bytes) -> Iterator[Effect]:
        while self._due and self._due[0].at < self._offset + len(data):
            fault = self._due.pop(0)
            here = fault.at - self._offset
            if here:
                yield Write(data[:here])
            data = data[here:]
            self._offset = fault.at
            yield _incident(fault)
        self._offset += len(data)
        yield Write(data)


def _incident(fault: Fault) -> Effect:
    if fault.kind == "disconnect":
        return Cut()
    if fault.kind == "truncate":
        return End()
    return Silence(PAUSE if fault.kind == "split" else fault.seconds)

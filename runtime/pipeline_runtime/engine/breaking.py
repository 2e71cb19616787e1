"""A run with faults: which it has, how it says so, and what puts them before whoever answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.engine.setting import Setting
    from pipeline_runtime.protocols.base import WireProtocol
    from pipeline_runtime.stream.sender import Sender
    from pipeline_runtime.workflow.models import Workflow


def faults_of(setting: Setting, workflow: Workflow) -> tuple[str, ...]:
    """For the record: the faults of every step, then each step's own as `STEP: FAULT`."""
    return (*setting.faults, *workflow.faults)


def with_fault_note(note: str | None, faults: Sequence[str]) -> str | None:
    """What a run says of itself at its begin, with its faults."""
    if not faults:
        return note
    said = f"faults are injected: {', '.join(faults)}"
    return f"{note}; {said}" if note else said


def broken(sender: Sender, faults: Sequence[str], protocol: WireProtocol) -> Sender:
    """The same sender, its answers broken; itself where there are no faults.

    Raises:
        InputError: One of them is no fault, or one that only a scenario can have.
    """
    if not faults:
        return sender
    from pipeline_runtime.stream.faulty import FaultySender  # noqa: PLC0415 - only when used

    return FaultySender(sender, faults, protocol=protocol)

"""A scripted run behind a real gate: what the gate lets through comes to the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers_tui import Script, ScriptedRun, flatten
from pipeline_runtime.debugging import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_runtime.debugging import Door
    from pipeline_runtime.events import AnyEvent


class GatedRun(ScriptedRun):
    """Emits through a gate; its record has everything at once, as the run log does."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.gate: Gate | None = Gate()
        self.log_path: Path | None = None
        self._record: list[AnyEvent] = []
        self._doors: dict[str, Door] = {}

    def emit(self, *items: AnyEvent | list[AnyEvent]) -> None:
        for event in flatten(items):
            self._record.append(event)
            if event.step is None or self.gate is None:
                super().emit(event)
            else:
                self.gate.let_through(self._door(event.step, self.gate), (event,))

    def history(self) -> list[AnyEvent]:
        return list(self._record)

    @property
    def handed_on(self) -> list[AnyEvent]:
        """What the gate has let through."""
        return list(self._events)

    def _door(self, step: str, gate: Gate) -> Door:
        if step not in self._doors:
            self._doors[step] = gate.add_door(step, self._pass)
        return self._doors[step]

    def _pass(self, events: Sequence[AnyEvent]) -> None:
        super().emit(list(events))

"""A run with faults: the layer that makes them, and the mark of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline_runtime.stream.faulty import fault_layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.engine.setting import Setting
    from pipeline_runtime.workflow.models import Workflow


def with_faults(setting: Setting, workflow: Workflow, faults: Sequence[str]) -> Setting:
    """The same setting, its streams broken: whoever answers, the simulator, a provider or a cassette.

    Nothing is learned of endpoints from such a run. Its first event names the faults, and so does its note.

    Raises:
        InputError: One of them is no fault, or one that only a scenario can have.
    """
    layer = fault_layer(workflow, faults)
    said = f"faults are injected: {', '.join(faults)}"
    return replace(
        setting,
        note=f"{setting.note}; {said}" if setting.note else said,
        remember=False,
        layers=(*setting.layers, layer),
        faults=(*setting.faults, *faults),
    )

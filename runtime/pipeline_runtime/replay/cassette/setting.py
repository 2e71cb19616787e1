"""The setting of a run whose answers come from a cassette."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline_runtime.engine.setting import Setting
from pipeline_runtime.providers import missing_keys
from pipeline_runtime.replay.cassette.cassette import Cassette
from pipeline_runtime.replay.pace import describe_speed

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.replay.cassette.cassette import Record
    from pipeline_runtime.workflow.models import Workflow

STAND_IN = "not-needed-for-a-replay"


def cassette_setting(
    workflow: Workflow, path: Path, *, record: Record = "none", speed: float = 1.0, **options: Any
) -> tuple[Setting, Cassette]:
    """How to run a workflow with a cassette. No key is needed but to record.

    Args:
        workflow: What is run.
        path: A run log.
        record: What becomes of requests that are not in it.
        speed: 1 as recorded, 2 twice as fast, `INSTANT` without a wait.
        **options: As `Setting.of` takes them, without `mode`.

    Returns:
        The setting, for one run, and the cassette, to be saved after it.

    Raises:
        InputError: There is no such cassette.
        RunLogError: It cannot be read, is no run log, or was written by a newer version.
    """
    live = Setting.of(workflow, mode="live", **options)
    environ = live.environ or os.environ
    missing = missing_keys(workflow, environ)
    cassette = Cassette(path, record=record, speed=speed, masker=live.masker, unset=dict(missing[::-1]))
    setting = replace(
        live,
        mode="replay",
        note=f"the cassette {path.name} answers, {describe_speed(speed)}",
        environ={**environ, **{variable: STAND_IN for _, variable in missing}},
        layers=(cassette.layer, *live.layers),
        recall=cassette.recall,
    )
    return setting, cassette

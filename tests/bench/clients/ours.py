"""The product's own path, whole: a run of a workflow with its log on disk, metrics and a handler."""

from __future__ import annotations

import json
import platform
import tempfile
from pathlib import Path
from typing import Any

from bench.clients.common import Task, main
from bench.flow import KEY, source_of
from pipeline_runtime import Delta, Setting, __version__, run
from pipeline_runtime.workflow import load_workflow_text


async def client(task: Task) -> None:
    take = task.take

    def handle_event(event: Any) -> None:
        if type(event) is Delta:
            take(event.content)

    with tempfile.TemporaryDirectory(dir=task.options.get("folder")) as folder:
        workflow = load_workflow_text(json.dumps(source_of(task.base, task.dialect, task.streams)), "bench")
        setting = Setting.of(
            workflow,
            mode="live",
            environ=KEY,
            logs=Path(folder),
            keep_log=task.options.get("keep_log", True),
            handlers=(handle_event,),
            console=None,
            remember=False,
        )
        finished = await run(workflow, setting=setting).wait()
    if finished.status != "ok":
        raise SystemExit(f"the run did not succeed: {finished}")


def versions() -> dict[str, str]:
    return {"pipeline-tui": __version__, "python": platform.python_version()}


if __name__ == "__main__":
    main(client, versions)

"""The product's own path, whole: a run of a workflow with its log on disk, metrics and a handler."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.clients.common import Task, cpu_seconds, main
from bench.flow import KEY, chained, source_of
from bench.probe import resident_mb
from pipeline_runtime import Delta, Setting, __version__, run
from pipeline_runtime.workflow import load_workflow_text

STATM = Path("/proc/self/statm")


def handler_of(task: Task) -> Callable[[Any], None]:
    """What takes the deltas; with the option `every` it notes CPU and memory after so many, again and again."""
    take, every = task.take, task.options.get("every")

    def handle_event(event: Any) -> None:
        if type(event) is Delta:
            take(event.content)

    def note(event: Any) -> None:
        if type(event) is Delta:
            take(event.content)
            if task.deltas % every == 0:
                task.notes.append((cpu_seconds(), resident_mb(STATM.read_bytes())))

    return note if every else handle_event


async def client(task: Task) -> None:
    make = chained if task.options.get("chained") else source_of
    with tempfile.TemporaryDirectory(dir=task.options.get("folder")) as folder:
        text, begin = json.dumps(make(task.base, task.dialect, task.streams)), cpu_seconds()
        workflow = load_workflow_text(text, "bench")
        task.loading = cpu_seconds() - begin
        setting = Setting.of(
            workflow,
            mode="live",
            environ=KEY,
            logs=Path(folder),
            keep_log=task.options.get("keep_log", True),
            handlers=(handler_of(task),),
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

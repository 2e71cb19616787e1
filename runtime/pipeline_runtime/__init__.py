"""The shared streaming runtime of pipeline-tui: headless, typed, and never reaching for a UI.

Names are imported on first use, so that `import pipeline_runtime` stays cheap:

    from pipeline_runtime import Delta, load_workflow, run

    async for event in run(load_workflow("draft.yaml"), {"topic": "tea"}):
        if isinstance(event, Delta):
            print(event.content, end="")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.compare import compare_runs
    from pipeline_runtime.engine.cancellation import Cancellation
    from pipeline_runtime.engine.invoke import Context, invoke, invoke_sync
    from pipeline_runtime.engine.run import Run, run
    from pipeline_runtime.engine.setting import Setting
    from pipeline_runtime.errors import (
        CallFailed,
        HandlerLoadError,
        InputError,
        PipelineError,
        RunLogError,
        WorkflowError,
    )
    from pipeline_runtime.events import (
        AnyEvent,
        AttemptStarted,
        Delta,
        Done,
        Error,
        Event,
        Fallback,
        FrameReceived,
        Lint,
        Response,
        ResponseOpened,
        Retry,
        RunFinished,
        RunStarted,
        Stall,
        StepFinished,
        StepStarted,
        ToolCall,
        Unknown,
        Usage,
    )
    from pipeline_runtime.handlers.contract import Handler
    from pipeline_runtime.handlers.idempotence import idempotent
    from pipeline_runtime.library import Library
    from pipeline_runtime.runlog.reader import RunLog
    from pipeline_runtime.runlog.summaries import RunSummary, last_runs, recent_runs
    from pipeline_runtime.workflow import (
        Workflow,
        bundled_workflows_dir,
        check_workflow,
        discover_workflows,
        load_workflow,
        rediscover,
    )

__version__ = "0.1.0"

_HOMES = {
    "pipeline_runtime.compare": ("compare_runs",),
    "pipeline_runtime.errors": (
        "CallFailed", "HandlerLoadError", "InputError", "PipelineError", "RunLogError", "WorkflowError",
    ),
    "pipeline_runtime.events": (
        "AnyEvent", "AttemptStarted", "Delta", "Done", "Error", "Event", "Fallback", "FrameReceived", "Lint",
        "Response", "ResponseOpened", "Retry", "RunFinished", "RunStarted", "Stall", "StepFinished",
        "StepStarted", "ToolCall", "Unknown", "Usage",
    ),
    "pipeline_runtime.engine.run": ("Run", "run"),
    "pipeline_runtime.engine.cancellation": ("Cancellation",),
    "pipeline_runtime.engine.invoke": ("Context", "invoke", "invoke_sync"),
    "pipeline_runtime.handlers.contract": ("Handler",),
    "pipeline_runtime.handlers.idempotence": ("idempotent",),
    "pipeline_runtime.engine.setting": ("Setting",),
    "pipeline_runtime.library": ("Library",),
    "pipeline_runtime.runlog.reader": ("RunLog",),
    "pipeline_runtime.runlog.summaries": ("RunSummary", "last_runs", "recent_runs"),
    "pipeline_runtime.workflow": (
        "Workflow", "bundled_workflows_dir", "check_workflow", "discover_workflows", "load_workflow",
        "rediscover",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AnyEvent", "AttemptStarted", "CallFailed", "Cancellation", "Context", "Delta", "Done", "Error",
    "Event", "Fallback", "FrameReceived", "Handler", "HandlerLoadError", "InputError", "Library", "Lint",
    "PipelineError", "Response", "ResponseOpened", "Retry", "Run", "RunFinished", "RunLog", "RunLogError",
    "RunStarted", "RunSummary", "Setting", "Stall", "StepFinished", "StepStarted", "ToolCall", "Unknown",
    "Usage", "Workflow", "WorkflowError", "bundled_workflows_dir", "check_workflow", "compare_runs",
    "discover_workflows", "idempotent", "invoke", "invoke_sync", "last_runs", "load_workflow",
    "recent_runs", "rediscover", "run",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]

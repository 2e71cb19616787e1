"""`pipeline_runtime`'s public names: what other programs build on."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pipeline_runtime
from pipeline_runtime import events

NAMES = [
    "AnyEvent",
    "AttemptStarted",
    "CallFailed",
    "Context",
    "Delta",
    "Done",
    "Error",
    "Event",
    "Fallback",
    "FrameReceived",
    "HandlerLoadError",
    "InputError",
    "Library",
    "Lint",
    "PipelineError",
    "Response",
    "ResponseOpened",
    "Retry",
    "Run",
    "RunFinished",
    "RunLog",
    "RunLogError",
    "RunStarted",
    "RunSummary",
    "Setting",
    "Stall",
    "StepFinished",
    "StepStarted",
    "ToolCall",
    "Unknown",
    "Usage",
    "Workflow",
    "WorkflowError",
    "bundled_workflows_dir",
    "check_workflow",
    "compare_runs",
    "discover_workflows",
    "invoke",
    "last_runs",
    "load_workflow",
    "recent_runs",
    "rediscover",
    "run",
]


def test_no_public_name_is_lost():
    assert set(NAMES) - set(pipeline_runtime.__all__) == set()


@pytest.mark.parametrize("name", pipeline_runtime.__all__)
def test_every_public_name_can_be_had_and_is_documented(name):
    found = getattr(pipeline_runtime, name)
    assert name == "AnyEvent" or found.__doc__


def test_every_event_of_the_union_is_public():
    assert {kind.__name__ for kind in events.AnyEvent.__args__} <= set(pipeline_runtime.__all__)


def test_a_wrong_name_is_an_attribute_error_and_the_rest_is_listed():
    with pytest.raises(AttributeError, match="'pipeline_runtime' has no attribute 'Detla'"):
        pipeline_runtime.Detla  # noqa: B018
    assert dir(pipeline_runtime) == sorted([*pipeline_runtime.__all__, "__version__"])


def test_a_star_import_gives_exactly_the_public_names():
    program = (
        "from pipeline_runtime import *; print(*sorted(name for name in dir() if not name.startswith('__')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted(pipeline_runtime.__all__)

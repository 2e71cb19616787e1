"""YAML to models, templates, and what a step asks of a provider.

Names are imported on first use: pydantic, ruamel.yaml and Jinja2 load with the first file, not before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_runtime.workflow.discovery import (
        FoundWorkflow,
        Glimpse,
        bundled_workflows_dir,
        discover_workflows,
        glimpse_workflows,
        rediscover,
        stamp,
    )
    from pipeline_runtime.workflow.inputs import resolve_inputs
    from pipeline_runtime.workflow.loader import (
        check_model,
        check_workflow,
        load_workflow,
        load_workflow_text,
    )
    from pipeline_runtime.workflow.models import (
        Defaults,
        HandlerSpec,
        Input,
        Provider,
        Retry,
        Step,
        Timeout,
        Tool,
        Workflow,
    )
    from pipeline_runtime.workflow.notices import Notice, summarise_notices
    from pipeline_runtime.workflow.order import dependencies
    from pipeline_runtime.workflow.request import model_request
    from pipeline_runtime.workflow.swapping import ModelSwap
    from pipeline_runtime.workflow.templates import StepView, Where, render

__all__ = [
    "Defaults",
    "FoundWorkflow",
    "Glimpse",
    "HandlerSpec",
    "Input",
    "ModelSwap",
    "Notice",
    "Provider",
    "Retry",
    "Step",
    "StepView",
    "Timeout",
    "Tool",
    "Where",
    "Workflow",
    "bundled_workflows_dir",
    "check_model",
    "check_workflow",
    "dependencies",
    "discover_workflows",
    "glimpse_workflows",
    "load_workflow",
    "load_workflow_text",
    "model_request",
    "rediscover",
    "render",
    "resolve_inputs",
    "stamp",
    "summarise_notices",
]

_HOMES = {
    "discovery": (
        "FoundWorkflow",
        "Glimpse",
        "bundled_workflows_dir",
        "discover_workflows",
        "glimpse_workflows",
        "rediscover",
        "stamp",
    ),
    "inputs": ("resolve_inputs",),
    "loader": ("check_model", "check_workflow", "load_workflow", "load_workflow_text"),
    "models": (
        "Defaults",
        "HandlerSpec",
        "Input",
        "Provider",
        "Retry",
        "Step",
        "Timeout",
        "Tool",
        "Workflow",
    ),
    "notices": ("Notice", "summarise_notices"),
    "order": ("dependencies",),
    "request": ("model_request",),
    "swapping": ("ModelSwap",),
    "templates": ("StepView", "Where", "render"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""What the tests of the bench share: its server, and runs of the product against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.app import App

from bench.flow import KEY, source_of
from bench.lab import Lab
from pipeline_runtime import Setting, run
from pipeline_runtime.workflow import load_workflow_text
from pipeline_tui.screens.run import RunScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.server import Plan
    from pipeline_runtime import Run


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The bench's server, without peers."""
    with Lab(room=tmp_path_factory.mktemp("bench")) as running:
        yield running


def run_of(lab: Lab, plan: Plan, *handlers: Callable[..., Any], dialect: str = "openai") -> Run:
    """A run whose steps read the streams of a plan; everything that a live run has is on."""
    return run_source(lab, source_of(lab.url(plan), dialect, plan.streams), *handlers)


def run_source(lab: Lab, source: dict[str, Any], *handlers: Callable[..., Any]) -> Run:
    """A live run of a workflow that is given as data."""
    workflow = load_workflow_text(json.dumps(source), "bench")
    setting = Setting.of(
        workflow,
        mode="live",
        environ=KEY,
        logs=Path(lab.folder),
        handlers=handlers,
        console=None,
        remember=False,
    )
    return run(workflow, setting=setting)


class RunApp(App[None]):
    """The run screen alone, on a real run."""

    def __init__(self, source: Run) -> None:
        super().__init__()
        self.watch = RunScreen(source, title="bench", debug=False)

    def on_mount(self) -> None:
        self.push_screen(self.watch)

"""A shell of the UI on real files under a clock that stands still, and logs of earlier runs."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from textual.widgets import Static

import helpers_tui
from pipeline_runtime.events import RunFinished, RunStarted, StepSummary
from pipeline_runtime.paths import runs_dir
from pipeline_runtime.runlog.lines import LogHeader
from pipeline_runtime.runlog.writer import RunLogWriter
from pipeline_runtime.secrets import Masker
from pipeline_tui.app import Options, PipelineApp
from pipeline_tui.listing.places import Place
from pipeline_tui.widgets.workflow_list import WorkflowList
from pipeline_tui.widgets.yaml_view import YamlView

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot

    from pipeline_runtime.events import AnyEvent, Delivery, Status
    from pipeline_tui.run_desk import StartRun

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
MS = 1_000_000

DRAFT = """\
# A first draft, as it streams.
name: draft
description: One streamed step about a topic of your choice.
inputs:
  topic:
    default: late trains
    description: what it is about
  words: {type: integer, default: 120}
  tone: {choices: [plain, formal], default: plain}
  title: {required: true, description: its first line}
steps:
  - id: draft
    type: llm
    provider: claude
    model: claude-sonnet-4-6
    stream: true
    prompt: "{{ inputs.title }}: {{ inputs.words }} {{ inputs.tone }} words about {{ inputs.topic }}"
"""
QUICK = """\
name: quick
description: Two steps, over at once.
steps:
  - {id: one, type: llm, provider: claude, model: m, stream: true, prompt: hi, scenario: SCENARIO}
  - {id: two, type: llm, provider: openai, model: m, stream: true, prompt: hi, scenario: SCENARIO}
""".replace("SCENARIO", "{reply: quick words, timing: {first_token: 0, rate: 5000, jitter: 0}}")
SLOW = """\
name: slow
description: Waits for its first token until somebody cancels it.
steps:
  - {id: wait, type: llm, provider: openai, model: m, stream: true, prompt: hi, scenario: SCENARIO}
""".replace("SCENARIO", "{reply: at last, timing: {first_token: 600}}")
BROKEN = """\
name: broken
steps:
  - id: draft
    type: llm
    provider: claude
    model: m
    promt: Say hello
"""
FILES = {"broken.yaml": BROKEN, "draft.yaml": DRAFT, "quick.yaml": QUICK, "slow.yaml": SLOW}


@dataclass
class Shell:
    """Makes apps on a folder of workflows."""

    folder: Path
    now: datetime = NOW
    options: Options = field(default_factory=Options)

    def write(self, files: dict[str, str]) -> Shell:
        """Put workflow files into the folder, each whole at once: an app that looks must not find half a file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (self.folder / ".new").write_text(text)
            (self.folder / ".new").replace(self.folder / name)
        return self

    def app(self, start: StartRun | None = None, **options: Any) -> PipelineApp:
        """An app on the folder, called `./flows` on the screen."""
        place = Place((self.folder,), "./flows")
        more: dict[str, Any] = {} if start is None else {"start": start}
        app = PipelineApp(place, Options(**options), clock=lambda: self.now, poll=0.02, **more)
        app.animation_level = "none"
        return app

    def log(
        self,
        file: str,
        minutes: float,
        *,
        delivery: Delivery | None = "stream",
        status: Status = "ok",
        finished: bool = True,
        inputs: dict[str, Any] | None = None,
    ) -> None:
        """Leave the log of a run of this file that began some minutes ago."""
        when = self.now - timedelta(minutes=minutes)
        run = f"{when:%Y%m%d-%H%M%S}-{file}"
        path = str(self.folder / file)
        runs_dir().mkdir(parents=True, exist_ok=True)
        events: list[AnyEvent] = [RunStarted(run, None, None, 0, 0, file, "mock", ("a",), inputs or {}, path)]
        if finished:
            step = StepSummary("a", status, 2_000 * MS, delivery, 615 * MS if delivery else None)
            events.append(RunFinished(run, None, None, 1, 2_000 * MS, status, 2_000 * MS, (step,)))
        header = LogHeader(run, file, "mock", when.isoformat(), "0.1.0", path)
        with ThreadPoolExecutor(1) as threads:
            threads.submit(lambda: asyncio.run(_write(runs_dir() / f"{run}.jsonl", header, events))).result()


async def _write(path: Path, header: LogHeader, events: list[AnyEvent]) -> None:
    writer = RunLogWriter(path, Masker(()), on_failure=_fail)
    writer.header(header)
    for event in events:
        writer.event(event)
    writer.close()


def _fail(error: OSError) -> None:
    raise AssertionError(error)


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app work until `condition` holds, and has been drawn."""
    await helpers_tui.until(pilot, condition)
    await pilot.pause()


async def read(pilot: Pilot[Any]) -> WorkflowList:
    """Wait until the workflows and the preview are there."""
    app = pilot.app
    assert isinstance(app, PipelineApp)
    await until(pilot, lambda: app.workflows.is_mounted and app.workflows.has_read)
    rows = app.workflows.query_one(WorkflowList)
    if rows.rows:
        await until(pilot, lambda: shown(app, "#yaml"))
    return rows


def shown(app: PipelineApp, selector: str) -> str:
    """The text of a label of the Workflows screen, or of the file that is shown there."""
    part = app.workflows.query_one(selector)
    if isinstance(part, YamlView):
        return part.text
    assert isinstance(part, Static)
    return str(part.content)


def names(rows: WorkflowList) -> list[str]:
    """The names in the list."""
    return [row.name for row in rows.rows]

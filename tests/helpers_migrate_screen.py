"""The Migrate screen on real files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpers_shell import read, until
from pipeline_tui.screens.migrate import FileList, MigrateScreen
from pipeline_tui.widgets.diff_view import DiffView

if TYPE_CHECKING:
    from textual.pilot import Pilot

WEEKLY = """\
# Thursday's people read it.
workflow:
  name: "weekly_report"
  steps:
    - name: "facts"
      type: "claude"
      claude_options:
        max_turns: 1
        async_streaming: true      # watch it
        stream_handler: "console"
        stream_handler_opts:
          show_timestamps: true
        stream_buffer_size: 100
      prompt:
        - type: "static"
          content: "Name three facts about tides."
    - name: "report"
      type: "gemini"
      async_stream: true
      async_handler: MyApp.StreamHandler
      prompt:
        - type: "static"
          content: "Write a report, and make this line of the file longer than a narrow terminal is wide."
"""
OLD = """\
steps:
  - id: draft_report
    type: llm
    provider: claude
    model: claude-sonnet-4-6
    prompt: Write a line.
    async_stream: true
    async_handler: Pipeline.AsyncStreaming.ConsoleHandler
"""
TODAY = "steps:\n  - {id: a, provider: claude, model: m, prompt: hi, stream: true}\n"
BAD = "steps:\n  - id: [\n    async_stream: true\n"
LEGACY = {"broken.yaml": BAD, "draft.yaml": OLD, "today.yaml": TODAY, "weekly.yaml": WEEKLY}


async def open_migrate(pilot: Pilot[Any]) -> MigrateScreen:
    """Press the key on the list, and wait until the files have been read."""
    await read(pilot)
    await pilot.press("m")
    await until(pilot, lambda: isinstance(pilot.app.screen, MigrateScreen))
    screen = pilot.app.screen
    assert isinstance(screen, MigrateScreen)
    await until(pilot, lambda: screen.audits is not None)
    return screen


async def select(pilot: Pilot[Any], screen: MigrateScreen, name: str) -> str:
    """Put the cursor on a file by keys; what is told about it."""
    await until(pilot, lambda: screen.query_one(FileList).has_focus)
    names = [audit.path.name for audit in screen.audits or ()]
    await pilot.press("g", *["j"] * names.index(name))
    return await told(pilot, screen)


async def told(pilot: Pilot[Any], screen: MigrateScreen) -> str:
    """The sheet of the selected file, when it is there."""
    await at_rest(pilot)
    return screen.query_one(DiffView).text


async def at_rest(pilot: Pilot[Any]) -> None:
    """Wait until nothing is read, compared or written any more."""
    await pilot.pause()
    groups = ("sheet", "migrate")
    await until(pilot, lambda: all(one.is_finished for one in pilot.app.workers if one.group in groups))


def stands(screen: MigrateScreen) -> dict[str, str]:
    """Each listed file and how it stands."""
    return {audit.path.name: audit.status for audit in screen.audits or ()}

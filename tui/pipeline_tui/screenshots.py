"""`python -m pipeline_tui.screenshots`: draws pictures of the real app, running against the simulator.

Each picture is taken when the app shows what it is meant to show. The simulator's scenarios are seeded; what
differs from one drawing to the next are the milliseconds that were measured, ports and the run's id.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import urllib.request
from contextlib import chdir
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_runtime.simulator import Simulator
from pipeline_tui.app import Options, PipelineApp
from pipeline_tui.listing.places import bundled_place
from pipeline_tui.screens.inputs import InputsScreen
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.taps import TapOptions
from pipeline_tui.widgets.frame_table import FrameTable
from pipeline_tui.widgets.workflow_list import utc_now
from pipeline_tui.widgets.workflow_preview import WorkflowPreview

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.pilot import Pilot

    from pipeline_tui.views.pane_view import PaneView

SIZE = (116, 36)
PATIENCE = 60.0
"""Seconds to wait for what a picture shows."""
FONT_FACE = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
"""Textual's pictures ask a web host for their font; a picture in a README should ask nobody."""
UNIQUE = re.compile(r"terminal-\d+-")


class Camera:
    """Drives one app and takes its pictures."""

    def __init__(self, pilot: Pilot[int], app: PipelineApp, folder: Path) -> None:
        self._pilot = pilot
        self._app = app
        self._folder = folder

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the app work until `condition` holds.

        Raises:
            TimeoutError: It did not come to hold.
        """
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self._pilot.pause(0.02)
        await self._pilot.pause()

    async def start(self, file: str) -> RunScreen:
        """Run a bundled workflow with its default inputs and give its screen."""
        workflows = self._app.workflows
        await self.until(lambda: workflows.is_active and workflows.has_read)
        workflows.select(workflows.place.paths[0] / file)
        await self._pilot.press("enter")
        await self.until(lambda: isinstance(self._app.screen, InputsScreen | RunScreen))
        if isinstance(self._app.screen, InputsScreen):
            await self.until(lambda: self._app.screen.query("#run"))
            await self._pilot.press("ctrl+j")
        await self.until(lambda: isinstance(self._app.screen, RunScreen))
        assert isinstance(self._app.screen, RunScreen)
        return self._app.screen

    async def back(self, run: RunScreen) -> None:
        """Go back to the list when the run is over."""
        await self.until(lambda: run.source.finished)
        await self.press("escape")
        await self.until(lambda: self._app.workflows.is_active)

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self._pilot.press(*keys)

    async def take(self, name: str) -> None:
        """Draw what is on the screen into `name.svg`."""
        self._app.clear_notifications()
        await self._pilot.pause()
        svg = FONT_FACE.sub("", self._app.export_screenshot(title="pipeline-tui"))
        await asyncio.to_thread((self._folder / f"{name}.svg").write_text, UNIQUE.sub("terminal-", svg))
        sys.stdout.write(f"{name}.svg\n")


def panes(run: RunScreen) -> Sequence[PaneView]:
    """The state of a run's steps."""
    return list(run.view.panes.values())


async def run_pictures(camera: Camera) -> None:
    """Ways of not streaming, a stream over its frames, a fallback, a stall, two streams at once."""
    run = await camera.start("refusals.yaml")
    await camera.press("d")
    await camera.until(lambda: run.view.finished is not None)
    run.query_one(FrameTable).focus()
    await camera.press(*["up"] * 5)  # to the one frame that holds a whole answer
    await camera.take("run")
    await camera.back(run)

    run = await camera.start("draft.yaml")
    await camera.press("d")
    await camera.until(lambda: panes(run)[0].deltas >= 90)  # noqa: PLR2004 - a panel full of frames
    await camera.take("debug-panel")
    await camera.back(run)

    run = await camera.start("fallback.yaml")
    await camera.until(lambda: run.view.finished is not None)
    await camera.take("fallback")
    await camera.back(run)

    run = await camera.start("stall.yaml")
    await camera.until(lambda: panes(run)[0].state == "stalled")
    await camera.take("stall")
    await camera.back(run)

    run = await camera.start("judge.yaml")
    await camera.until(lambda: all(pane.deltas >= 25 for pane in panes(run)[:2]))  # noqa: PLR2004
    await camera.take("parallel")
    await camera.back(run)


async def debugger_picture(camera: Camera) -> None:
    """A run that stands at a breakpoint, in the middle of a tool's input."""
    run = await camera.start("tools.yaml")
    await camera.press("space")
    gate = run.source.gate
    assert gate is not None
    gate.breakpoints.add("tool_input~/Lis/")
    await camera.press("space")
    await camera.until(lambda: gate.hit)
    await camera.press("d", *["full_stop"] * 2)
    await camera.until(lambda: run.view.panes["ask"].deltas)
    await camera.take("debugger")
    gate.breakpoints.clear()
    await camera.press("space")
    await camera.back(run)


async def tap_picture(camera: Camera, app: PipelineApp) -> None:
    """Requests of two programs that go through the tap, one of them stopped in a tool's input."""
    with Simulator() as simulator:
        tools = simulator.base_url("tool-call", "openai-chat")
        stall = simulator.base_url("stall", "anthropic")
        app.tap.show(TapOptions(0, (f"openai={tools}", f"anthropic={stall}")))
        await camera.until(lambda: app.tap.port is not None)
        openai, anthropic = (one.url for one in app.tap.urls[:2])
        asking = [asyncio.create_task(asyncio.to_thread(_ask, f"{openai}/chat/completions", "gpt-5-mini"))]
        await camera.until(lambda: app.tap.entries and not app.tap.going)
        app.tap.debugging.breakpoints.add("lane:tool_input")
        asking.append(asyncio.create_task(asyncio.to_thread(_ask, f"{openai}/chat/completions", "gpt-5")))
        await camera.until(lambda: app.tap.stopped)
        asking.append(
            asyncio.create_task(asyncio.to_thread(_ask, f"{anthropic}/v1/messages", "claude-sonnet-4-6"))
        )
        await camera.until(lambda: app.tap.entries[-1].pane.state == "stalled")
        await camera.press("up")
        await camera.take("tap")
        app.tap.debugging.breakpoints.clear()
        await camera.press("space")
        await asyncio.gather(*asking)
        await app.tap.stop()
        await camera.press("escape")
        await camera.until(lambda: app.screen is app.workflows)


def _ask(url: str, model: str) -> None:
    """Ask as somebody's program would. Blocks."""
    question = [{"role": "user", "content": "What shall I wear?"}]
    body = {"model": model, "max_tokens": 500, "stream": True, "messages": question}
    headers = {"Content-Type": "application/json", "User-Agent": "packing-list/1.2"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        answer.read()


async def list_picture(camera: Camera, app: PipelineApp) -> None:
    """The list with the results of the runs before."""
    workflows = app.workflows
    await camera.press("R")
    preview = workflows.query_one(WorkflowPreview)
    await camera.until(lambda: sum(row.result is not None for row in workflows.rows) >= 4)  # noqa: PLR2004
    workflows.select(workflows.place.paths[0] / "judge.yaml")
    await camera.until(lambda: preview.shows == "judge.yaml")
    await camera.take("workflows")


async def draw(folder: Path) -> None:
    """Draw all pictures into `folder`."""
    app = PipelineApp(bundled_place(), Options(mode="mock"), clock=lambda: utc_now() + timedelta(minutes=3))
    app.animation_level = "none"
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        camera = Camera(pilot, app, folder)
        await run_pictures(camera)
        await debugger_picture(camera)
        await tap_picture(camera, app)
        await list_picture(camera, app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw into the folder that is asked for; the user's own settings and runs are not touched."""
    parser = argparse.ArgumentParser(prog="python -m pipeline_tui.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"), help="a folder [screenshots]")
    folder = parser.parse_args(arguments).out.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as home, chdir(home):
        # Relative, so that no path of this machine is in a picture.
        os.environ |= {"PIPELINE_STATE_DIR": ".pipeline-tui", "XDG_CONFIG_HOME": home}
        asyncio.run(draw(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A run with text in every pane, on a terminal that tells what was written to it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from helpers_panes import TerminalDriver
from helpers_tui import WatchApp, feed, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from helpers_tui import ScriptedRun


def app_on(source: ScriptedRun) -> WatchApp:
    """An app that writes to a terminal."""
    app = WatchApp(source)
    app.driver_class = TerminalDriver
    return app


@asynccontextmanager
async def on_terminal(
    source: ScriptedRun, size: tuple[int, int], *, notifications: bool = False
) -> AsyncIterator[tuple[Pilot[None], WatchApp]]:
    """The app on a terminal, when all panes are there, with a little text, the first one with the keys."""
    app = app_on(source)
    async with app.run_test(size=size, headless=False, notifications=notifications) as pilot:
        script = source.script
        first, *_ = script.steps
        await feed(pilot, source, script.start())
        for step in script.steps:
            begun = script.step(step), script.attempt(step), script.frame(step)
            source.emit(*begun, script.delta("x", step=step))
        await feed(pilot, source, script.frame(first))
        await until(pilot, lambda: app.watch.grid.panes[first].live.has_focus)
        await pilot.pause()
        yield pilot, app

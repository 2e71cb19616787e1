"""Plays recorded runs again, on top of what is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import RunLogError
from pipeline_tui.debugging import debugging_for_run
from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App

    from pipeline_runtime.replay import ReplayRun
    from pipeline_tui.screens.replay import ReplayScreen
    from pipeline_tui.views.source import RunSource


class ReplayDesk:
    """Opens replays on top of what is shown, and puts them away."""

    def __init__(self, app: App[Any], *, debug: bool) -> None:
        self._app = app
        self._debug = debug

    def show(self, log: Path, name: str, *, play: bool) -> None:
        """Show a recorded run.

        Args:
            log: Its log.
            name: The workflow's name.
            play: As fast as it was, and stopped by breakpoints; otherwise it is at its end at once.
        """
        self._app.run_worker(self._show(log, name, play=play), group="start", exclusive=True)

    async def _show(self, log: Path, name: str, *, play: bool) -> None:
        try:
            replay = await asyncio.to_thread(_replay, log, play=play)
        except RunLogError as error:
            self._app.notify(sanitise_line(str(error)), severity="error", markup=False)
            return
        if play:
            replay.gate = (await debugging_for_run(self._app, replay.workflow_path)).gate()
        from pipeline_tui.screens.replay import ReplayScreen  # noqa: PLC0415 - not before the first paint

        await self._app.push_screen(ReplayScreen(replay, title=name, debug=self._debug))

    def again(self, source: RunSource) -> bool:
        """Play it from its beginning; false when it is no replay."""
        screen = self._screen_of(source)
        if screen is None or source.log_path is None:
            return False
        self._app.run_worker(self._again(screen, source.log_path), group="start", exclusive=True)
        return True

    async def _again(self, screen: ReplayScreen, log: Path) -> None:
        screen.replay.cancel()
        if screen.is_active:
            await self._app.pop_screen()
        await self._show(log, screen.name_shown, play=True)

    def closed(self, source: RunSource) -> bool:
        """Put a replay away; false when it is none."""
        screen = self._screen_of(source)
        if screen is None:
            return False
        screen.replay.cancel()
        screen.dismiss()
        return True

    def _screen_of(self, source: RunSource) -> ReplayScreen | None:
        from pipeline_tui.screens.replay import ReplayScreen  # noqa: PLC0415

        screen = self._app.screen
        return screen if isinstance(screen, ReplayScreen) and screen.source is source else None


def _replay(log: Path, *, play: bool) -> ReplayRun:
    """The replay of a log: as fast as it was, or all at once. Blocks: its header is read."""
    from pipeline_runtime.replay import INSTANT, ReplayRun  # noqa: PLC0415 - the engine: when it is needed
    from pipeline_tui.screens import replay  # noqa: F401, PLC0415 - in this thread: the UI goes on

    return ReplayRun(log, speed=1.0 if play else INSTANT)

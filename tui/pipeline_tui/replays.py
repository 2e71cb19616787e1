"""Plays recorded runs again, on top of what is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import PipelineError
from pipeline_tui.debugging import debugging_for_run
from pipeline_tui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App

    from pipeline_runtime.replay import ReplayRun
    from pipeline_runtime.replay.faulted import FaultedReplay
    from pipeline_tui.screens.replay import ReplayScreen
    from pipeline_tui.views.source import RunSource


class ReplayDesk:
    """Opens replays on top of what is shown, and puts them away."""

    def __init__(self, app: App[Any], *, debug: bool) -> None:
        self._app = app
        self._debug = debug

    def show(self, log: Path, name: str | None, *, play: bool, at: int | None = None) -> None:
        """Show a recorded run.

        Args:
            log: Its log.
            name: The workflow's name; `None`: what the log calls it.
            play: As fast as it was, and stopped by breakpoints; otherwise it is at its end at once.
            at: The number of the event at which to show it.
        """
        self._app.run_worker(self._show(log, name, play=play, at=at), group="start", exclusive=True)

    async def _show(
        self, log: Path, name: str | None, *, play: bool, at: int | None = None, faults: tuple[str, ...] = ()
    ) -> None:
        replay: ReplayRun | FaultedReplay
        try:
            if faults:
                replay = await asyncio.to_thread(_faulted_replay, log, faults)
            else:
                replay = await asyncio.to_thread(_replay, log, play=play)
        except PipelineError as error:
            self._app.notify(sanitise_line(str(error)), severity="error", markup=False)
            return
        if play:
            replay.gate = (await debugging_for_run(self._app, replay.workflow_path)).gate()
        from pipeline_tui.screens.replay import ReplayScreen  # noqa: PLC0415 - not before the first paint

        title = sanitise_line(replay.workflow_name) if name is None else name
        screen = ReplayScreen(replay, title=title, debug=self._debug)
        screen.open_at = at
        await self._app.push_screen(screen)

    def again(self, source: RunSource, faults: tuple[str, ...] | None = None) -> bool:
        """Play it from its beginning; false when it is no replay.

        Args:
            source: The replay.
            faults: What goes wrong on purpose this time; `None`: the same as then.
        """
        screen = self._screen_of(source)
        if screen is None:
            return False
        chosen = screen.own_faults if faults is None else faults
        self._app.run_worker(self._again(screen, chosen), group="start", exclusive=True)
        return True

    async def _again(self, screen: ReplayScreen, faults: tuple[str, ...]) -> None:
        screen.replay.cancel()
        if screen.is_active:
            await self._app.pop_screen()
        await self._show(screen.replay.recording, screen.name_shown, play=True, faults=faults)

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


def _faulted_replay(log: Path, faults: tuple[str, ...]) -> FaultedReplay:
    """The replay of a log with faults. Blocks: all of it is read."""
    from pipeline_runtime.replay.faulted import FaultedReplay  # noqa: PLC0415 - the engine: as above
    from pipeline_tui.screens import replay  # noqa: F401, PLC0415 - in this thread: the UI goes on

    return FaultedReplay(log, faults)

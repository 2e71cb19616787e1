"""The Textual app: holds the screens together, starts runs, and lets nothing get lost when they are left."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType

from pipeline_tui.collector import LOOK, QuietCollector, calm_collector
from pipeline_tui.commands import screen_commands
from pipeline_tui.compare_desk import CompareDesk
from pipeline_tui.crash import crash_message
from pipeline_tui.leaving import LeaveDesk
from pipeline_tui.listing.rows import models_of
from pipeline_tui.positions import PositionDesk
from pipeline_tui.replays import ReplayDesk
from pipeline_tui.run_desk import RunDesk, start_run
from pipeline_tui.screens.help import HelpScreen, key_groups
from pipeline_tui.screens.workflows import POLL, WorkflowsScreen
from pipeline_tui.settings import Settings, load_settings, save_settings
from pipeline_tui.themes import DARK, LIGHT, OWN_THEMES, theme_named
from pipeline_tui.toasts import Toasts
from pipeline_tui.widgets.workflow_list import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from pipeline_tui.listing.places import Place
    from pipeline_tui.run_desk import StartRun
    from pipeline_tui.runs import RunEntry
    from pipeline_tui.screens.history import HistoryScreen
    from pipeline_tui.screens.history_actions import HistoryActions
    from pipeline_tui.screens.migrate_actions import Written
    from pipeline_tui.screens.run import RunScreen
    from pipeline_tui.screens.run_actions import RunActions
    from pipeline_tui.screens.runs_background import RunsScreen
    from pipeline_tui.screens.workflow_actions import WorkflowActions
    from pipeline_tui.tap_desk import TapDesk
    from pipeline_tui.taps import TapEntry, TapOptions

EVERY = 1.0
"""Seconds between two looks at the elapsed times of the runs in the background."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the UI was started."""

    mode: str | None = None
    debug: bool = False
    theme: str | None = None
    position: str | None = None
    """A `RUN#SEQ` to open at first."""
    tap: TapOptions | None = None
    """Begin with the Tap screen, and start the tap so."""


class PipelineApp(App[int]):
    """pipeline-tui on a terminal."""

    TITLE = "pipeline-tui"
    CSS_PATH = "styles/app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", key_display="?", tooltip="Every key that works here"),
        Binding("q", "quit", "Quit", tooltip="Quit; asks first while runs are going"),
    ]

    def __init__(
        self,
        place: Place,
        options: Options | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        poll: float = POLL,
        start: StartRun = start_run,
    ) -> None:
        super().__init__()
        self.options = options or Options()
        self.last_words = ""
        """What to tell the user when the screen is restored after a crash."""
        self._toasts = Toasts()
        self._migrated: Written = {}
        for theme in OWN_THEMES.values():
            self.register_theme(theme)
        remembered = load_settings().theme
        self.theme = theme_named(self.options.theme or remembered or DARK) or DARK
        self.workflows = WorkflowsScreen(place, mode=self.options.mode, clock=clock, poll=poll)
        self.desk = RunDesk(
            self,
            mode=self.options.mode,
            debug=self.options.debug,
            on_change=self._run_changed,
            start=start,
        )
        self.compares = CompareDesk(self, self.desk, lambda: models_of(self.workflows.rows))
        self.replays = ReplayDesk(self, debug=self.options.debug)
        self._tap: TapDesk | None = None
        self.positions = PositionDesk(self, self.desk, self.replays)
        self.leaving = LeaveDesk(self, self._going)
        self._clock = clock

    def on_mount(self) -> None:
        """Show the list; remember themes that are chosen from now on."""
        self.push_screen(self.workflows)
        self.theme_changed_signal.subscribe(self, lambda _: self._remember_theme())
        self.set_interval(EVERY, self._show_runs)
        self.set_interval(LOOK, QuietCollector().look)
        self.call_after_refresh(calm_collector)
        if self.options.position is not None:
            self.positions.open(self.options.position)
        if self.options.tap is not None:
            self.tap.show(self.options.tap)

    async def on_unmount(self) -> None:
        """Close the tap: its clients see it, and the run logs have their ends."""
        if self._tap is not None:
            await self._tap.end()

    # --- runs ---------------------------------------------------------------------------------------------

    def on_workflow_actions_run_asked(self, event: WorkflowActions.RunAsked) -> None:
        """Run a workflow of the list."""
        self.desk.ask_and_start(event.row.path, event.last_inputs, ask=event.ask, faults=event.faults)

    def on_workflow_actions_runs_asked(self) -> None:
        """Show the runs in the background."""
        self.desk.show_runs()

    def on_runs_screen_cancel_asked(self, event: RunsScreen.CancelAsked) -> None:
        """Cancel one of them."""
        self.desk.cancel(event.run)

    def on_run_screen_rerun(self, event: RunScreen.Rerun) -> None:
        """Run it again; play a replay again."""
        if not self.replays.again(event.source, event.faults):
            self.desk.rerun(event.source, event.faults)

    def on_run_screen_closed(self, event: RunScreen.Closed) -> None:
        """Back to the list."""
        if not self.replays.closed(event.source):
            self.desk.closed(event.source)

    def _run_changed(self, entry: RunEntry) -> None:
        if entry.run.tally.finished is not None:
            self.workflows.refresh_results()
            self.leaving.leave_when_done()
        self._show_runs()

    @property
    def _top(self) -> Screen[object] | None:
        """The screen on top; none while the app closes, when runs and the clock may still have news."""
        stack = self.screen_stack
        return stack[-1] if stack else None

    def _show_runs(self) -> None:
        if self._top is not self.workflows:
            return  # nobody sees them, and a run may be going on that needs the time
        lines = [line for _, line in self.desk.lines()]
        tap = self._tap.bar() if self._tap is not None else None
        self.workflows.show_runs({entry.path for entry in self.desk.book.going}, lines, tap)

    def action_migrate(self) -> None:
        """Show what is legacy in the files that are listed."""
        from pipeline_tui.screens.migrate import MigrateScreen  # noqa: PLC0415 - not before the first paint

        if self.screen is self.workflows:
            self.push_screen(MigrateScreen(self.workflows.place, self._migrated))

    # --- the tap ------------------------------------------------------------------------------------------

    @property
    def tap(self) -> TapDesk:
        """What goes through the tap; made when it is first asked for."""
        if self._tap is None:
            from pipeline_tui.tap_desk import TapDesk  # noqa: PLC0415 - not before the first paint

            self._tap = TapDesk(self, debug=self.options.debug, on_change=self._tap_changed)
        return self._tap

    def action_tap(self) -> None:
        """Show the tap and its requests."""
        if self.screen is self.workflows:
            self.tap.show()

    def _tap_changed(self) -> None:
        from pipeline_tui.screens.tap import TapScreen  # noqa: PLC0415 - there is a tap: it is loaded

        if isinstance(self._top, TapScreen):
            self._top.renew()
        self._show_runs()
        self.leaving.leave_when_done()

    # --- recorded runs ------------------------------------------------------------------------------------

    def action_history(self) -> None:
        """Show every recorded run."""
        from pipeline_tui.screens.history import HistoryScreen  # noqa: PLC0415 - not before the first paint

        if self.screen is self.workflows:
            self.push_screen(HistoryScreen(clock=self._clock))

    def on_history_screen_show_asked(self, event: HistoryScreen.ShowAsked) -> None:
        """Show a recorded run: one of this session that is going as it is, any other as a replay."""
        run = event.row.run.run
        entry = self.desk.book.of(run)
        tapped = self._tap.of(run) if self._tap is not None else None
        if entry is not None and entry.going:
            self.desk.open(run)
        elif self._tap is not None and tapped is not None and tapped.going:
            self.run_worker(self._tap.open(tapped), group="open", exclusive=True)
        else:
            self.replays.show(event.row.log, event.row.run.workflow, play=event.play)

    def on_history_actions_compare_asked(self, event: HistoryActions.CompareAsked) -> None:
        """Compare two recorded runs."""
        self.compares.show(event.a.log, event.b.log)

    def on_run_actions_compare_asked(self, event: RunActions.CompareAsked) -> None:
        """Compare a run with what the user chooses."""
        self.compares.ask(event.source, event.title, event.step, event.steps)

    def on_workflow_actions_versus_asked(self, event: WorkflowActions.VersusAsked) -> None:
        """Run a workflow with two models, and compare them."""
        self.compares.ask_models(event.row.path, event.last_inputs)

    # --- help, palette, theme -----------------------------------------------------------------------------

    def action_help(self) -> None:
        """Show every key of the current screen."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(key_groups(self.screen, self.get_key_display)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: the screen's own commands, then the app's."""
        yield from screen_commands(screen)
        other = "light" if self.current_theme.dark else "dark"
        yield SystemCommand(f"Switch to the {other} theme", "Remembered", self.action_toggle_theme)
        yield SystemCommand("Open a position", "Show a run as it was at RUN#SEQ", self.positions.ask)
        yield SystemCommand("Theme", "Choose among all themes; remembered", self.action_change_theme)
        yield SystemCommand("Screenshot", "Save a picture (SVG) of this screen", self._screenshot_soon)
        yield SystemCommand("Quit", "Quit; asks first while runs are going (q)", self.action_quit)

    def action_toggle_theme(self) -> None:
        """Between the dark and the light theme."""
        self.theme = LIGHT if self.current_theme.dark else DARK

    def _screenshot_soon(self) -> None:
        self.set_timer(0.1, self.deliver_screenshot)

    @work(group="theme")
    async def _remember_theme(self) -> None:
        try:  # whichever write is the last, it writes the theme that is in force then
            await asyncio.to_thread(lambda: save_settings(Settings(theme=self.theme)))
        except OSError as error:
            self.notify(f"The theme cannot be remembered: {error.strerror}", severity="warning", markup=False)

    # --- toasts -------------------------------------------------------------------------------------------

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast, unless the same one is still there."""
        lasts = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        if self._toasts.admits(message, title, lasts):
            super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    # --- quitting -----------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Quit; ask first when runs are going."""
        self.leaving.ask()

    def _going(self) -> list[RunEntry | TapEntry]:
        """What would be lost: runs, and requests that go through the tap."""
        return [*self.desk.book.going, *(self._tap.going if self._tap is not None else ())]

    # --- crashes ------------------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """Say a few words: Textual would print the traceback with all local values, keys among them."""
        if self._exception is not None and not self.last_words:
            self.last_words = crash_message(self._exception, os.environ)
        self._close_messages_no_wait()

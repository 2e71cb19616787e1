"""The Tap screen: on and off, what to point programs at, and every request of theirs as it goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from pipeline_runtime.errors import PipelineError
from pipeline_tui.clipboard import copy_text
from pipeline_tui.exports import tried, write_export
from pipeline_tui.screens.export_menu import ExportScreen, exports_for
from pipeline_tui.screens.tap_setup import TapSetupScreen
from pipeline_tui.screens.tap_stop import TapStopScreen
from pipeline_tui.taps import STEP
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text
from pipeline_tui.views.format import counted
from pipeline_tui.views.tap_words import OFF, WAITING, count_text, head_text, urls_text
from pipeline_tui.widgets.lasting_footer import LastingFooter
from pipeline_tui.widgets.tap_table import TapHeading, TapTable

if TYPE_CHECKING:
    from pathlib import Path

    from textual import events
    from textual.app import ComposeResult

    from pipeline_tui.screens.export_menu import Export
    from pipeline_tui.tap_desk import TapDesk

TICK = 0.25
"""Seconds between two looks at requests that are open: their times go on."""


class TapScreen(Screen[None]):
    """Shows what the desk keeps; leaving it leaves the tap on."""

    CSS_PATH = "../styles/tap.tcss"
    TITLE = "Tap"
    AUTO_FOCUS = "TapTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start", tooltip="Start the tap: on a free port, by path; or as it was last"),
        Binding("s", "stop", "Stop", tooltip="Stop the tap; asks first when requests are open"),
        Binding("o", "set_up", "Options", show=False, tooltip="Its port, and where requests go"),
        Binding("b", "breakpoints", "Breaks", tooltip="Breakpoints: where requests and their streams stop"),
        Binding("a", "resume_all", "Continue all", show=False, tooltip="Let all go on that are stopped"),
        Binding(
            "x", "export", "Export", show=False,
            tooltip="Write the request's run to a file: report, HAR, curl, bytes",
        ),
        Binding(
            "F", "faults", "Faults", show=False,
            tooltip="Faults: break what clients get, on purpose, from the next request on",
        ),
        Binding(
            "H", "hold", "Hold requests", show=False,
            tooltip="Hold every request back before it is sent on, or no longer: it can be edited then",
        ),
        *(
            Binding(str(n), f"copy({n})", "Copy URL", show=False, tooltip=f"Copy base URL {n}")
            for n in range(1, 10)
        ),
        Binding("escape", "back", "Back", tooltip="Back; the tap goes on"),
    ]  # fmt: skip

    def __init__(self, desk: TapDesk, *, starts: bool = False) -> None:
        """Make it; `starts`: start the tap at once."""
        super().__init__()
        self._desk = desk
        self._starts = starts
        self._shown: tuple[object, ...] = ()
        self._offered: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Head, base URLs, the requests, what the selected one is, keys."""
        yield Static(id="tap-head", markup=False)
        yield Static(id="tap-urls", markup=False)
        yield TapHeading(id="tap-heading", markup=False)
        yield TapTable(id="tap-list")
        yield Static(id="tap-empty", markup=False)
        yield Static(id="tap-detail", markup=False)
        yield LastingFooter(compact=True)

    def on_mount(self) -> None:
        """Show it, and keep its times going."""
        self.renew()
        self.set_interval(TICK, self._tick)
        if self._starts:
            self.action_start()

    @property
    def table(self) -> TapTable:
        """The requests."""
        return self.query_one(TapTable)

    # --- what it shows ------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Show everything as it is now."""
        if not self.is_mounted or not self.query(TapTable):
            return
        desk, entries = self._desk, list(self._desk.entries)
        self.query_one("#tap-head", Static).update(
            head_text(desk.port, self._told(), tuple(desk.faults)), layout=False
        )
        table = self.table
        if entries != table.rows:
            table.show(entries)
        table.refresh()
        self._lay_out()
        self._draw_detail()
        entry = table.selected
        offered = (desk.port, entry and (entry.number, entry.going, entry.stop is None))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _told(self) -> list[str]:
        desk = self._desk
        on = sum(point.enabled for point in desk.debugging.breakpoints)
        told = [count_text(desk.total, len(desk.going))] if desk.total or desk.port is not None else []
        if desk.refused:
            told.append(f"{desk.refused:,} refused")
        if desk.stopped:
            told.append(f"‖ {len(desk.stopped):,} stopped")
        if desk.holds_requests:
            told.append("requests are held")
            on -= 1
        return [*told, counted(on, "breakpoint")] if on > 0 else told

    def _lay_out(self) -> None:
        """What changes the places of things, when it changed."""
        desk = self._desk
        state = (desk.port, desk.options, bool(desk.entries))
        if state == self._shown:
            return
        self._shown = state
        urls = self.query_one("#tap-urls", Static)
        urls.display = desk.port is not None
        urls.update(urls_text(desk.urls))
        for one in (self.table, self.query_one(TapHeading), self.query_one("#tap-detail")):
            one.display = bool(desk.entries)
        empty = self.query_one("#tap-empty", Static)
        empty.display = not desk.entries
        empty.update(OFF if desk.port is None else WAITING)
        if desk.entries and self.focused is None:  # what was hidden has lost it
            self.table.focus()

    def _draw_detail(self) -> None:
        entry = self.table.selected
        lines = entry.row().detail() if entry is not None else []
        self.query_one("#tap-detail", Static).update("\n".join(lines), layout=False)

    def _tick(self) -> None:
        if self.is_current and self._desk.going:
            self.renew()

    def on_screen_resume(self, _event: events.ScreenResume) -> None:
        """The screen is shown again: it may be behind."""
        self.renew()

    def on_tap_table_selected(self) -> None:
        """Tell of the selected request."""
        if self.is_attached:
            self.renew()

    # --- on and off ---------------------------------------------------------------------------------------

    def action_start(self) -> None:
        """Start the tap, also when the screen is left meanwhile."""
        self.app.run_worker(self._start(), group="turn")

    def action_stop(self) -> None:
        """Stop the tap, asking first when requests are open."""
        if self._desk.going:
            self.app.push_screen(TapStopScreen(len(self._desk.going)), self._stop_answered)
        else:
            self._stop_answered(answer=True)

    def _stop_answered(self, answer: bool | None) -> None:  # noqa: FBT001 - a dialog's answer
        if answer:
            self.app.run_worker(self._desk.stop(), group="turn")

    async def _start(self) -> None:
        try:
            await self._desk.start(self._desk.options)
        except PipelineError as error:
            if self in self.app.screen_stack:
                self.app.push_screen(TapSetupScreen(self._desk, error_text(error)))
            else:
                self.app.notify(sanitise_line(str(error)), title="TAP", severity="error", markup=False)

    def action_set_up(self) -> None:
        """Ask for port and upstream."""
        self.app.push_screen(TapSetupScreen(self._desk))

    def action_copy(self, number: int) -> None:
        """Copy a base URL with its variable, ready for a shell."""
        urls = self._desk.urls
        if number <= len(urls):
            setting = urls[number - 1].setting
            self.app.notify(f"{setting}: {copy_text(self.app, setting).detail}", markup=False)

    # --- requests -----------------------------------------------------------------------------------------

    @work(group="open", exclusive=True)
    async def on_tap_table_chosen(self, event: TapTable.Chosen) -> None:
        """Open its run."""
        await self._desk.open(event.entry)

    def action_resume_all(self) -> None:
        """Let all requests go on that are stopped."""
        self._desk.resume_all()

    def action_export(self) -> None:
        """Write the selected request's run to a file, once it is said in which form."""
        entry = self.table.selected
        log = entry.run.log_path if entry is not None else None
        if entry is None or log is None:
            return

        def write(export: Export | None) -> None:
            if export is not None:
                self._export(log, export)

        steps = [STEP] if entry.pane.badge else []
        self.app.push_screen(ExportScreen(entry.title, exports_for(steps)), write)

    @work(group="export")
    async def _export(self, log: Path, export: Export) -> None:
        path = await tried(self.app, partial(write_export, log, export))
        if path is not None:
            self.app.notify(f"Written to {sanitise_line(str(path))}", markup=False)

    def action_hold(self) -> None:
        """Hold every request back, or no longer."""
        self._desk.hold_requests()

    def action_faults(self) -> None:
        """Show the faults of requests to come, to change them."""
        from pipeline_tui.screens.tap_faults import TapFaultsScreen  # noqa: PLC0415 - when it is asked for

        self.app.push_screen(TapFaultsScreen(self._desk), lambda _: self.renew())

    def action_breakpoints(self) -> None:
        """Show the breakpoints of all requests, to change them."""
        from pipeline_tui.screens.breakpoints import BreakpointsScreen  # noqa: PLC0415 - when it is asked for

        self.app.push_screen(BreakpointsScreen(self._desk.debugging, (STEP,)), lambda _: self.renew())

    def action_back(self) -> None:
        """Back to what was shown before; the tap goes on."""
        self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if action in {"start", "stop"}:
            return (self._desk.port is None) is (action == "start")
        if action == "export":
            return bool(self.query(TapTable)) and self.table.selected is not None
        if action == "copy":
            return isinstance(parameters[0], int) and parameters[0] <= len(self._desk.urls)
        return super().check_action(action, parameters)

"""Asking how the tap shall listen: its port, and where requests go. Starts it, or says why that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.containers import Vertical
from textual.widgets import Button, Input, Static

from pipeline_runtime.errors import PipelineError
from pipeline_runtime.ports import HIGHEST_PORT, port_of
from pipeline_tui.screens.dialog import FormDialog
from pipeline_tui.taps import TapOptions
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text
from pipeline_tui.views.format import counted

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from pipeline_tui.tap_desk import TapDesk


class TapSetupScreen(FormDialog[None]):
    """Closes when the tap listens."""

    def __init__(self, desk: TapDesk, problem: str = "") -> None:
        """Make it; `problem`: why it could not be started just now."""
        super().__init__()
        self._desk = desk
        self._problem = problem

    def compose(self) -> ComposeResult:
        """Two fields, what is wrong with them, a button."""
        options = self._desk.options
        with Vertical(id="tap-setup", classes="dialog") as frame:
            frame.border_title = "The tap"
            frame.border_subtitle = "Enter starts · Esc closes"
            yield Static("port", markup=False)
            yield Input(str(options.port or ""), placeholder="a free one", id="port", compact=True)
            yield Static("upstream", markup=False)
            yield Input(
                " ".join(options.upstreams),
                placeholder="by path: /openai/v1, /anthropic, /gemini, /ollama, /https/HOST",
                id="upstream",
                compact=True,
            )
            yield Static(
                "A base URL that everything goes to, or NAME=URL for what comes for /NAME.",
                classes="hint",
                markup=False,
            )
            yield Static(self._what_starting_does(), id="problem", classes="hint", markup=False)
            yield Button("Start", id="start", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Say what was wrong."""
        if self._problem:
            self._show_problem(self._problem)

    def _what_starting_does(self) -> str:
        """What starting it again does to a tap that is on."""
        if self._desk.port is None:
            return ""
        going = len(self._desk.going)
        closes = f", and closes {counted(going, 'open request')}" if going else ""
        return f"It is on, at port {self._desk.port}: Start starts it again{closes}."

    def on_input_submitted(self) -> None:
        """Enter in a field starts it."""
        self._start()

    def on_button_pressed(self) -> None:
        """So does the button."""
        self._start()

    @work(exclusive=True)
    async def _start(self) -> None:
        typed = self.query_one("#port", Input).value.strip() or "0"
        port = port_of(typed)
        if port is None:
            told = f"{typed[:20]} is no port: give 1 to {HIGHEST_PORT}, or nothing for a free one"
            self._show_problem(told)
            return
        upstreams = tuple(self.query_one("#upstream", Input).value.split())
        try:
            await self._desk.start(TapOptions(port, upstreams))
        except PipelineError as error:
            self._show_problem(error_text(error))
        else:
            self.dismiss()

    def _show_problem(self, problem: str) -> None:
        shown = self.query_one("#problem", Static)
        shown.add_class("wrong")
        shown.update(sanitise_line(f"✗ {problem}"))

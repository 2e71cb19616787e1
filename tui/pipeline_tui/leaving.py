"""Quitting: at once when nothing goes on; else it is asked what becomes of the runs."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from pipeline_tui.screens.confirm import QuitScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App

    from pipeline_tui.runs import RunEntry
    from pipeline_tui.screens.confirm import QuitAnswer
    from pipeline_tui.taps import TapEntry

CANCEL_WAIT = 3.0
"""Seconds to wait, when quitting, for cancelled runs to write their end."""


class LeaveDesk:
    """What the app does about quitting."""

    def __init__(self, app: App[int], going: Callable[[], Sequence[RunEntry | TapEntry]]) -> None:
        """Make it; `going` gives what would be lost: runs, and requests that go through the tap."""
        self._app = app
        self._going = going
        self._leaving = False

    def ask(self) -> None:
        """Quit; ask first when runs are going."""
        if isinstance(self._app.screen, QuitScreen):
            return
        going = self._going()
        if not going:
            self._app.exit(0)
            return
        now = monotonic()
        self._app.push_screen(QuitScreen([entry.line(now) for entry in going]), self._answered)

    def _answered(self, answer: QuitAnswer | None) -> None:
        if answer == "cancel":
            self._leaving = True
            for entry in self._going():
                entry.run.cancel()
            self._app.set_timer(CANCEL_WAIT, lambda: self._app.exit(0))
        elif answer == "wait":
            self._leaving = True
            self._app.notify("Leaving as soon as the runs are done; q again to change that", markup=False)
        else:
            self._leaving = False
        self.leave_when_done()

    def leave_when_done(self) -> None:
        """Exit if that was asked for and nothing goes on any more; a question about it has no ground now."""
        if self._going():
            return
        stack = self._app.screen_stack  # empty while the app closes, when runs may still have news
        if self._leaving:
            self._app.exit(0)
        elif stack and isinstance(stack[-1], QuitScreen):
            stack[-1].dismiss("stay")
            self._app.notify("The runs are done; q quits", markup=False)

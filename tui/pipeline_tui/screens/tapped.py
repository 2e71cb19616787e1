"""The run screen on a tapped request: everything but running it again, which would call the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from pipeline_tui.screens.run import RunScreen
from pipeline_tui.taps import TAP

if TYPE_CHECKING:
    from pipeline_runtime.tap import TapRun


class TappedScreen(RunScreen):
    """Watches a tapped request. Leaving it leaves the request going."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel_run", "Cancel", tooltip="Close both sides; what came is kept"),
    ]

    def __init__(self, run: TapRun, *, title: str, debug: bool) -> None:
        super().__init__(run, title=title, debug=debug, workflow=TAP)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """It is the client's to ask again."""
        return False if action in {"rerun", "faults"} else super().check_action(action, parameters)

    def on_run_screen_closed(self, event: RunScreen.Closed) -> None:
        """Back to the list of requests."""
        event.stop()
        self.dismiss()

"""The run screen on a recorded run that is played again: as fast as it was, faster, slower, or at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from pipeline_runtime.replay import ReplayRun
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.replay_speed import next_speed, speed_text
from pipeline_tui.widgets.run_lines import RunHeader

if TYPE_CHECKING:
    from pipeline_runtime.replay.faulted import FaultedReplay


class ReplayScreen(RunScreen):
    """Watches a replay. Leaving it ends the replay: there is nothing to lose."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "plus,equals_sign",
            "faster(1)",
            "Speed",
            key_display="+ -",
            tooltip="Play faster; at last all at once",
        ),
        Binding("minus", "faster(-1)", "Slower", show=False, tooltip="Play slower"),
        Binding("r", "rerun", "Again", tooltip="Play it again from its beginning"),
        Binding("c", "cancel_run", "End", show=False, tooltip="End the replay where it is"),
    ]

    def __init__(self, replay: ReplayRun | FaultedReplay, *, title: str, debug: bool) -> None:
        super().__init__(replay, title=title, debug=debug, workflow=replay.workflow_path)
        self.replay = replay
        self.name_shown = title
        self.run_title = self._titled()

    def now(self) -> int:
        """The recorded moment: a replay's time stands still while it is held, and has a speed."""
        if self.frozen or not isinstance(self.replay, ReplayRun):
            return super().now()
        return self.replay.now

    def _titled(self) -> str:
        return f"{self.name_shown} {speed_text(self.replay.speed)}"

    @property
    def own_faults(self) -> tuple[str, ...]:
        """Those that are put into the recording; those that it was recorded with are not among them."""
        return () if isinstance(self.replay, ReplayRun) else self.replay.added

    def action_faster(self, steps: int) -> None:
        """Play at the next speed."""
        if not isinstance(self.replay, ReplayRun):
            return
        self.replay.set_speed(next_speed(self.replay.speed, steps))
        self.run_title = self._titled()
        self.query_one(RunHeader).run_title = sanitise_line(self.run_title)
        self.show_at_once()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What has been played to its end has no speed, and with faults it is that of its begin."""
        if action == "faster":
            return isinstance(self.replay, ReplayRun) and not self.replay.finished
        return super().check_action(action, parameters)

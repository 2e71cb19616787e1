"""What the keys of the debugger do at the gate of a run: pause, step, go on, edit what is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from pipeline_runtime.errors import PipelineError
from pipeline_tui.editor import edit_text
from pipeline_tui.screens.run_scrub import RunScrub
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text
from pipeline_tui.views.standing import stop_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.debugging import Gate, Unit
    from pipeline_tui.views.standing import Stop


class RunGate(RunScrub):
    """Stops a run, and takes it on by hand."""

    def __init__(self) -> None:
        super().__init__()
        self._leave_gate: Callable[[], None] = lambda: None

    @property
    def gate(self) -> Gate | None:
        """What can stop the run; `None` when nothing can, and when it is over."""
        return self.source.gate if self.view.finished is None else None

    @property
    def stop(self) -> Stop | None:
        """Whether the run is stopped, and by what."""
        panes = self.view.panes.items()
        return stop_of(self.gate, [step for step, pane in panes if pane.state != "queued" and not pane.ended])

    def follow_gate(self) -> None:
        """Show what the gate does, from now on."""
        if self.source.gate is not None:
            self._leave_gate = self.source.gate.listen(self._gate_moved)

    def leave_gate(self) -> None:
        """Follow it no longer; nobody could take a stopped run on."""
        self._leave_gate()

    def _gate_moved(self) -> None:
        self.renew()

    def action_pause(self) -> None:
        """Stop the run."""
        if self.gate is not None:
            self.gate.pause()

    def action_resume(self) -> None:
        """Show the present, and go on."""
        self.to_present()
        if self.gate is not None:
            self.gate.resume()
        self.show_at_once()

    def action_pause_pane(self) -> None:
        """Stop the step of the current pane, or let it go on."""
        gate, pane = self.gate, self.grid.current
        if gate is None or pane is None or pane.view.ended:
            self.tell("This step is over: nothing to stop")
        elif gate.is_paused(pane.view.step):
            gate.resume(pane.view.step)
        else:
            gate.pause(pane.view.step)

    def action_turn_mode(self, mode: str) -> None:
        """Hold the stream while stopped, or go on recording it."""
        if self.gate is not None:
            self.gate.set_mode("hold" if mode == "hold" else "buffer")
            self.show_at_once()

    def action_step(self, unit: Unit) -> None:
        """On by an event, a frame, or to the next text: in the past, or at the gate."""
        if self.scrubbing:
            self.action_scrub(unit, 1)
            return
        gate, stop = self.gate, self.stop
        if gate is None:
            self.tell("The run is over: , goes back in it")
            return
        gate.advance(unit, self._stopped_step(stop) if stop is not None else None)

    def action_run_to_place(self) -> None:
        """Hand on all that waits up to the place that is looked at."""
        recording, gate = self.recorded, self.gate
        if recording is not None and gate is not None and self.place is not None:
            seq = recording.seq(self.place)
            self.to_present()
            gate.advance_to(seq)
            self.show_at_once()

    def _stopped_step(self, stop: Stop) -> str | None:
        """The step to go on with, where others go on by themselves; `None`: whichever has the next event."""
        if not stop.partly:
            return stop.steps[0] if len(stop.steps) == 1 else None
        current = self.grid.current
        return current.view.step if current is not None and current.view.step in stop.steps else stop.steps[0]

    def action_step_back(self, unit: str) -> None:
        """Back by an event or a frame."""
        self.action_scrub(unit, -1)

    @work(group="edit")
    async def action_edit_request(self) -> None:
        """Change the body of the request that is held back, in the user's editor; it is sent on Continue."""
        gate, current = self.gate, self.grid.current
        pending = gate.pending_requests() if gate is not None else []
        if gate is None or not pending:
            self.tell("No request is held back: stop at type:attempt_started (b)")
            return
        chosen = next((one for one in pending if current and one.step == current.view.step), pending[0])
        try:
            body = gate.editable_request(chosen.step)
            edited = await edit_text(self.app, body.text, ".json")
            if edited is None or edited.strip() == body.text:
                return
            gate.edit_request(chosen.step, body.applied(edited))
        except PipelineError as error:
            self.tell(sanitise_line(error_text(error)), severity="error")
        else:
            self.tell(f"The request of {sanitise_line(chosen.step)} is sent as edited; space sends it")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done at the gate works while there is one, and something to do."""
        gate = self.gate
        halted = self.scrubbing or (gate is not None and gate.is_paused())
        if action == "resume":
            return halted
        if action == "pause":
            return gate is not None and not halted
        if action == "pause_pane":
            return gate is not None
        if action == "turn_mode":
            return gate is not None and gate.mode != parameters[0]
        if action == "edit_request":
            return gate is not None and bool(gate.pending_requests())
        return super().check_action(action, parameters)

"""The debugger on the run screen: pause, step, stop at breakpoints, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from pipeline_runtime.errors import PipelineError
from pipeline_tui.debugging import debugging_of, keep
from pipeline_tui.editor import edit_text
from pipeline_tui.screens.run_scrub import RunScrub
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.error_text import error_text
from pipeline_tui.views.standing import scrubbed, stop_of, stopped
from pipeline_tui.views.watching import Stops, Watching, enabled
from pipeline_tui.widgets.debugger_bar import DebuggerBar
from pipeline_tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline_runtime.debugging import Gate, Hit, Unit
    from pipeline_tui.debugging import Debugging
    from pipeline_tui.views.standing import Standing, Stop

IN_THE_BAR = frozenset(
    {
        "back",
        "resume",
        "step('event')",
        "step('frame')",
        "step('text')",
        "step_back('event')",
        "breakpoints",
        "turn_mode('hold')",
        "turn_mode('buffer')",
        "edit_request",
        "app.help",
        "help",
    }
)
"""Actions that the key bar offers while a run is stopped or its past is shown: as many as 80 cells hold."""
_WITH_ROOM = frozenset({"watches", "copy_reference"})
_ROOMY = 100
_OF_THE_PAST = frozenset({"scrub", "scrub_start", "scrub_end"})


class RunDebugging(RunScrub):
    """Keys that stop a run and take it on by hand."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", tooltip="Stop the run; h: hold the stream, or record on"),
        Binding("space", "resume", "Continue", show=False, tooltip="Go on, to the next breakpoint"),
        Binding("full_stop", "step('event')", "Event", show=False, tooltip="On by one event"),
        Binding("greater_than_sign", "step('frame')", "Frame", show=False, tooltip="On by one frame"),
        Binding("f", "step('text')", "Text", show=False, tooltip="On to the next text"),
        Binding(
            "comma", "step_back('event')", "Back", show=False, tooltip="Back by one event, into the past"
        ),
        Binding(
            "less_than_sign", "step_back('frame')", "Frame back", show=False, tooltip="Back by one frame"
        ),
        Binding(
            "enter", "go_to_row", "Go to row", show=False, tooltip="Show the run as it was at this frame"
        ),
        Binding("b", "breakpoints", "Breaks", tooltip="Breakpoints: where runs stop"),
        Binding("w", "watches", "Watch", show=False, tooltip="Watches: values that are shown as they change"),
        Binding(
            "p",
            "pause_pane",
            "Pause pane",
            show=False,
            tooltip="Stop this step alone, or let it go on",
        ),
        Binding(
            "h",
            "turn_mode('buffer')",
            "Buffer",
            show=False,
            tooltip="While stopped, go on recording",
        ),
        Binding("h", "turn_mode('hold')", "Hold", show=False, tooltip="While stopped, hold the stream"),
        Binding("E", "edit_request", "Edit", show=False, tooltip="Edit the request that is held back"),
        Binding("Y", "copy_reference", "Copy", show=False, tooltip="Copy where you stand as RUN#SEQ"),
        *(
            Binding(key, action, words, show=False, priority=True, tooltip=words)
            for key, action, words in (
                ("left", "scrub('event', -1)", "In the past: back by one event"),
                ("right", "scrub('event', 1)", "In the past: on by one event"),
                ("shift+left", "scrub('frame', -1)", "In the past: back by one frame"),
                ("shift+right", "scrub('frame', 1)", "In the past: on by one frame"),
                ("ctrl+left", "scrub('second', -1)", "In the past: back by one second"),
                ("ctrl+right", "scrub('second', 1)", "In the past: on by one second"),
                ("home", "scrub_start", "In the past: to the start"),
                ("end", "scrub_end", "In the past: to the newest event"),
            )
        ),
    ]

    workflow: Path | str | None
    """The file whose breakpoints and watches the run has."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = DebuggerBar()
        self.frozen = False
        """All of the run is stopped: nothing changes by itself."""
        self._told: object = None
        self._hit: Hit | None = None
        self._stops: Stops | None = None
        self._watching = Watching(())
        self._leave_gate: Callable[[], None] = lambda: None

    @property
    def debugging(self) -> Debugging:
        """What the workflow's runs share."""
        return debugging_of(self.app, self.workflow)

    # --- the gate

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

    # --- dialogs

    def action_breakpoints(self) -> None:
        """Show the breakpoints, to change them."""
        from pipeline_tui.screens.breakpoints import BreakpointsScreen  # noqa: PLC0415 - when it is asked for

        dialog = BreakpointsScreen(self.debugging, tuple(self.view.panes))
        self.app.push_screen(dialog, lambda _: self.show_at_once())

    def action_watches(self) -> None:
        """Show the watches, to change them."""
        from pipeline_tui.screens.watches import WatchesScreen  # noqa: PLC0415 - when it is asked for

        def changed(_: None) -> None:
            if self.debugging.watches:
                self.open_recording()
            self.show_at_once()

        self.app.push_screen(WatchesScreen(self.debugging, tuple(self.view.panes)), changed)

    # --- what is shown

    def show_debugger(self) -> None:
        """Show how things stand; costs nothing while there is nothing to tell."""
        stop = self.stop
        watches = self.debugging.watches
        self._note(stop)
        if watches or stop is not None:
            self.open_recording()
        if not (watches or stop is not None or self.scrubbing):
            if self.bar.display:
                self.bar.show(None, None, None, ())
            return
        recording = self.recorded
        place = None if recording is None else (len(recording) if self.place is None else self.place)
        timeline = recording.timeline if recording is not None else None
        at = None if recording is None or place is None else recording.at(place)
        self.bar.show(self._standing(stop), timeline, at, self._follow())

    def _standing(self, stop: Stop | None) -> Standing | None:
        recording = self.recording
        if self.place is not None and recording is not None:
            over = self.view.finished is not None
            return scrubbed(
                recording.seq(self.place), self.view.seen, recording.at(self.place), stop, over=over
            )
        return None if stop is None else stopped(stop, self.view.seen)

    def _follow(self) -> list[tuple[str, str]]:
        """Look at what was recorded since the last time; gives the values of the watches."""
        recording, debugging = self.recorded, self.debugging
        if recording is None:
            return [(text, "…") for text in debugging.watches]
        if self._stops is None or self._stops.points != enabled(debugging.breakpoints):
            recording.timeline.clear_stops()
            self._stops = Stops(debugging.breakpoints)
        if self._watching.texts != tuple(debugging.watches):
            self._watching = Watching(debugging.watches)
        through = [self._stops.follow(recording), self._watching.follow(recording)]
        if not all(through):
            self.renew()
        moment = self.moment_now() if debugging.watches else None
        return [] if moment is None else self._watching.values(moment.state)

    def _note(self, stop: Stop | None) -> None:
        """Tell keys, clock and user when the run was stopped or goes on."""
        self.frozen = stop is not None and not stop.partly
        how = (stop.mode, bool(stop.requests)) if stop is not None else None
        told = (self.gate is None, self.scrubbing, how)
        if told != self._told:
            self._told = told
            self.query_one(KeyBar).chosen = self._of_a_stop if stop or self.scrubbing else self._usual
            self.refresh_bindings()
        gate = self.gate
        hit = gate.hit if gate is not None else None
        if hit is not None and hit is not self._hit and not self.is_current:
            place = sanitise_line(
                f"{hit.event.step or 'run'} stopped at breakpoint #{hit.number}: {hit.expression}"
            )
            self.notify(place, title="BREAK", severity="warning", markup=False)
        if hit is not self._hit and self.debugging.unkept:  # one that stops once has turned itself off
            keep(self.app, self.debugging)
        self._hit = hit

    def _usual(self, binding: Binding) -> bool:
        """Of the usual keys, those for which there is room: Rerun when the run is over."""
        return binding.show and (binding.action != "rerun" or self.gate is None)

    def _of_a_stop(self, binding: Binding) -> bool:
        return binding.action in IN_THE_BAR or (self.size.width >= _ROOMY and binding.action in _WITH_ROOM)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the debugger work where they mean something."""
        if action in _OF_THE_PAST:
            return self.scrubbing and not isinstance(self.focused, Input)
        if action in {"pause", "pause_pane", "turn_mode"} and self.gate is None:
            return False
        if action == "edit_request":
            return self.gate is not None and bool(self.gate.pending_requests())
        if action == "turn_mode":
            return self.gate is not None and self.gate.mode != parameters[0]
        if action in {"pause", "resume"}:
            gate = self.gate
            return (self.scrubbing or (gate is not None and gate.is_paused())) is (action == "resume")
        return super().check_action(action, parameters)

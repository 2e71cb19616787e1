"""The debugger on the run screen: breakpoints, watches, and what is told of how the run stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.debugging import debugging_of, keep
from pipeline_tui.screens.run_debugging_keys import (
    COME_AND_GO,
    DEBUGGER_KEYS,
    IN_THE_BAR,
    NOT_AHEAD,
    ROOMY,
    WITH_ROOM,
)
from pipeline_tui.screens.run_gate import RunGate
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.standing import ahead, scrubbed, stopped
from pipeline_tui.views.timeline import Scene
from pipeline_tui.views.watching import Stops, StopsAhead, Watching, enabled
from pipeline_tui.widgets.debugger_bar import DebuggerBar
from pipeline_tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from pathlib import Path

    from textual.binding import Binding

    from pipeline_runtime.debugging import Hit
    from pipeline_tui.debugging import Debugging
    from pipeline_tui.views.standing import Standing, Stop
    from pipeline_tui.views.track import Track


class RunDebugging(RunGate):
    """Breakpoints, watches, and the bar that tells where a run stands."""

    BINDINGS = DEBUGGER_KEYS

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
        self._stops_ahead: StopsAhead | None = None
        self._watching = Watching(())

    @property
    def debugging(self) -> Debugging:
        """What the workflow's runs share."""
        return debugging_of(self.app, self.workflow)

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
                self.bar.show(None, None, ())
            return
        recording = self.recorded
        values = self._follow()
        scene = None
        if recording is not None:
            present = recording.at(recording.present) if len(recording) > recording.present else None
            at = recording.at(recording.present if self.place is None else self.place)
            scene = Scene(recording.timeline, at, present)
        self.bar.show(self._standing(stop), scene, values)

    def _standing(self, stop: Stop | None) -> Standing | None:
        recording, place = self.recording, self.place
        if place is None or recording is None:
            return None if stop is None else stopped(stop, self.view.seen)
        seq, at = recording.seq(place), recording.at(place)
        if stop is not None and place > recording.present:
            return ahead(seq, place - recording.present, at, stop)
        return scrubbed(seq, self.view.seen, at, stop, over=self.view.finished is not None)

    def _follow(self) -> list[tuple[str, str]]:
        """Look at what was recorded since the last time; gives the values of the watches."""
        recording, debugging = self.recorded, self.debugging
        if recording is None:
            return [(text, "…") for text in debugging.watches]
        if self._stops is None or self._stops.points != enabled(debugging.breakpoints):
            recording.past.timeline.clear_stops()
            recording.timeline.clear_stops()
            self._stops, self._stops_ahead = Stops(debugging.breakpoints), None
        if self._watching.texts != tuple(debugging.watches):
            self._watching = Watching(debugging.watches)
        through = [
            self._stops.follow(recording.past),
            self._watching.follow(recording.past),
            self._look_ahead(recording, self._stops),
        ]
        if not all(through):
            self.renew()
        moment = self.moment_now() if debugging.watches else None
        return [] if moment is None else self._watching.values(moment.state)

    def _look_ahead(self, track: Track, stops: Stops) -> bool:
        """Mark where what waits will stop again; says whether all of it was looked at."""
        if track.waiting is None:
            self._stops_ahead = None
            return True
        if self._stops_ahead is None or self._stops_ahead.waiting is not track.waiting:
            self._stops_ahead = stops.ahead_of(track)
        return self._stops_ahead is not None and self._stops_ahead.follow(track)

    def _note(self, stop: Stop | None) -> None:
        """Tell keys, clock and user when the run was stopped or goes on."""
        self.frozen = stop is not None and not stop.partly
        how = (stop.mode, bool(stop.requests)) if stop is not None else None
        offered = [self.check_action(action, ()) for action in COME_AND_GO]
        told = (self.gate is None, self.scrubbing, self.looking_ahead, how, offered)
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
        if self.size.width >= ROOMY:
            return binding.action in IN_THE_BAR | WITH_ROOM
        return binding.action in (IN_THE_BAR - NOT_AHEAD if self.looking_ahead else IN_THE_BAR)

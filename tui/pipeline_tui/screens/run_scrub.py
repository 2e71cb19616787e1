"""Going back in a run: the panes, their numbers and the watches as they were at any event."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from textual import on, work
from textual.widgets import Input

from pipeline_runtime.errors import PipelineError
from pipeline_tui.clipboard import copy_text
from pipeline_tui.screens.run_actions import RunActions
from pipeline_tui.screens.run_debugging_keys import OF_THE_PAST
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.pane_view import PaneView
from pipeline_tui.views.reference import Reference
from pipeline_tui.views.track import Track
from pipeline_tui.widgets.pane_grid import PaneGrid
from pipeline_tui.widgets.timeline import TimelineView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline_runtime.debugging import Gate
    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.scrub import Moment

    Move: TypeAlias = Callable[[Track, int], int]
    """From one place of a run to another."""

READ_AT_ONCE = 1_000
"""Events of the past that are taken in before keys get their turn: about 8 ms."""
FED_AT_ONCE = 2_000
"""Events up to which panes go on from what they show; further on they are filled anew."""


class RunScrub(RunActions):
    """Shows the past of a run in panes of its own; those of the present go on unseen.

    Nothing is kept for it until it is asked for: then the past is read from the run log.
    """

    present: PaneGrid
    """The panes that the run is shown in as it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.recording: Track | None = None
        """What was handed on so far, and what waits; `None` until somebody stops, goes back or watches."""
        self.place: int | None = None
        """Where one stands in it; `None`: now."""
        self._past: PaneGrid | None = None
        self._early: list[AnyEvent] | None = None
        self._moves: list[Move] = []
        self._shown = -1
        self._moment: Moment | None = None

    # --- the recording

    @property
    def recorded(self) -> Track | None:
        """The recording, once its past was read."""
        return self.recording if self._early is None else None

    def record(self, batch: Sequence[AnyEvent]) -> None:
        """Take what was handed on, if there is a recording."""
        if self._early is not None:
            self._early.extend(batch)
        elif self.recording is not None:
            self.recording.extend(batch)

    def open_recording(self) -> None:
        """Begin to record, with all that has come so far."""
        if self.recording is None:
            log = self.source.log_path
            folder = log.parent if log is not None and log.parent.is_dir() else None
            self.recording = Track(self.source.mode, folder)
            self._early = []
            self._read_past(self.recording)

    @work(group="recording")
    async def _read_past(self, recording: Track) -> None:
        seen = self.view.seen
        of_steps = {step: pane.seen for step, pane in self.view.panes.items()}

        def was_handed_on(event: AnyEvent) -> bool:
            return event.seq <= (seen if event.step is None else of_steps.get(event.step, -1))

        history: Iterator[AnyEvent] | None = None

        def more() -> list[AnyEvent]:
            nonlocal history
            history = history or iter(self.source.history())
            return list(islice(history, READ_AT_ONCE))

        try:
            while events := await asyncio.to_thread(more):
                recording.extend(list(filter(was_handed_on, events)))
                recording.moment(recording.present)  # leaves checkpoints on the way
                if events[-1].seq > seen:
                    break
        except (PipelineError, OSError) as error:
            self.tell(sanitise_line(f"The run's past cannot be read: {error}"), severity="error")
        while self._early:
            events, self._early = self._early[:READ_AT_ONCE], self._early[READ_AT_ONCE:]
            recording.extend(events)
            recording.moment(recording.present)
            await asyncio.sleep(0)
        self._early = None
        self._make_moves()
        self.renew()

    def close_recording(self) -> None:
        """Give its file back."""
        if self.recording is not None:
            self.recording.close()

    def moved(self) -> None:
        """The place that is shown has changed."""
        raise NotImplementedError

    # --- moving

    @property
    def scrubbing(self) -> bool:
        """Whether another place than the present is shown."""
        return self.place is not None

    @property
    def looking_ahead(self) -> bool:
        """Whether the place is behind what was handed on."""
        recording = self.recording
        return recording is not None and self.place is not None and self.place > recording.present

    def move(self, find: Move) -> None:
        """Go to another place, as soon as the past was read."""
        self._moves.append(find)
        if self.recording is None:
            self.open_recording()
        elif self._early is None:
            self._make_moves()

    def follow_ahead(self, gate: Gate | None) -> None:
        """Take in what waits at the gate, that one may look at it; `None`: nothing does."""
        recording = self.recorded
        if recording is None:
            return
        seq = recording.seq(self.place) if self.place is not None and self.looking_ahead else None
        if gate is None:
            recording.forget_ahead()
        elif not recording.look_ahead(gate):
            self.renew()
        if seq is not None:
            self.place = recording.behind_seq(seq)
        if self.place == recording.present:
            self.to_present()

    @property
    def _may_look_ahead(self) -> bool:
        recording = self.recorded
        return recording is not None and len(recording) > recording.present

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Arrows are the pane's until one is in the past, or something waits to be looked at."""
        if action in OF_THE_PAST:
            there = self.scrubbing or (self._may_look_ahead and parameters[-1:] == (1,))
            return there and not isinstance(self.focused, Input)
        if action == "run_to_place":
            return self.looking_ahead
        if action == "step_back":  # it will be of use with the next event: its key keeps its place
            return (self.place != 0 and self.view.seen >= 0) or None
        return super().check_action(action, parameters)

    def go_to_seq(self, seq: int) -> None:
        """Go behind the event with this number."""
        self.move(lambda recording, _: recording.behind_seq(seq))

    def to_present(self) -> None:
        """Show the run as it is now."""
        if self.place is None:
            return
        self.place = None
        self.grid = self.present
        self._swap(self._past, self.present)
        self.moved()

    def _make_moves(self) -> None:
        recording = self.recording
        moves, self._moves = self._moves, []
        if recording is None or not moves:
            return
        end = len(recording)
        if not end:
            self.tell("There is nothing to go back to: nothing has come, or the run keeps no log")
            return
        place = recording.present if self.place is None else self.place
        for find in moves:
            place = max(0, min(find(recording, place), end))
        if place == recording.present:
            self.to_present()
        else:
            self._to_past(place)
            self.moved()
        self.show_at_once()

    def _to_past(self, place: int) -> None:
        entering = self.place is None
        self.place = place
        if not entering:
            return
        if self._past is None:
            self._past = PaneGrid(id="past")
            self.mount(self._past, after=self.present)
        self.grid = self._past
        self._past.focused, self._past.maximised = self.present.focused, self.present.maximised
        self._swap(self.present, self._past)

    def _swap(self, out: PaneGrid | None, into: PaneGrid) -> None:
        if out is not None:
            into.focused = out.focused
            out.display = False
        into.display = True
        self.call_after_refresh(into.focus_pane, into.focused)

    @on(TimelineView.Picked)
    def _picked(self, event: TimelineView.Picked) -> None:
        event.stop()
        self.move(lambda recording, _: recording.at_time(event.at))

    def action_scrub(self, unit: str, direction: int) -> None:
        """Go on or back by an event, a frame or a second."""
        moves: dict[tuple[str, int], Move] = {
            ("event", 1): lambda _, place: place + 1,
            ("event", -1): lambda _, place: place - 1,
            ("frame", 1): Track.next_unit,
            ("frame", -1): Track.unit_before,
            ("text", 1): Track.next_text,
            ("second", 1): partial(Track.seconds_on, seconds=1.0),
            ("second", -1): partial(Track.seconds_on, seconds=-1.0),
        }
        self.move(moves[unit, direction])

    def action_scrub_start(self) -> None:
        """To before the first event."""
        self.move(lambda _recording, _place: 0)

    def action_scrub_end(self) -> None:
        """To the run as it is now; from there on, to the last event that waits."""
        self.move(_end_from)

    def action_copy_reference(self) -> None:
        """Copy where one stands as `RUN#SEQ`."""
        recording = self.recording
        log = self.source.log_path
        seq = self.view.seen if self.place is None or recording is None else recording.seq(self.place)
        reference = Reference(log.stem if log is not None else self.source.id, max(0, seq))
        self.tell(f"{reference}: {copy_text(self.app, str(reference)).detail}")

    # --- showing

    def moment_now(self) -> Moment | None:
        """The state at the place where one stands, or now; `None` while nothing is recorded."""
        recording = self.recorded
        if recording is None:
            return None
        return recording.moment(recording.present if self.place is None else self.place)

    def show_past(self) -> Moment | None:
        """Have the panes of the past show the place; gives the moment, `None` in the present."""
        place, recording, past = self.place, self.recording, self._past
        if place is None or recording is None or past is None:
            return None
        moment = recording.moment(place)
        if place == self._shown and moment is self._moment:
            return moment
        goes_on = moment is self._moment and 0 <= place - self._shown <= FED_AT_ONCE
        filled = self._fill(past, moment, goes_on=goes_on)
        if goes_on:
            for event in recording.read(self._shown, place):
                if event.step is not None and event.step not in filled:
                    past.pane(moment.view.panes[event.step]).feed(event)
        for pane in past.panes.values():
            pane.live.flush()
        self._shown, self._moment = place, moment
        return moment

    def _fill(self, past: PaneGrid, moment: Moment, *, goes_on: bool) -> set[str]:
        """Fill the panes that do not go on from what they show; says which."""
        filled: set[str] = set()
        views = moment.view.panes
        past.add(views.get(step) or PaneView(step) for step in self.present.panes)
        for step, pane in past.panes.items():
            view = views.get(step)
            if not goes_on or view is None or pane.view is not view:
                pane.show(view or PaneView(step), moment.content(step))
                filled.add(step)
        return filled


def _end_from(recording: Track, place: int) -> int:
    return recording.present if place < recording.present else len(recording)

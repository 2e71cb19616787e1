"""The run as it was at any place of its recording: what panes, headers and watches show of it."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from pipeline_runtime.debugging import RunState
from pipeline_runtime.events import AttemptStarted, Delta, Error
from pipeline_tui.views.histogram import Arrivals
from pipeline_tui.views.metrics_text import StepMetrics
from pipeline_tui.views.run_view import RunView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.events import AnyEvent
    from pipeline_tui.views.pane_view import PaneView
    from pipeline_tui.views.recording import Recording

CHECKPOINTS = 64
_FIRST_SPACING = 256


class Moment:
    """A run so far. `feed` takes every event of it, in order."""

    def __init__(self, mode: str) -> None:
        self.view = RunView(mode)
        self.state = RunState()
        self.errors: dict[str, list[tuple[int, Error]]] = {}
        """Of each step, what failed without ending it, with the number of lanes that were there before."""
        self.arrivals: dict[str, Arrivals] = {}
        """Of each step, when the deltas of its newest answer came."""

    def feed(self, event: AnyEvent) -> None:
        """Take in the next event."""
        self.view.apply(event)
        self.state.feed(event)
        if isinstance(event, Error) and not event.fatal and event.step is not None:
            lanes = len(self.state.steps[event.step].lanes)
            self.errors.setdefault(event.step, []).append((lanes, event))
        elif isinstance(event, AttemptStarted) and event.why != "resume" and event.step is not None:
            self.arrivals[event.step] = Arrivals()
        elif isinstance(event, Delta) and event.content and event.step is not None:
            self.arrivals.setdefault(event.step, Arrivals()).add(event.at)

    def metrics(self, step: str) -> StepMetrics | None:
        """What was measured of a step so far; `None` before it has begun."""
        state = self.state.steps.get(step)
        if state is None:
            return None
        return StepMetrics(state.meter, self.arrivals.get(step), state.response)

    def copied(self) -> Moment:
        """The same, to go on apart."""
        other = copy(self)
        other.view = copy(self.view)
        other.view.panes = {name: _copied(pane) for name, pane in self.view.panes.items()}
        other.state = self.state.copied()
        other.errors = {step: list(errors) for step, errors in self.errors.items()}
        other.arrivals = {step: arrivals.copied() for step, arrivals in self.arrivals.items()}
        return other

    def content(self, step: str) -> Iterator[Delta | Error]:
        """What the pane of a step shows: a delta for each block, and the errors between them."""
        state = self.state.steps.get(step)
        if state is None:
            return
        errors = list(self.errors.get(step, ()))
        for number, ((lane, choice, index), block) in enumerate(state.lanes.items()):
            while errors and errors[0][0] <= number:
                yield errors.pop(0)[1]
            yield Delta(
                self.state.run,
                step,
                state.attempt,
                self.state.seq,
                self.state.at,
                content=block.text,
                lane=lane,
                index=index,
                frame=None,
                choice=choice,
                tool=block.tool,
            )
        for _, error in errors:
            yield error


class Scrub:
    """Finds the moment at any place: going on costs the events between, a jump those since a checkpoint."""

    def __init__(self, recording: Recording, start: Moment) -> None:
        """`start`: the run before the first event of the recording."""
        self._recording = recording
        self._moment = start
        self._taken = 0
        self._spacing = _FIRST_SPACING
        self._checkpoints: dict[int, Moment] = {0: start.copied()}

    def moment(self, place: int) -> Moment:
        """The run after the first `place` events; valid until the next call."""
        place = max(0, min(place, len(self._recording)))
        if place < self._taken or place - self._taken > self._spacing:
            nearest = max(number for number in self._checkpoints if number <= place)
            if not nearest <= self._taken <= place:
                self._taken, self._moment = nearest, self._checkpoints[nearest].copied()
        while self._taken < place:
            self._go_on(min(place, (self._taken // self._spacing + 1) * self._spacing))
        return self._moment

    def _go_on(self, place: int) -> None:
        for event in self._recording.read(self._taken, place):
            self._moment.feed(event)
        self._taken = place
        if place % self._spacing == 0 and place not in self._checkpoints:
            self._checkpoints[place] = self._moment.copied()
            if len(self._checkpoints) > CHECKPOINTS:
                self._spacing *= 2
                self._checkpoints = {
                    number: moment
                    for number, moment in self._checkpoints.items()
                    if number % self._spacing == 0
                }


def _copied(pane: PaneView) -> PaneView:
    other = copy(pane)
    for name, value in vars(pane).items():
        if isinstance(value, list):
            setattr(other, name, list(value))
    return other

"""The requests that went through the tap in this session: they go on when nobody looks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic_ns
from typing import TYPE_CHECKING

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import join
from pipeline_tui.views.run_view import RunClock, RunView
from pipeline_tui.views.standing import stop_of
from pipeline_tui.views.tap_row import TapRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_runtime.debugging import Hit
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.tap import TapRun
    from pipeline_tui.views.pane_view import PaneView
    from pipeline_tui.views.standing import Stop

TAP = "tap"
"""What the tap's breakpoints and watches are kept under."""
STEP = "request"
"""The one step of a tapped run."""
SLICE = 2_000
"""Events taken in before keys get a turn."""


@dataclass(frozen=True, slots=True)
class TapOptions:
    """How a tap is started."""

    port: int = 0
    """0: a free one."""
    upstreams: tuple[str, ...] = ()
    """`URL` for everything, or `NAME=URL` words; none: by path."""
    breaks: tuple[str, ...] = ()
    """Breakpoints to begin with, beside those that are kept."""
    faults: tuple[str, ...] = ()
    """What goes wrong on purpose in what clients get."""


class TapEntry:
    """One tapped request: its run, and how it stands, told by its events."""

    def __init__(self, number: int, run: TapRun, clock: Callable[[], int] = monotonic_ns) -> None:
        self.number = number
        self.run = run
        self.view = RunView(run.mode)
        self.hit: Hit | None = None
        """The stop that was told to the user."""
        self._clock = clock
        self._run_clock = RunClock()
        self._run_clock.observe(clock(), 0)

    @property
    def pane(self) -> PaneView:
        """How its step stands."""
        return self.view.pane(STEP)

    @property
    def going(self) -> bool:
        """Whether it has not ended yet."""
        return self.view.finished is None and not self.run.finished

    @property
    def stop(self) -> Stop | None:
        """What stops it at its gate."""
        return stop_of(self.run.gate, (STEP,)) if self.going else None

    @property
    def title(self) -> str:
        """`#3 gpt-5`."""
        return f"#{self.number} {self._model}"

    @property
    def _model(self) -> str:
        return sanitise_line(self.pane.model or self.run.asked.model or "-")

    def line(self, _now: float) -> str:
        """Its state in a few words."""
        row = self.row()
        return f"{row.sign} tap {self.title}  " + join(row.how(), self.pane.badge)

    def row(self) -> TapRow:
        """As it is listed now."""
        inputs = self.run.inputs
        return TapRow(
            number=self.number,
            asked=sanitise_line(f"{inputs['method']} {inputs['path']}"),
            upstream=sanitise_line(str(inputs["upstream"])),
            client=sanitise_line(str(inputs["client"])),
            model=self._model,
            pane=self.pane,
            stop=self.stop,
            now=self._run_clock.now(self._clock()),
            faults=tuple(self.view.faults),
        )

    async def follow(self) -> None:
        """Take in its events to its end."""
        async for batch in self.run.batches():
            for start in range(0, len(batch), SLICE):
                self._take(batch[start : start + SLICE])
                await asyncio.sleep(0)

    def _take(self, events: Sequence[AnyEvent]) -> None:
        for event in events:
            self.view.apply(event)
        self._run_clock.observe(self._clock(), events[-1].at)

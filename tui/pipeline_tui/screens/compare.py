"""Two runs side by side, also while they go on: what they said, in which order, how fast; what differs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from time import monotonic, monotonic_ns
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static

from pipeline_runtime.errors import PipelineError
from pipeline_tui.screens.compare_places import ComparePlaces
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.compare_rows import differences
from pipeline_tui.views.compare_words import head_text, metrics_table, side_text, status_text
from pipeline_tui.views.comparing import Comparing
from pipeline_tui.views.run_view import RunClock
from pipeline_tui.widgets.aligned_pane import AlignedPane
from pipeline_tui.widgets.lasting_footer import LastingFooter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult

    from pipeline_tui.views.compare_words import View
    from pipeline_tui.views.compared import Compared, StepPair

LOOK = 0.05
"""Seconds between two looks at logs that grow: what is written reaches them as often."""
JUDGE = 0.25
"""Seconds between two judgements of what differs, and how fast both are."""

PARTS = ("#compare-head", "#title-a", "#title-b", "#side-a", "#side-b", "#metrics-table", "#compare-status")


class CompareScreen(ComparePlaces):
    """Compares two logs; those that somebody still writes are followed to their ends."""

    CSS_PATH = "../styles/compare.tcss"
    TITLE = "Compare"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "view('text')", "Text", tooltip="What they said, aligned word by word"),
        Binding("2", "view('order')", "Order", tooltip="What happened in which order"),
        Binding("3", "view('metrics')", "Metrics", tooltip="Times, counts and tokens of both"),
        Binding("right_square_bracket", "step(1)", "Step", key_display="[ ]", tooltip="The next step"),
        Binding("left_square_bracket", "step(-1)", "Previous step", show=False, tooltip="The previous step"),
        Binding("escape", "back", "Back", tooltip="Back to the runs"),
    ]

    def __init__(
        self,
        a: Path,
        b: Path,
        *,
        pair: tuple[str, str] | None = None,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Make it.

        Args:
            a: One log.
            b: The other; it may be the same.
            pair: A step of each, to be compared with each other; by default all steps are, by their names.
            clock: Nanoseconds.
        """
        super().__init__()
        self._logs = (a, b)
        self._pair = pair
        self._compared: Compared | None = None
        self._clock = clock
        self._run_clocks = (RunClock(), RunClock())
        self._step = 0
        self._step_chosen = False
        self._view: View = "text"
        self._drawn_for: tuple[tuple[str, str], View, int] | None = None
        self._wanted = asyncio.Event()
        self._judged = 0.0
        self._unjudged = True
        self._was_going = False
        self._offered: tuple[bool, bool, View] | None = None

    def compose(self) -> ComposeResult:
        """Head, the two sides, the table, status, keys."""
        yield Static("Compare  reading both runs…", id="compare-head", markup=False)
        with Container(id="sides"):
            for side in ("a", "b"):
                with Vertical(classes="side"):
                    yield Static(id=f"title-{side}", classes="title", markup=False)
                    yield AlignedPane("a" if side == "a" else "b")
        with VerticalScroll(id="metrics"):
            yield Static(id="metrics-table", markup=False)
        yield Static(id="compare-status", markup=False)
        yield LastingFooter(compact=True)

    def on_mount(self) -> None:
        """Draw first, then read."""
        first, second = self.panes
        first.partner, second.partner = second, first
        self.query_one("#metrics").display = False
        first.focus()
        self._follow()

    @property
    def compared(self) -> Compared | None:
        """The comparison; `None` while the logs are read."""
        return self._compared

    @property
    def _is_whole(self) -> bool:
        """Whether its widgets are there: a screen that is left loses them one by one."""
        return self.is_attached and all(self.query(one) for one in PARTS)

    # --- following ----------------------------------------------------------------------------------------

    @work(group="compare")
    async def _follow(self) -> None:
        """Read both logs to their ends, and show what is asked for, look by look."""
        try:
            comparing = await asyncio.to_thread(Comparing, *self._logs, self._pair)
            while self._is_whole:
                began = monotonic()
                await self._look(comparing)
                await self._until_wanted(comparing, max(LOOK, 2 * (monotonic() - began)))
        except (PipelineError, OSError) as error:
            self.app.notify(sanitise_line(str(error)), severity="error", markup=False)
            self.dismiss()

    async def _until_wanted(self, comparing: Comparing, seconds: float) -> None:
        """Until the next look at logs that grow; until something else shall be shown of those that do not."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), None if comparing.over else seconds)
        self._wanted.clear()

    async def _look(self, comparing: Comparing) -> None:
        news = await self._read(comparing)
        self._unjudged = self._unjudged or news
        if self._unjudged and (comparing.over or monotonic() - self._judged > JUDGE):
            compared = await asyncio.to_thread(comparing.compared)
            if self._is_whole:
                self._take(compared)
        elif self._is_whole:
            self._draw_sides()
        step = self._shown
        if step is not None and self._view != "metrics" and self._is_whole:
            await self._wrap(comparing, step, news=news)

    async def _read(self, comparing: Comparing) -> bool:
        """Read all that has been written; true when there was something new."""
        news = False
        while not comparing.over:
            fresh, whole = await asyncio.to_thread(comparing.read)
            news = news or fresh
            for clock, newest in zip(self._run_clocks, comparing.newest, strict=True):
                clock.observe(self._clock(), newest)
            if whole or not self._is_whole:
                break
            share = f"Compare  reading both runs… {comparing.share:.0%}"
            self.query_one("#compare-head", Static).update(share)
        return news

    def _take(self, compared: Compared) -> None:
        """Show what the runs have come to."""
        first = self._compared is None
        self._compared, self._judged, self._unjudged = compared, monotonic(), False
        self._was_going = self._was_going or compared.going
        if compared.going and not self._step_chosen:
            self._step = max(0, len(compared.steps) - 1)
        elif first:
            self._step = next((at for at, step in enumerate(compared.steps) if _parts(step)), 0)
        if self._view == "metrics" and self._shown is not None:
            self.query_one("#metrics-table", Static).update(metrics_table(self._shown, going=compared.going))
        self.draw_words()

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def _shown(self) -> StepPair | None:
        compared = self._compared
        return compared.steps[self._step] if compared is not None and compared.steps else None

    def _draw(self) -> None:
        """Show the step in the view that is chosen."""
        step, compared = self._shown, self._compared
        table = self._view == "metrics"
        self.query_one("#sides").display = not table
        self.query_one("#metrics").display = table
        if compared is not None and step is not None and table:
            self.hide_rows()
            self._drawn_for = None
            self.query_one("#metrics-table", Static).update(metrics_table(step, going=compared.going))
            self.query_one("#metrics").focus()
        self.draw_words()
        self._wanted.set()

    async def _wrap(self, comparing: Comparing, step: StepPair, *, news: bool) -> None:
        """Show the rows of the step as they are now."""
        if not news or not self.panes[0].text_width:  # something was asked for: the layout may be due
            await self._until_laid_out()
            if not self._is_whole:
                return
        width = min(pane.text_width for pane in self.panes)
        key = (step.names, self._view, width)
        if not width or (key == self._drawn_for and not news):
            return
        make = comparing.order_rows if self._view == "order" else comparing.text_rows
        rows = await asyncio.to_thread(make, step.names, width)
        compared = self._compared
        if not self._is_whole or step.names != (self._shown or step).names or key[1] != self._view:
            return
        same = self._drawn_for is not None and self._drawn_for[:2] == key[:2]
        if not same:
            self._at = None
        self._drawn_for = key
        show = (
            self.show_grown if (compared and compared.going) or (same and self._was_going) else self.show_rows
        )
        show(rows, differences(rows))

    async def _until_laid_out(self) -> None:
        """Sides that were hidden have no width before the next layout."""
        laid_out = asyncio.Event()
        self.call_after_refresh(laid_out.set)
        await laid_out.wait()

    def draw_words(self) -> None:
        """Tell which runs, in what they differ, and which place is looked at."""
        compared = self._compared
        if compared is None:
            return
        self._draw_sides()
        head = head_text(compared, self._step, self._view)
        self.query_one("#compare-head", Static).update(head, layout=False)
        status = status_text(compared, self._step, self._view, len(self.places), self.at)
        self.query_one("#compare-status", Static).update(status, layout=False)
        offered = bool(self.places), len(compared.steps) > 1, self._view
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _draw_sides(self) -> None:
        """Tell which runs; the time of one that goes on is the clock's, whether something comes or not."""
        compared = self._compared
        if compared is None:
            return
        who = self._shown.who if self._shown is not None else ("", "")
        for side, model, clock in zip((compared.a, compared.b), who, self._run_clocks, strict=True):
            shown = replace(side, elapsed=clock.now(self._clock())) if side.going else side
            text, title = side_text(shown, model), self.query_one(f"#title-{side.letter.lower()}", Static)
            if text != title.content:
                title.update(text, layout=False)

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._wanted.set()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if action == "step":
            return self._compared is not None and len(self._compared.steps) > 1
        if action == "view":  # the key of what is looked at keeps its place
            return parameters[0] != self._view or None
        return super().check_action(action, parameters)

    # --- keys ---------------------------------------------------------------------------------------------

    def action_view(self, view: View) -> None:
        """Look at something else of the step."""
        if view != self._view:
            self._view = view
            self._draw()

    def action_step(self, steps: int) -> None:
        """Look at another step."""
        if self._compared is not None and self._compared.steps:
            self._step = (self._step + steps) % len(self._compared.steps)
            self._step_chosen = True
            self._draw()

    def action_back(self) -> None:
        """Back to the runs; those that go on do so."""
        self.dismiss()


def _parts(step: StepPair) -> bool:
    """Whether the texts of a step differ, or only one run has it."""
    return step.comparison is None or "text" in step.comparison.differs

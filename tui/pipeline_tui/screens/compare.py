"""Two recorded runs side by side: what they said, in which order, how fast; jumps between differences."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from pipeline_runtime.errors import PipelineError
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.compare_rows import differences
from pipeline_tui.views.compare_words import head_text, metrics_table, rows_for, side_text, status_text
from pipeline_tui.views.compared import compare_logs
from pipeline_tui.widgets.aligned_pane import AlignedPane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import ComposeResult

    from pipeline_tui.views.compare_rows import PairRow
    from pipeline_tui.views.compare_words import View
    from pipeline_tui.views.compared import Compared, StepTexts

ABOVE = 2
"""Rows that are shown above a difference that was jumped to."""


class CompareScreen(Screen[None]):
    """Compares two logs."""

    CSS_PATH = "../styles/compare.tcss"
    TITLE = "Compare"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "jump(1)", "Next difference", tooltip="Go to the next place where they differ"),
        Binding("N", "jump(-1)", "Previous", show=False, tooltip="Go to the place before"),
        Binding("1", "view('text')", "Text", tooltip="What they said, aligned word by word"),
        Binding("2", "view('order')", "Order", tooltip="What happened in which order"),
        Binding("3", "view('metrics')", "Metrics", tooltip="Times, counts and tokens of both"),
        Binding("right_square_bracket", "step(1)", "Step", key_display="[ ]", tooltip="The next step"),
        Binding("left_square_bracket", "step(-1)", "Previous step", show=False, tooltip="The previous step"),
        Binding("tab", "app.focus_next", "Other side", show=False, tooltip="Go between the sides"),
        Binding("escape", "back", "Back", tooltip="Back to the runs"),
    ]

    def __init__(self, a: Path, b: Path) -> None:
        super().__init__()
        self._logs = (a, b)
        self._compared: Compared | None = None
        self._step = 0
        self._view: View = "text"
        self._rows: Sequence[PairRow] = ()
        self._places: Sequence[range] = ()
        self._at: int | None = None
        self._drawn_for: tuple[int, View, int] | None = None

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
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Draw first, then read."""
        first, second = self.panes
        first.partner, second.partner = second, first
        self.query_one("#metrics").display = False
        first.focus()
        self._load()

    @property
    def panes(self) -> tuple[AlignedPane, AlignedPane]:
        """Both sides."""
        return self.query_one("#side-a", AlignedPane), self.query_one("#side-b", AlignedPane)

    @property
    def compared(self) -> Compared | None:
        """The comparison; `None` while the logs are read."""
        return self._compared

    @property
    def rows(self) -> Sequence[PairRow]:
        """The rows of both sides."""
        return self._rows

    @property
    def at(self) -> int | None:
        """Which place was jumped to, from 0."""
        return self._at

    @work(group="compare")
    async def _load(self) -> None:
        try:
            compared = await asyncio.to_thread(compare_logs, *self._logs)
        except (PipelineError, OSError) as error:
            self.app.notify(sanitise_line(str(error)), severity="error", markup=False)
            self.dismiss()
            return
        if not self.is_attached:
            return
        self._compared = compared
        self._step = next((at for at, step in enumerate(compared.steps) if _parts(step)), 0)
        for name, side in (("#title-a", compared.a), ("#title-b", compared.b)):
            self.query_one(name, Static).update(side_text(side))
        self._draw()

    # --- what it shows ------------------------------------------------------------------------------------

    @property
    def _shown(self) -> StepTexts | None:
        compared = self._compared
        return compared.steps[self._step] if compared is not None and compared.steps else None

    def _draw(self) -> None:
        """Show the step in the view that is chosen, from its first difference on."""
        step = self._shown
        table = self._view == "metrics"
        self.query_one("#sides").display = not table
        self.query_one("#metrics").display = table
        if step is not None and table:
            self._rows, self._places, self._at = (), (), None
            self._drawn_for = None
            self.query_one("#metrics-table", Static).update(metrics_table(step))
            self.query_one("#metrics").focus()
        elif step is not None:
            self._wrap(step)
        self._draw_words()

    @work(group="wrap", exclusive=True)
    async def _wrap(self, step: StepTexts) -> None:
        await self._until_laid_out()
        width = min(pane.text_width for pane in self.panes)
        key = (self._step, self._view, width)
        if not width or key == self._drawn_for:
            return
        view = self._view
        rows = await asyncio.to_thread(rows_for, step, view, width)
        if not self.is_attached or view != self._view:
            return
        stays = self._drawn_for is not None and self._drawn_for[:2] == key[:2]
        kept = self._at if stays else None
        self._rows, self._places, self._drawn_for = rows, differences(rows), key
        for pane in self.panes:
            pane.show(rows)
        if not any(pane.has_focus for pane in self.panes):
            self.panes[0].focus()
        self._go_to(min(kept or 0, len(self._places) - 1))

    async def _until_laid_out(self) -> None:
        """Sides that were hidden have no width before the next layout."""
        laid_out = asyncio.Event()
        self.call_after_refresh(laid_out.set)
        await laid_out.wait()

    def _draw_words(self) -> None:
        compared = self._compared
        if compared is None:
            return
        self.query_one("#compare-head", Static).update(head_text(compared, self._step, self._view))
        status = status_text(compared, self._step, self._view, len(self._places), self._at)
        self.query_one("#compare-status", Static).update(status)
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Wrap for the new width."""
        if self._compared is not None:
            self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if action == "jump":
            return bool(self._places)
        if action == "step":
            return self._compared is not None and len(self._compared.steps) > 1
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
            self._draw()

    def action_jump(self, places: int) -> None:
        """Go to the next difference, or the one before, of what is in view; around the ends."""
        if not self._places:
            return
        if self._at is not None and self._in_view(self._places[self._at]):
            at = self._at + places
        else:  # it was scrolled away: from there on
            top = round(self.panes[0].scroll_y)
            starts = [place.start for place in self._places]
            at = bisect_left(starts, top) if places > 0 else bisect_right(starts, top) - 1
        self._go_to(at % len(self._places))

    def _in_view(self, place: range) -> bool:
        pane = self.panes[0]
        return 0 <= place.start - pane.scroll_y < pane.scrollable_content_region.height

    def _go_to(self, at: int) -> None:
        """Show this place; -1 when there is none."""
        self._at = at if at >= 0 else None
        place = self._places[at] if at >= 0 else range(0)
        for pane in self.panes:
            pane.point_at(place)
        top = max(0, place.start - ABOVE)
        self.panes[0].scroll_to(y=top, animate=False, force=True, immediate=True)
        self._draw_words()

    def action_back(self) -> None:
        """Back to the runs."""
        self.dismiss()


def _parts(step: StepTexts) -> bool:
    """Whether the texts of a step differ, or only one run has it."""
    return step.comparison is None or "text" in step.comparison.differs

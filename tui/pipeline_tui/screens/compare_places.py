"""The two sides of the Compare screen: their rows, the places where they differ, and going between these."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from pipeline_tui.widgets.aligned_pane import AlignedPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.views.compare_rows import PairRow

ABOVE = 2
"""Rows that are shown above a difference that was jumped to."""
BELOW = 3
"""Rows that are shown below the newest ones of the side that is behind."""


class ComparePlaces(Screen[None]):
    """Shows rows on both sides, and jumps between the places where they are not the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "jump(1)", "Next difference", tooltip="Go to the next place where they differ"),
        Binding("N", "jump(-1)", "Previous", show=False, tooltip="Go to the place before"),
        Binding("tab", "app.focus_next", "Other side", show=False, tooltip="Go between the sides"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[PairRow] = ()
        self._places: Sequence[range] = ()
        self._at: int | None = None
        self._followed = 0

    @property
    def panes(self) -> tuple[AlignedPane, AlignedPane]:
        """Both sides."""
        return self.query_one("#side-a", AlignedPane), self.query_one("#side-b", AlignedPane)

    @property
    def rows(self) -> Sequence[PairRow]:
        """The rows of both sides."""
        return self._rows

    @property
    def places(self) -> Sequence[range]:
        """The rows where the sides differ, place by place."""
        return self._places

    @property
    def at(self) -> int | None:
        """Which place was jumped to, from 0."""
        return self._at

    def draw_words(self) -> None:
        """Tell anew which place is looked at."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        return bool(self._places) if action == "jump" else super().check_action(action, parameters)

    # --- showing ------------------------------------------------------------------------------------------

    def hide_rows(self) -> None:
        """Something else is shown in their place."""
        self._rows, self._places, self._at = (), (), None

    def show_rows(self, rows: Sequence[PairRow], places: Sequence[range]) -> None:
        """Show other rows, from the place on that was looked at, or the first one."""
        self._put(rows, places, 0)
        self._go_to(min(self._at or 0, len(places) - 1))

    def show_grown(self, rows: Sequence[PairRow], places: Sequence[range]) -> None:
        """Show rows that have grown; the view goes with the side that is behind, unless scrolled away."""
        first = self.panes[0]
        follows = round(first.scroll_y) == self._followed or first.scroll_y >= first.max_scroll_y
        told = len(self._places), self._at
        self._put(rows, places, _first_change(self._rows, rows))
        if self._at is not None:
            self._at = min(self._at, len(places) - 1) if places else None
        self._point()
        if follows:
            height = first.scrollable_content_region.height
            self._followed = max(0, min(_frontier(rows) + BELOW, len(rows)) - height)
            first.scroll_to(y=self._followed, animate=False, force=True, immediate=True)
        if told != (len(self._places), self._at):
            self.draw_words()

    def _put(self, rows: Sequence[PairRow], places: Sequence[range], first: int) -> None:
        self._rows, self._places = rows, places
        for pane in self.panes:
            pane.show(rows, first)
        if not any(pane.has_focus for pane in self.panes):
            self.panes[0].focus()

    # --- jumping ------------------------------------------------------------------------------------------

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
        top = max(0, self._point().start - ABOVE)
        self.panes[0].scroll_to(y=top, animate=False, force=True, immediate=True)
        self.draw_words()

    def _point(self) -> range:
        """Mark the place that was jumped to, or the first one."""
        place = self._places[self._at or 0] if self._places else range(0)
        for pane in self.panes:
            pane.point_at(place)
        return place


def _first_change(before: Sequence[PairRow], rows: Sequence[PairRow]) -> int:
    """The first row that is another than before."""
    same = (old is new or old == new for old, new in zip(before, rows, strict=False))
    return next((at for at, one in enumerate(same) if not one), min(len(before), len(rows)))


def _frontier(rows: Sequence[PairRow]) -> int:
    """How far the side that is behind has come."""
    return next((at for at in range(len(rows), 0, -1) if not rows[at - 1].awaited), 0)
